import type { Floats, Ints } from '../tensors.js';

/** What a network remembers of the rows so far, by name. */
export type Memory = Readonly<Record<string, Floats>>;

/** A network whose memory has one size, however long its sequences are. */
export interface Recurrent {
  readonly vocab: number;
  /** Shapes of what is remembered of one sequence: [1, ...]. Zeros before its first row. */
  readonly memory: Readonly<Record<string, readonly number[]>>;
  /** Rows of ids [batch, rows] to [batch, rows, hidden], after the last norm, and what is remembered then. */
  rows(ids: Ints, memory: Memory): { hidden: Floats; memory: Memory };
  /** [..., hidden] to [..., vocab] */
  logits(hidden: Floats): Floats;
}
