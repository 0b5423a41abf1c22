/** Texts of a decoder, whose next tokens one run computes: each weight is read once for all of them. */
import { BatchProgram, BLOCK, MOST_ROWS, rowsFor } from '../../models/generate/batch.js';
import type { NextToken } from '../../models/generate/next-token.js';
import type { SequenceProgram } from '../../models/generate/sequence.js';
import { BlockPlace } from './block-place.js';
import { BlockPool } from './blocks.js';
import type { Job, Writer, WriterStats } from './writer.js';

/** How many times as long as a step of those who write prompts may hold them up. */
const PATIENCE = 2;
/** Rows of prompts that a step computes beside those: a quarter, or four times as many as before. */
const FEWEST_ROWS = 16;

/** Of the cache, where nobody says; its memory is taken when it is first written. */
const CACHE_BYTES = 2 * 2 ** 30;

export interface BatchLimits {
  readonly maxBatch: number;
  readonly maxTokens: number;
  readonly kvBlocks?: number | undefined;
}

export class BatchWriter implements Writer<BlockPlace> {
  readonly maxBatch: number;
  readonly #program: BatchProgram;
  readonly #pool: BlockPool;
  /** Whose prompt is read next, counted round. */
  #turn = 0;
  /** Rows of prompts in a step where others write. */
  #budget = BLOCK;
  #tokens = { prefillTokens: 0, sharedTokens: 0, decodeTokens: 0 };

  constructor(sequences: SequenceProgram, { maxBatch, maxTokens, kvBlocks }: BatchLimits) {
    this.maxBatch = maxBatch;
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
    const parts = places.map((place) => place.part(rowsFor(place.rest, most)));
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

  prepare(): AsyncIterable<void> {
    return this.#program.plan(this.maxBatch);
  }

  dispose(): Promise<void> {
    return this.#program.dispose();
  }

  /** Whose prompts are read: in turns, and short ones of about one length together, `budget` rows in all. */
  #readers(places: readonly BlockPlace[], budget: number): BlockPlace[] {
    const all = places.filter((place) => place.rest > 1);
    if (all.length === 0) return [];
    const first = this.#turn++ % all.length;
    const rows = rowsFor(all[first].rest, budget);
    const alike = [...all.slice(first), ...all.slice(0, first)].filter(
      (place) => rowsFor(place.rest, budget) === rows,
    );
    return alike.slice(0, Math.max(1, Math.floor(budget / rows)));
  }

  #adapt(writingMs: number, readingMs: number): void {
    const most = PATIENCE * writingMs;
    if (readingMs > most) this.#budget = Math.max(this.#budget / 4, FEWEST_ROWS);
    else if (readingMs * 4 < most) this.#budget = Math.min(this.#budget * 4, MOST_ROWS);
  }
}
