/** Token ids to text, piece by piece. */
import type { DecodeOptions, Tokenizer } from './tokenizer.js';

/** How many last ids are decoded again with a new one: three may hold bytes of one unfinished character, before them stands
 * at least one that settles what a decoder does at the start of a text only (dropping a space). */
const KEPT = 6;

/**
 * What has been said of `decode(ids)` grows by what each id adds to it: a decoder looks back over few tokens only. A
 * character whose last bytes are still to come decodes to one U+FFFD at the end, which waits; all texts joined are
 * `decode(all ids)`.
 */
export class TextStream {
  private ids: number[] = [];
  /** Of the text of `ids`: what was given out. */
  private given = 0;
  private text = '';

  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly options: DecodeOptions = { skipSpecialTokens: true },
  ) {}

  /** The text that is certain with this id, often none. */
  push(id: number): string {
    const seen = this.tokenizer.seen([id], this.options);
    if (seen.length === 0) return '';
    this.ids.push(id);
    this.text = this.tokenizer.decode(this.ids, this.options);
    const piece = this.text.slice(this.given, certain(this.text));
    this.given += piece.length;
    if (this.ids.length >= 2 * KEPT) this.forget();
    return piece;
  }

  /** What is left at the end: an unfinished character, as U+FFFD. */
  flush(): string {
    const rest = this.text.slice(this.given);
    this.ids = [];
    this.given = 0;
    this.text = '';
    return rest;
  }

  /** Lets old ids go, unless those before the last three say nothing: then they settle nothing. */
  private forget(): void {
    const kept = this.ids.slice(-KEPT);
    if (this.tokenizer.decode(kept.slice(0, -3), this.options) === '') return;
    this.ids = kept;
    this.text = this.tokenizer.decode(kept, this.options);
    this.given = certain(this.text);
  }
}

const certain = (text: string) => (text.endsWith('\ufffd') ? text.length - 1 : text.length);
