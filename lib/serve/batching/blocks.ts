/** Blocks of a cache of keys and values: who uses them, and what is known of those that nobody uses. */

/** All blocks up to one, from the beginning of a text; 0: none. */
export type Chain = number;

/**
 * Numbers from 1 on. A block that was filled is published under its ids and what came before them; whoever begins with the
 * same ids shares it. One that nobody uses any more stays known until its memory is wanted: the least recently used go first.
 */
export class BlockPool {
  readonly #users: Int32Array;
  /** Not known; the ones that were used last, whose memory is there, first. */
  readonly #free: number[];
  /** Known, without users, the least recently used first. */
  readonly #idle = new Set<number>();
  /** Numbers by what they hold, and the other way round. */
  readonly #known = new Map<string, { readonly number: number; readonly id: Chain }>();
  readonly #published = new Map<number, string>();
  #promised = 0;
  #ids = 0;

  constructor(
    readonly count: number,
    /** Ids of a block. */
    readonly span: number,
  ) {
    this.#users = new Int32Array(count + 1);
    this.#free = Array.from({ length: count }, (_, i) => count - i);
  }

  /** Blocks with users. */
  get used(): number {
    return this.count - this.#free.length - this.#idle.size;
  }

  /** Whether so many blocks more may be taken; then they will be there. */
  promise(count: number): boolean {
    if (this.#free.length + this.#idle.size - this.#promised < count) return false;
    this.#promised += count;
    return true;
  }

  /** Promised blocks that will not be taken. */
  forgo(count: number): void {
    this.#promised -= count;
  }

  /** One of the promised blocks, with one user. */
  take(): number {
    this.#promised--;
    const number = this.#free.pop() ?? this.#forget();
    this.#users[number] = 1;
    return number;
  }

  /**
   * The block that holds ids [from, from + span) after those of `chain`, in place of one that was promised, with one more
   * user; and the chain with it.
   */
  find(chain: Chain, ids: readonly number[], from: number): { number: number; chain: Chain } | undefined {
    const known = this.#known.get(this.#keyOf(chain, ids, from));
    if (!known) return undefined;
    this.#promised--;
    this.#idle.delete(known.number);
    this.#users[known.number]++;
    return { number: known.number, chain: known.id };
  }

  /** Lets others find a block that was filled with ids [from, from + span) after those of `chain`. */
  publish(number: number, chain: Chain, ids: readonly number[], from: number): Chain {
    const key = this.#keyOf(chain, ids, from);
    const known = this.#known.get(key);
    if (known) return known.id; // somebody else was first
    const id = ++this.#ids;
    this.#known.set(key, { number, id });
    this.#published.set(number, key);
    return id;
  }

  release(number: number): void {
    if (--this.#users[number] > 0) return;
    if (this.#published.has(number)) this.#idle.add(number);
    else this.#free.push(number);
  }

  #forget(): number {
    const [number] = this.#idle;
    this.#idle.delete(number);
    this.#known.delete(this.#published.get(number)!);
    this.#published.delete(number);
    return number;
  }

  /** The ids themselves, not a hash of them: nobody's text can be taken for another's. */
  #keyOf(chain: Chain, ids: readonly number[], from: number): string {
    return `${chain}:${ids.slice(from, from + this.span).join()}`;
  }
}
