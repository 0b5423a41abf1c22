import { StopStrings } from '../text/stop-strings.js';
import { TextStream } from '../text/stream.js';
import type { Tokenizer } from '../text/tokenizer.js';

/** Tokens to text, up to the first stop string. All pieces joined are the text; without a tokenizer there is none. */
export class Pieces {
  readonly #stream: TextStream | undefined;
  readonly #stops: StopStrings;

  constructor(tokenizer: Tokenizer | undefined, stop: readonly string[]) {
    this.#stream = tokenizer && new TextStream(tokenizer);
    this.#stops = new StopStrings(stop);
  }

  /** What is certain with this token, of which the last brings the rest; and whether a stop string was found. */
  push(id: number, last: boolean): { text: string; stopped: boolean } {
    if (!this.#stream) return { text: '', stopped: false };
    const piece = this.#stream.push(id) + (last ? this.#stream.flush() : '');
    const { text, stopped } = this.#stops.push(piece);
    return { text: last && !stopped ? text + this.#stops.flush() : text, stopped };
  }
}
