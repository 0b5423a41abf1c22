/** Texts of a decoder, whose next tokens one run computes: each weight is read once for all of them. */
import { BatchProgram, BLOCK, type Part } from '../../models/generate/batch.js';
import { bucketOf } from '../../models/generate/buckets.js';
import type { NextToken } from '../../models/generate/next-token.js';
import type { SequenceProgram } from '../../models/generate/sequence.js';
import { BlockPool, type Chain } from './blocks.js';
import type { Job, Place, Writer, WriterStats } from './writer.js';

/** Rows of prompts that a step computes. */
const FEWEST_ROWS = 16;
const MOST_ROWS = 256;

/** Of the cache, where nobody says; its memory is taken when it is first written. */
const CACHE_BYTES = 2 * 2 ** 30;

export interface BatchLimits {
  readonly maxBatch: number;
  readonly maxTokens: number;
  readonly kvBlocks?: number | undefined;
}

export class BatchWriter implements Writer<BlockPlace> {
  readonly #program: BatchProgram;
  readonly #pool: BlockPool;
  /** Whose prompt is read next, counted round. */
  #turn = 0;
  /** Rows of prompts in a step where others write. */
  #budget = BLOCK;
  #tokens = { prefillTokens: 0, sharedTokens: 0, decodeTokens: 0 };

  constructor(sequences: SequenceProgram, { maxBatch, maxTokens, kvBlocks }: BatchLimits) {
    const { device, decoder, cache } = sequences;
    const each = Math.ceil(maxTokens / BLOCK);
    const known = Math.floor(CACHE_BYTES / BatchProgram.blockBytes(decoder, cache));
    const count = Math.max(each, kvBlocks ?? Math.min(maxBatch * each, known));
    this.#pool = new BlockPool(count, BLOCK);
    this.#program = new BatchProgram(device, decoder, cache, count + 1, maxTokens);
  }

  /** A text gets its place when all blocks that it may need are there: none ever waits for another in the middle. */
  open(job: Job): BlockPlace | undefined {
    return BlockPlace.open(this.#pool, job);
  }

  async step(places: readonly BlockPlace[]): Promise<(readonly [BlockPlace, NextToken])[]> {
    for (const place of places) this.#tokens.sharedTokens += place.share();
    const writing = places.filter((place) => place.rest === 1);
    const budget = writing.length > 0 ? this.#budget : MOST_ROWS;
    const reading = this.#readers(places, budget);
    const began = performance.now();
    const drawn = await this.#run(writing, 1);
    const between = performance.now();
    drawn.push(...(await this.#run(reading, budget)));
    if (writing.length > 0 && reading.length > 0) this.#adapt(between - began, performance.now() - between);
    return drawn;
  }

  /** Computes up to `most` ids of each place. */
  async #run(places: readonly BlockPlace[], most: number): Promise<(readonly [BlockPlace, NextToken])[]> {
    if (places.length === 0) return [];
    const parts = places.map((place) => place.part(most));
    const next = await this.#program.run(parts);
    places.forEach((place, i) => {
      const { from, to } = parts[i];
      this.#tokens.prefillTokens += Math.max(0, Math.min(to, place.prompt) - from);
      place.computed(to);
    });
    const drawn = places.flatMap((place, i) => (place.rest > 0 ? [] : [[place, next[i]] as const]));
    this.#tokens.decodeTokens += drawn.length;
    return drawn;
  }

  stats(): WriterStats {
    return { kvBlocksUsed: this.#pool.used, kvBlocks: this.#pool.count, ...this.#tokens };
  }

  dispose(): Promise<void> {
    return this.#program.dispose();
  }

  /** Whose prompts are read: in turns, and short ones of about one length together, `budget` rows in all. */
  #readers(places: readonly BlockPlace[], budget: number): BlockPlace[] {
    const all = places.filter((place) => place.rest > 1);
    if (all.length === 0) return [];
    const first = this.#turn++ % all.length;
    const rows = bucketOf(Math.min(all[first].rest, budget));
    const alike = [...all.slice(first), ...all.slice(0, first)].filter((place, i) => {
      const own = Math.min(place.rest, budget);
      return i === 0 || (own <= rows && 2 * own > rows);
    });
    return alike.slice(0, Math.max(1, Math.floor(budget / rows)));
  }

  /** Prompts may hold up those who write by about as long as a step of theirs takes. */
  #adapt(writingMs: number, readingMs: number): void {
    if (readingMs > 1.5 * writingMs) this.#budget = Math.max(this.#budget / 2, FEWEST_ROWS);
    else if (readingMs < 0.5 * writingMs) this.#budget = Math.min(this.#budget * 2, MOST_ROWS);
  }
}

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
