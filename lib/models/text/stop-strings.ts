/** Finds strings that end a text while it comes in pieces. */
import { badTokenizer } from './errors.js';

/**
 * Gives a text on up to the first stop string that is complete, holding back only what may still become one. How the text
 * is cut into pieces makes no difference.
 */
export class StopStrings {
  private readonly searches: readonly Search[];
  private held = '';

  constructor(stops: readonly string[]) {
    if (stops.includes('')) throw badTokenizer('a stop string is empty');
    this.searches = stops.map((stop) => new Search(stop));
  }

  /** The text that is certain to come before any stop string, and whether one was found: then nothing comes after. */
  push(piece: string): { text: string; stopped: boolean } {
    const text = this.held + piece;
    for (let i = this.held.length; i < text.length; i++) {
      let longest = 0;
      for (const search of this.searches) {
        if (search.next(text[i])) longest = Math.max(longest, search.stop.length);
      }
      if (longest > 0) {
        this.held = '';
        return { text: text.slice(0, i + 1 - longest), stopped: true };
      }
    }
    const held = Math.max(0, ...this.searches.map((search) => search.matched));
    this.held = text.slice(text.length - held);
    return { text: text.slice(0, text.length - held), stopped: false };
  }

  /** What was held back, once it is known that no more text comes. */
  flush(): string {
    const rest = this.held;
    this.held = '';
    return rest;
  }
}

/** Knuth, Morris and Pratt's search for one string: a step for each character, however the text repeats itself. */
class Search {
  /** How many characters of `stop` the text ends with. */
  matched = 0;
  /** For each length: the longest proper prefix that is also a suffix of that much of `stop`. */
  private readonly borders: Int32Array;

  constructor(readonly stop: string) {
    this.borders = new Int32Array(stop.length + 1);
    for (let i = 1; i < stop.length; i++) {
      this.next(stop[i]);
      this.borders[i + 1] = this.matched;
    }
    this.matched = 0;
  }

  /** Takes one more character of the text; whether `stop` is complete with it. */
  next(character: string): boolean {
    while (this.matched > 0 && this.stop[this.matched] !== character)
      this.matched = this.borders[this.matched]!;
    if (this.stop[this.matched] === character) this.matched++;
    return this.matched === this.stop.length;
  }
}
