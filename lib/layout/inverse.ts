import { coalesceFlat } from './coalesce.js';
import { complement, sortedLeaves } from './complement.js';
import { layoutError, product } from './int-tuple.js';
import { cosizeOf, formatLayout, join, unflatten, type LayoutLike } from './modes.js';

/**
 * R with layout(R(i)) = i, for the offsets that leaves of rising stride reach from 0 without a gap; 1:0 where only
 * offset 0 is.
 */
export function rightInverse(layout: LayoutLike): LayoutLike {
  const sizes: number[] = [];
  const strides: number[] = [];
  let covered = 1;
  for (const leaf of sortedLeaves(layout)) {
    if (leaf.size === 1) continue;
    if (leaf.stride !== covered) break;
    sizes.push(leaf.size);
    strides.push(leaf.step);
    covered = leaf.size * leaf.stride;
  }
  return unflatten(coalesceFlat({ shape: sizes, stride: strides }));
}

/**
 * The L with L(layout(i)) = i for every i. Throws where the layout overlaps itself or a gap does not divide. A layout
 * that repeats offsets by stride 0 gives 1:0, as in CuTe's reference.
 */
export function leftInverse(layout: LayoutLike): LayoutLike {
  const op = 'leftInverse';
  const repeats = sortedLeaves(layout).some((leaf) => leaf.stride === 0 && leaf.size > 1);
  const inverse = rightInverse(join([layout, complement(layout, 1, op)]));
  if (!repeats && product(inverse.shape) < cosizeOf(layout)) {
    throw layoutError(op, `${formatLayout(layout)} has a gap that does not divide`);
  }
  return inverse;
}
