import { show } from '../errors.js';
import { coalesceFlat } from './coalesce.js';
import { flatten, layoutError } from './int-tuple.js';
import { formatLayout, unflatten, type LayoutLike } from './modes.js';

/**
 * The ordered layout that visits what `layout` leaves out of [0, size): the two side by side reach every offset, as far
 * as the gaps divide. Throws where the layout overlaps itself or has a negative stride.
 */
export function complement(layout: LayoutLike, size = 1, op = 'complement'): LayoutLike {
  if (!Number.isSafeInteger(size) || size < 1)
    throw layoutError(op, `size must be an integer >= 1, got ${show(size)}`);
  const sizes: number[] = [];
  const strides: number[] = [];
  let covered = 1;
  for (const leaf of sortedLeaves(layout)) {
    if (leaf.stride === 0 || leaf.size === 1) continue;
    if (leaf.stride < covered) {
      throw layoutError(op, `${formatLayout(layout)} overlaps itself or has a negative stride`);
    }
    sizes.push(Math.floor(leaf.stride / covered));
    strides.push(covered);
    covered = leaf.size * leaf.stride;
  }
  sizes.push(Math.ceil(size / covered));
  strides.push(covered);
  return unflatten(coalesceFlat({ shape: sizes, stride: strides }));
}

/** The leaves by rising stride, each with the distance in index that one step along it makes. */
export function sortedLeaves(layout: LayoutLike): { size: number; stride: number; step: number }[] {
  const strides = flatten(layout.stride);
  let next = 1;
  return flatten(layout.shape)
    .map((size, i) => {
      const step = next;
      next *= size;
      return { size, stride: strides[i], step };
    })
    .sort((x, y) => x.stride - y.stride || x.size - y.size || x.step - y.step);
}
