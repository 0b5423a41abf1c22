/** Texts of a model that only knows one sequence at a time: each takes its turn in every step. */
import { CHUNK } from '../../models/generate/buckets.js';
import type { SequenceStarter } from '../../models/generate/generator.js';
import type { NextToken } from '../../models/generate/next-token.js';
import type { Sequence } from '../../models/generate/sequence.js';
import type { Job, Place, Writer, WriterStats } from './writer.js';

export class TurnsWriter implements Writer<TurnPlace> {
  #tokens = { prefillTokens: 0, sharedTokens: 0, decodeTokens: 0 };

  constructor(readonly sequences: SequenceStarter) {}

  open(job: Job): TurnPlace {
    return new TurnPlace(job);
  }

  async step(places: readonly TurnPlace[]): Promise<(readonly [TurnPlace, NextToken])[]> {
    const drawn: (readonly [TurnPlace, NextToken])[] = [];
    for (const place of places) {
      const reads = place.length < place.job.ids.length;
      const before = place.length;
      const next = await place.feed(this.sequences);
      if (reads) this.#tokens.prefillTokens += place.length - before;
      if (!next) continue;
      this.#tokens.decodeTokens++;
      drawn.push([place, next]);
    }
    return drawn;
  }

  async *prepare(): AsyncGenerator<void> {
    // the model's own program plans the sizes that come
  }

  stats(): WriterStats {
    return { kvBlocksUsed: 0, kvBlocks: 0, ...this.#tokens };
  }

  dispose(): Promise<void> {
    return Promise.resolve(); // the model's own programs
  }
}

export class TurnPlace implements Place {
  #sequence: Sequence | undefined;
  /** Ids that are not computed yet. */
  #rest: Int32Array;

  constructor(readonly job: Job) {
    this.#rest = Int32Array.from(job.ids);
  }

  get length(): number {
    return this.#sequence?.length ?? 0;
  }

  /** The token after all ids, or nothing where more of them wait. */
  async feed(sequences: SequenceStarter): Promise<NextToken | undefined> {
    const sequence = (this.#sequence ??= await sequences.start());
    const next = await sequence.feed(this.#rest.subarray(0, CHUNK), this.job.by());
    this.#rest = this.#rest.subarray(CHUNK);
    return this.#rest.length === 0 ? next : undefined;
  }

  push(id: number): void {
    this.#rest = Int32Array.of(id);
  }

  close(): void {
    this.#sequence?.dispose();
  }
}
