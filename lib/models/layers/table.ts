import type { Floats, Ints, Weight } from '../tensors.js';

/** Rows of a table [n, size] as f32. */
export function rowsOf(table: Weight, ids: Ints): Floats {
  const rows = table.embedding(ids);
  return (rows.dtype === 'f32' ? rows : rows.to('f32')) as Floats;
}
