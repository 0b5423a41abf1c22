import type { Part } from '../../models/generate/batch.js';
import type { BlockPool, Chain } from './blocks.js';
import type { Job, Place } from './writer.js';

/** A text whose keys and values lie in blocks. */
export class BlockPlace implements Place {
  readonly #ids: number[];
  readonly #blocks: number[] = [];
  #length = 0;
  /** Of the full blocks. */
  #chain: Chain = 0;
  /** Blocks that it may still take. */
  #promised = 0;

  private constructor(
    readonly pool: BlockPool,
    readonly job: Job,
  ) {
    this.#ids = Array.from(job.ids);
    this.prompt = this.#ids.length;
  }

  /** Ids of the prompt. */
  readonly prompt: number;

  static open(pool: BlockPool, job: Job): BlockPlace | undefined {
    const place = new BlockPlace(pool, job);
    const count = Math.ceil(job.most / pool.span);
    if (!pool.promise(count)) return undefined;
    place.#promised = count;
    return place;
  }

  get length(): number {
    return this.#length;
  }

  /** Ids that are not computed yet. */
  get rest(): number {
    return this.#ids.length - this.#length;
  }

  push(id: number): void {
    this.#ids.push(id);
  }

  /** Takes over blocks that others have computed, all but that of the last id; how many ids those are. */
  share(): number {
    const { pool } = this;
    const before = this.#length;
    while (this.#length % pool.span === 0 && this.rest > pool.span) {
      const found = pool.find(this.#chain, this.#ids, this.#length);
      if (!found) break;
      this.#blocks.push(found.number);
      this.#chain = found.chain;
      this.#length += pool.span;
      this.#promised--;
    }
    return this.#length - before;
  }

  /** The next ids to compute, `most` of them. */
  part(most: number): Part {
    const from = this.#length;
    const to = Math.min(this.#ids.length, from + most);
    while (this.#blocks.length * this.pool.span < to) {
      this.#blocks.push(this.pool.take());
      this.#promised--;
    }
    return { ids: this.#ids, from, to, blocks: this.#blocks, by: this.job.by() };
  }

  computed(to: number): void {
    const { span } = this.pool;
    for (let at = this.#length - (this.#length % span); at + span <= to; at += span)
      this.#chain = this.pool.publish(this.#blocks[at / span], this.#chain, this.#ids, at);
    this.#length = to;
  }

  /** The last blocks first: what begins texts stays known longest. */
  close(): void {
    this.pool.forgo(this.#promised);
    this.#promised = 0;
    for (const block of this.#blocks.splice(0).reverse()) this.pool.release(block);
  }
}
