import { complement } from './complement.js';
import { byMode, composeWhole, isTuple } from './compose.js';
import { product as sizeOf } from './int-tuple.js';
import { cosizeOf, join, type LayoutLike, type TilerLike } from './modes.js';

/**
 * Repeats a layout over another: (A, copies), the copies placed side by side in the order that `tiler` gives (CuTe's
 * logical_product). A tuple repeats mode by mode.
 */
export function product(a: LayoutLike, tiler: TilerLike, op = 'product'): LayoutLike {
  if (tiler === null) return a;
  if (typeof tiler === 'number') return product(a, { shape: tiler, stride: 1 }, op);
  if (isTuple(tiler)) return byMode(a, tiler, op, (mode, t) => product(mode, t, op));
  return join([a, composeWhole(complement(a, sizeOf(a.shape) * cosizeOf(tiler), op), tiler, op)]);
}
