import type { Tokenizer } from '../text/tokenizer.js';
import type { DrawBy, NextToken } from './next-token.js';
import type { WriteSettings } from './options.js';
import { Pieces } from './pieces.js';
import { uniform } from './random.js';

export interface GeneratedToken {
  readonly id: number;
  /** What the token adds to the text: often nothing, where a character or a stop string may still be unfinished. */
  readonly text: string;
  /** The natural logarithm of the token's probability by the model itself, whatever the options. */
  readonly logprob: number;
}

/** Why a text ended: a token that ends texts, a stop string, or `maxTokens` or the context. */
export type FinishReason = 'eos' | 'stop' | 'length';

/** One text while it is written: how its next token is drawn, what each says, and when it is over. */
export class Writing {
  #written = 0;
  #finish: FinishReason | undefined;
  readonly #pieces: Pieces;

  constructor(
    readonly settings: WriteSettings,
    tokenizer: Tokenizer | undefined,
    /** Ids that end a text. */
    readonly ends: ReadonlySet<number>,
    /** Positions that prompt and answer may have together. */
    readonly capacity: number,
  ) {
    this.#pieces = new Pieces(tokenizer, settings.stop);
  }

  /** How the next token is drawn: by numbers that depend on the seed and its place alone. */
  get by(): DrawBy {
    const { temperature, topK, topP, minP, repetitionPenalty, seed } = this.settings;
    return { temperature, topK, topP, minP, repetitionPenalty, uniform: uniform(seed, this.#written + 1) };
  }

  /** Why the text ended, once it has. */
  get finish(): FinishReason | undefined {
    return this.#finish;
  }

  /** Takes the token that was drawn after `length` positions. */
  push({ id, logprob }: NextToken, length: number): GeneratedToken {
    const { maxTokens, ignoreEos } = this.settings;
    const ended = !ignoreEos && this.ends.has(id);
    const last = ended || ++this.#written >= maxTokens || length >= this.capacity;
    const { text, stopped } = this.#pieces.push(id, last);
    if (stopped) this.#finish = 'stop';
    else if (last) this.#finish = ended ? 'eos' : 'length';
    return { id, text, logprob };
  }
}
