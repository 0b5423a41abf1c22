import { flatten, formatTuple, layoutError, type IntTuple } from './int-tuple.js';
import { formatLayout, join, modesOf, unflatten, type FlatModes, type LayoutLike } from './modes.js';

/**
 * The simplest layout that is the same function of the index: size-1 leaves go, and a leaf that continues the one
 * before it is merged with it. With a `profile`, the modes that the profile nests are coalesced one by one, so that the
 * result keeps the profile's outer structure.
 */
export function coalesce(layout: LayoutLike, profile?: IntTuple): LayoutLike {
  if (profile === undefined || typeof profile === 'number') {
    return unflatten(coalesceFlat({ shape: flatten(layout.shape), stride: flatten(layout.stride) }));
  }
  const modes = modesOf(layout);
  if (profile.length > modes.length) {
    throw layoutError(
      'coalesce',
      `profile ${formatTuple(profile)} has more modes than ${formatLayout(layout)}`,
    );
  }
  return join(modes.map((mode, i) => (i < profile.length ? coalesce(mode, profile[i]) : mode)));
}

/** The same on leaves, fastest first; never empty: the layout of one element is 1:0. */
export function coalesceFlat({ shape, stride }: FlatModes): FlatModes {
  const sizes = [1];
  const strides = [0];
  for (let i = 0, last = 0; i < shape.length; i++) {
    const size = shape[i];
    const step = stride[i];
    if (size === 1) continue;
    if (sizes[last] === 1) {
      sizes[last] = size;
      strides[last] = step;
    } else if (sizes[last] * strides[last] === step) {
      sizes[last] *= size;
    } else {
      last = sizes.push(size) - 1;
      strides.push(step);
    }
  }
  return { shape: sizes, stride: strides };
}
