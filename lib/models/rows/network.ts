import type { Rotary } from '../layers/rotary.js';
import type { Floats, Ints } from '../tensors.js';
import type { Pooling } from './pooling.js';

/** Sequences of any lengths, one after another, as a program has them. Whoever uses a tensor takes a clone of it. */
export interface RowsStep {
  /** [rows] each */
  readonly ids: Ints;
  readonly positions: Ints;
  readonly types: Ints;
  /** Which sequence a row belongs to; rows of padding: to the one after the last. */
  readonly owners: Ints;
  /** [sequences + 1] */
  readonly offsets: Ints;
  /** Rows, [sequences] each. */
  readonly first: Ints;
  readonly last: Ints;
  /** 1 / length, [sequences]. */
  readonly shares: Floats;
  /** Frequencies [dims / 2] of a rotary embedding. */
  frequencies(rotary: Rotary): Floats;
}

/** Something computed of hidden states [rows, hidden]. */
export interface RowsOutput {
  /** Features. */
  readonly size: number;
  /** Its rows are those of the step, or one a sequence. */
  readonly per: 'row' | 'sequence';
  /** Consumes the hidden states. */
  of(hidden: Floats, step: RowsStep): Floats;
}

/** A model of token sequences that run as rows one after another: nothing is computed for padding. */
export interface RowsNetwork {
  readonly vocab: number;
  readonly hidden: number;
  /** Tokens that the model was made for. */
  readonly maxLength: number;
  /** Positions of a sequence's ids. ERR_SHAPE if a table has too few. */
  positions(op: string, ids: Int32Array): Int32Array;
  readonly rotaries: readonly Rotary[];
  /** [rows, hidden] */
  run(step: RowsStep): Floats;
  /** What forward() gives, by Hugging Face's names. */
  readonly outputs: Readonly<Record<string, RowsOutput>>;
  /** How its rows become one embedding, if nobody says. */
  readonly pooling: Pooling;
}
