/**
 * Layouts as tensors use them: indexed row-major over the top-level modes, a nested mode colexicographic inside. All of
 * it moves layouts, never bytes. Offsets, sizes and strides count elements. Errors are MiaError `ERR_LAYOUT`.
 */
import { show } from '../errors.js';
import { coalesceFlat } from './coalesce.js';
import { carries, composeMode } from './compose.js';
import { crd2idx, flatten, layoutError, mapLeaves, product } from './int-tuple.js';
import { Layout } from './layout.js';
import { formatLayout, join, loopOrder, modesOf, type LayoutLike } from './modes.js';

/** A tensor's place in its memory: coordinate c is element `offset + layout(c)`. */
export interface StridedView {
  layout: Layout;
  offset: number;
}

/** `size` indices of one mode: start, start + step, ... A step may be negative, not 0. */
export interface SliceRange {
  start: number;
  size: number;
  step: number;
}

/** Loops, slowest first, each with its trip count, its stride and the top-level mode it walks. */
export interface FlatDims {
  sizes: number[];
  strides: number[];
  modes: number[];
}

/** The sizes of the top-level modes: the shape that a tensor's user sees. */
export function shapeOf(layout: Layout): number[] {
  const { shape } = layout;
  if (typeof shape === 'number') return [shape];
  const sizes: number[] = new Array(shape.length);
  for (let i = 0; i < sizes.length; i++) sizes[i] = product(shape[i]);
  return sizes;
}

/**
 * The loops that visit the elements in row-major order: as few as each top-level mode allows by itself, loops of one
 * turn left out.
 */
export function flatDims(layout: Layout): FlatDims {
  const dims: FlatDims = { sizes: [], strides: [], modes: [] };
  modesOf(layout).forEach((mode, m) => {
    const { shape, stride } = coalesceFlat({ shape: flatten(mode.shape), stride: flatten(mode.stride) });
    for (let i = shape.length - 1; i >= 0; i--) {
      if (shape[i] === 1) continue;
      dims.sizes.push(shape[i]);
      dims.strides.push(stride[i]);
      dims.modes.push(m);
    }
  });
  return dims;
}

/** Whether row-major order meets offsets 0, 1, 2, ...; strides of size-1 modes do not matter. */
export function isRowMajor(layout: Layout): boolean {
  return layout.isRowMajor;
}

/** Whether the offsets are [0, size), each once, in any order. */
export function isCompact(layout: Layout): boolean {
  if (layout.isRowMajor) return true;
  const { shape, stride } = loopOrder(layout);
  let covered = 1;
  while (covered < layout.size) {
    const next = stride.findIndex((d, i) => d === covered && shape[i] > 1);
    if (next < 0) return false;
    covered *= shape[next];
  }
  return true;
}

/** The smallest and the largest offset, both included; { min: 0, max: -1 } where there are no elements. */
export function spanOf(layout: Layout): { min: number; max: number } {
  if (layout.size === 0) return { min: 0, max: -1 };
  const { shape, stride } = loopOrder(layout);
  let min = 0;
  let max = 0;
  for (let i = 0; i < shape.length; i++) {
    const reach = (shape[i] - 1) * stride[i];
    if (reach < 0) min += reach;
    else max += reach;
  }
  return { min, max };
}

/**
 * The same elements, in the same row-major order, under a new shape; null where no layout expresses that, so that
 * the elements must be copied. A row-major layout gives a row-major one of plain modes.
 */
export function reshapeLayout(layout: Layout, newShape: readonly number[]): Layout | null {
  const op = 'reshape';
  const shape = checkedSizes(op, newShape);
  if (product(shape) !== layout.size) {
    throw layoutError(
      op,
      `shape ${show(shape)} needs ${product(shape)} elements, ${formatLayout(layout)} has ${layout.size}`,
    );
  }
  if (layout.isRowMajor) return Layout.rowMajor(shape);

  // Row-major order is colexicographic order of the reversed modes, where composition applies.
  const loops = loopOrder(layout);
  const elements = coalesceFlat({ shape: loops.shape.toReversed(), stride: loops.stride.toReversed() });
  const modes: LayoutLike[] = [];
  for (let i = shape.length - 1, step = 1; i >= 0; step *= shape[i], i--) {
    const mode = shape[i] === 1 ? { shape: 1, stride: 0 } : composeMode(elements, shape[i], step);
    if (mode === null) return null; // a mode cut short leaves the next one indivisible, so null too
    modes.push(mode);
  }
  return layoutOf(modes.reverse());
}

