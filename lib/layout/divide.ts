import { complement } from './complement.js';
import { byMode, composeWhole, isTuple } from './compose.js';
import { product } from './int-tuple.js';
import { join, modesOf, type LayoutLike, type TilerLike } from './modes.js';

/**
 * Splits a layout into (tile, rest): the elements that the tiler picks, and where its repetitions start (CuTe's
 * logical_divide). A tuple splits mode by mode: ((tile, rest), (tile, rest), ...). A tiler that does not divide the
 * layout's size is repeated past its end, as in CuTe.
 */
export function divide(a: LayoutLike, tiler: TilerLike, op = 'divide'): LayoutLike {
  if (tiler === null) return a;
  if (typeof tiler === 'number') return divide(a, { shape: tiler, stride: 1 }, op);
  if (isTuple(tiler)) return byMode(a, tiler, op, (mode, t) => divide(mode, t, op));
  return composeWhole(a, join([tiler, complement(tiler, product(a.shape), op)]), op);
}

/** `divide`, with the tiles gathered in the first mode and the rests in the second: ((tile, ...), (rest, ...)). */
export function zippedDivide(a: LayoutLike, tiler: TilerLike, op = 'zippedDivide'): LayoutLike {
  if (tiler === null) return join([{ shape: 1, stride: 0 }, a]);
  if (!isTuple(tiler)) return divide(a, tiler, op);
  const split = modesOf(byMode(a, tiler, op, (mode, t) => zippedDivide(mode, t, op)));
  const pairs = split.slice(0, tiler.length).map(modesOf);
  const untouched = split.slice(tiler.length);
  return join([join(pairs.map((p) => p[0])), join([...pairs.map((p) => p[1]), ...untouched])]);
}

/** `zippedDivide`, with the rests as modes of their own: ((tile, ...), rest, ...). */
export function tiledDivide(a: LayoutLike, tiler: TilerLike): LayoutLike {
  const [tile, rest] = modesOf(zippedDivide(a, tiler, 'tiledDivide'));
  return join([tile, ...modesOf(rest)]);
}
