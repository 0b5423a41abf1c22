/** Least recently used entries go first; `drop` is told. Bounded, since dynamic shapes would otherwise leak a server's memory. */
export class LruCache<V> {
  readonly #entries = new Map<string, V>();

  constructor(
    readonly capacity: number,
    readonly drop: (value: V) => void = () => {},
  ) {}

  get size(): number {
    return this.#entries.size;
  }

  get(key: string): V | undefined {
    const value = this.#entries.get(key);
    if (value !== undefined) {
      // moves to the young end
      this.#entries.delete(key);
      this.#entries.set(key, value);
    }
    return value;
  }

  set(key: string, value: V): void {
    this.#entries.set(key, value);
    if (this.#entries.size <= this.capacity) return;
    const [oldest, dropped] = this.#entries.entries().next().value!;
    this.#entries.delete(oldest);
    this.drop(dropped);
  }

  clear(): void {
    for (const value of this.#entries.values()) this.drop(value);
    this.#entries.clear();
  }
}
