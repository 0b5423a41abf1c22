import { MiaError } from '../../errors.js';

/**
 * Positions of a sequence's ids: 0 and so on, or, where an id is for padding, from the one after it on for the others.
 * `most` is the size of a table of positions, Infinity without one.
 */
export function positionsOf(op: string, ids: Int32Array, most: number, padding = -1): Int32Array {
  let last = padding;
  const positions = ids.map((id) => (id === padding ? padding : ++last));
  if (last < most) return positions;
  throw new MiaError('ERR_SHAPE', op, {
    message: 'the sequence is longer than the positions of the model',
    expected: `at most ${most - padding - 1} tokens`,
    actual: String(ids.length),
  });
}
