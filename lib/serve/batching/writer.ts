/** How texts that are written together take turns on a device. */
import type { DrawBy, NextToken } from '../../models/generate/next-token.js';

/** A text's place on the device. */
export interface Place {
  /** Positions computed so far. */
  readonly length: number;
  /** The text goes on with an id. */
  push(id: number): void;
  /** Gives back what the text holds. Between steps. */
  close(): void;
}

/** A text to be written. */
export interface Job {
  readonly ids: ArrayLike<number>;
  /** Positions that it may come to have. */
  readonly most: number;
  /** How its next token is drawn. */
  readonly by: () => DrawBy;
}

export interface WriterStats {
  /** Blocks of the cache in use, and in all; 0 without a cache in blocks. */
  readonly kvBlocksUsed: number;
  readonly kvBlocks: number;
  /** Tokens of prompts computed, found computed, and tokens drawn. */
  readonly prefillTokens: number;
  readonly sharedTokens: number;
  readonly decodeTokens: number;
}

export interface Writer<P extends Place = Place> {
  /** Undefined: not while the others have what they have. */
  open(job: Job): P | undefined;
  /** One step of all that are given: what was drawn for those whose prompts have been read. */
  step(places: readonly P[]): Promise<(readonly [P, NextToken])[]>;
  stats(): WriterStats;
  /** Does ahead of the first step what would hold it up, a bit at a time. */
  prepare(): AsyncIterable<void>;
  dispose(): Promise<void>;
}