/** Mode i of the result is mode `axes[i]`. */
export function permuteLayout(layout: Layout, axes: readonly number[]): Layout {
  const modes = modesOf(layout);
  const complete = axes.length === modes.length && modes.every((_, i) => axes.includes(i));
  if (!complete) {
    throw layoutError('permute', `${show(axes)} is not a permutation of the ${modes.length} axes`);
  }
  return layoutOf(axes.map((axis) => modes[axis]));
}

/** NumPy's broadcasting: shapes align at the last mode, new modes and modes of size 1 get stride 0. */
export function broadcastLayout(layout: Layout, newShape: readonly number[]): Layout {
  const shape = checkedSizes('broadcast', newShape);
  const modes = modesOf(layout);
  const added = shape.length - modes.length;
  const stretches = (mode: LayoutLike, i: number): boolean =>
    product(mode.shape) === shape[i + added] || product(mode.shape) === 1;
  if (added < 0 || !modes.every(stretches)) {
    throw layoutError('broadcast', `${show(shapeOf(layout))} does not broadcast to ${show(shape)}`);
  }
  return layoutOf(
    shape.map((size, i) => {
      const mode = modes[i - added];
      return mode && product(mode.shape) === size ? mode : { shape: size, stride: 0 };
    }),
  );
}

/**
 * The elements at one range per mode; `offset` is the distance of the first one from the layout's own. Null where a
 * range of a nested mode is no layout; full ranges, single elements and ranges of plain modes always are.
 */
export function sliceLayout(layout: Layout, ranges: readonly SliceRange[]): StridedView | null {
  const modes = modesOf(layout);
  if (ranges.length !== modes.length) {
    throw layoutError(
      'slice',
      `${ranges.length} ranges for the ${modes.length} modes of ${formatLayout(layout)}`,
    );
  }
  let offset = 0;
  const cut: LayoutLike[] = [];
  for (let i = 0; i < modes.length; i++) {
    const view = sliceMode(modes[i], ranges[i]);
    if (view === null) return null;
    cut.push(view.mode);
    offset += view.offset;
  }
  return { layout: layoutOf(cut), offset };
}

function sliceMode(
  mode: LayoutLike,
  { start, size, step }: SliceRange,
): { mode: LayoutLike; offset: number } | null {
  const length = product(mode.shape);
  const end = start + (size - 1) * step; // the last index, where there is one
  const whole = [start, size, step, end].every(Number.isSafeInteger) && size >= 0 && step !== 0;
  const inside = size === 0 || (Math.min(start, end) >= 0 && Math.max(start, end) < length);
  if (!whole || !inside) {
    throw layoutError(
      'slice',
      `start ${show(start)}, size ${show(size)}, step ${show(step)} leaves a mode of size ${length}`,
    );
  }
  if (size === 0) return { mode: { shape: 0, stride: 0 }, offset: 0 };
  if (size === length && step === 1) return { mode, offset: 0 };

  const flat = coalesceFlat({ shape: flatten(mode.shape), stride: flatten(mode.stride) });
  const offset = crd2idx(start, flat.shape, flat.stride);
  if (size === 1) return { mode: { shape: 1, stride: 0 }, offset };
  const picked = composeMode(flat, size, Math.abs(step));
  if (picked === null || product(picked.shape) !== size) return null;
  if (carries(Math.min(start, end), Math.abs(end - start), flat.shape)) return null;
  return {
    mode: step > 0 ? picked : { shape: picked.shape, stride: mapLeaves(picked.stride, (d) => 0 - d) },
    offset,
  };
}

function checkedSizes(op: string, shape: readonly number[]): readonly number[] {
  if (Array.isArray(shape) && shape.every((size) => Number.isSafeInteger(size) && size >= 0)) return shape;
  throw layoutError(op, `a shape is an array of integers >= 0, got ${show(shape)}`);
}

function layoutOf(modes: readonly LayoutLike[]): Layout {
  const { shape, stride } = join(modes);
  return new Layout(shape, stride);
}
