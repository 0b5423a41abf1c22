import { MiaError, show } from '../../errors.js';
import { checkIds } from '../inputs.js';
import type { Tokenizer } from '../text/tokenizer.js';
import { readGenerateOptions, type GenerateOptions } from './options.js';
import { Pieces } from './pieces.js';
import { uniform } from './random.js';
import type { Sequence } from './sequence.js';

export interface GeneratedToken {
  readonly id: number;
  /** What the token adds to the text: often nothing, where a character or a stop string may still be unfinished. */
  readonly text: string;
  /** The natural logarithm of the token's probability by the model itself, whatever the options. */
  readonly logprob: number;
}

/** Why a text ended: a token that ends texts, a stop string, or `maxTokens` or the context. */
export type FinishReason = 'eos' | 'stop' | 'length';

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
    const { maxTokens, seed, stop, ignoreEos, signal, ...how } = readGenerateOptions(options);
    const tokenizer = this.tokenizer instanceof MiaError ? undefined : this.tokenizer;
    if (stop.length > 0) this.#needTokenizer();
    const pieces = new Pieces(tokenizer, stop);
    let waiting = this.#read(prompt, special);
    using sequence = await this.sequences.start();
    for (let written = 1; ; written++) {
      const { id, logprob } = await sequence.feed(
        waiting,
        { ...how, uniform: uniform(seed, written) },
        signal,
      );
      const ended = !ignoreEos && this.ends.has(id);
      const last = ended || written >= maxTokens || sequence.length >= this.sequences.capacity;
      const { text, stopped } = pieces.push(id, last);
      yield { id, text, logprob };
      if (stopped) return 'stop';
      if (last) return ended ? 'eos' : 'length';
      waiting = Int32Array.of(id);
    }
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
