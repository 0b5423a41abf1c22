import { MiaError, show } from '../../errors.js';
import { checkIds } from '../inputs.js';
import type { Tokenizer } from '../text/tokenizer.js';
import { readGenerateOptions, type GenerateOptions, type WriteSettings } from './options.js';
import type { Sequence } from './sequence.js';
import { Writing, type FinishReason, type GeneratedToken } from './writing.js';

/** Tokens to go on from: a text, or ids. */
export type Prompt = string | ArrayLike<number | bigint>;

/** What starts sequences of one model. */
export interface SequenceStarter {
  readonly vocab: number;
  readonly capacity: number;
  start(): Promise<Sequence>;
}

/** Writes texts, several at a time where they are asked for: each is a sequence of its own over shared programs. */
export class Generator {
  constructor(
    readonly sequences: SequenceStarter,
    /** Or why there is none. */
    readonly tokenizer: Tokenizer | MiaError,
    /** Ids that end a text. */
    readonly ends: ReadonlySet<number>,
  ) {}

  async *run(
    prompt: Prompt,
    options: GenerateOptions,
    special = true,
  ): AsyncGenerator<GeneratedToken, FinishReason, undefined> {
    const { signal, ...settings } = readGenerateOptions(options);
    const writing = this.begin(settings);
    let waiting = this.#read(prompt, special);
    using sequence = await this.sequences.start();
    for (;;) {
      const next = await sequence.feed(waiting, writing.by, signal);
      yield writing.push(next, sequence.length);
      if (writing.finish) return writing.finish;
      waiting = Int32Array.of(next.id);
    }
  }

  /** A text to be written; `capacity` positions at most, with its prompt. */
  begin(settings: WriteSettings, capacity = this.sequences.capacity): Writing {
    if (settings.stop.length > 0) this.#needTokenizer();
    const tokenizer = this.tokenizer instanceof MiaError ? undefined : this.tokenizer;
    return new Writing(settings, tokenizer, this.ends, capacity);
  }

  #read(prompt: Prompt, addSpecialTokens: boolean): Int32Array {
    if (typeof prompt === 'string') return this.#needTokenizer().encode(prompt, { addSpecialTokens });
    const listed = Array.isArray(prompt) || (ArrayBuffer.isView(prompt) && !(prompt instanceof DataView));
    if (listed) return checkIds('generate', 'the prompt', prompt, this.sequences.vocab);
    throw new MiaError('ERR_SHAPE', 'generate', {
      message: 'bad prompt',
      expected: 'a text or an array of token ids',
      actual: show(prompt),
    });
  }

  #needTokenizer(): Tokenizer {
    if (this.tokenizer instanceof MiaError) throw this.tokenizer;
    return this.tokenizer;
  }
}
