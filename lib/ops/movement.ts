/** Views: they change the layout, never the bytes. Attributes are resolved: no -1, no negative axes. */
import { bytesOf, checkDType, isBlock, lanesOf, type DType } from '../dtype.js';
import { MiaError } from '../errors.js';
import {
  broadcastLayout,
  flatten,
  Layout,
  mapLeaves,
  permuteLayout,
  reshapeLayout,
  shapeOf,
  sliceLayout,
  type SliceRange,
  type StridedView,
} from '../layout/index.js';
import type { MoveRecord } from '../ir/op.js';
import { checkInteger, checkShape, ints, shapeError, shapeText, sizeOf } from './rules.js';

const at = (layout: Layout | null, offset: number): StridedView | null => layout && { layout, offset };

export const reshape: MoveRecord = {
  name: 'reshape',
  kind: 'move',
  doc: 'the same elements in row-major order under another shape; one size may be -1',
  infer([x], attrs) {
    const wanted = ints(attrs, 'shape');
    const shape = checkShape(
      'reshape',
      wanted.map((n) => (n === -1 ? 1 : n)),
    );
    const hole = wanted.indexOf(-1);
    const size = sizeOf(x.shape);
    if (hole >= 0) {
      if (wanted.indexOf(-1, hole + 1) >= 0)
        throw shapeError('reshape', 'only one size may be -1', undefined, shapeText(wanted));
      shape[hole] = size / sizeOf(shape);
    }
    if (sizeOf(shape) !== size || !Number.isInteger(shape[hole] ?? 0)) {
      throw shapeError(
        'reshape',
        'element count differs',
        `${size} elements of ${shapeText(x.shape)}`,
        shapeText(wanted),
      );
    }
    return { dtype: x.dtype, shape };
  },
  view: (x, result) => at(reshapeLayout(x.layout, result.shape), x.offset),
};

export const permute: MoveRecord = {
  name: 'permute',
  kind: 'move',
  doc: 'axes in another order',
  infer([x], attrs) {
    const axes = ints(attrs, 'axes');
    const sorted = [...axes].sort((a, b) => a - b);
    if (axes.length !== x.shape.length || sorted.some((a, i) => a !== i)) {
      throw shapeError(
        'permute',
        'not a permutation of the axes',
        `each of ${x.shape.length} axes once`,
        shapeText(axes),
      );
    }
    return { dtype: x.dtype, shape: axes.map((a) => x.shape[a]) };
  },
  view: (x, _, attrs) => at(permuteLayout(x.layout, ints(attrs, 'axes')), x.offset),
};

/** attrs `ranges`: one [start, size, step] an axis, inside the axis. */
export const slice: MoveRecord = {
  name: 'slice',
  kind: 'move',
  doc: 'every step-th element of a range of each axis; steps may be negative',
  infer([x], attrs) {
    const ranges = attrs.ranges as unknown as [number, number, number][];
    if (ranges.length !== x.shape.length)
      throw shapeError('slice', 'one range per axis', shapeText(x.shape), `${ranges.length} ranges`);
    ranges.forEach(([start, size, step], i) => {
      const last = start + (size - 1) * step;
      const inside = (n: number): boolean => n >= 0 && n < x.shape[i];
      if (step === 0 || size < 0 || (size > 0 && !(inside(start) && inside(last)))) {
        throw shapeError(
          'slice',
          `range leaves axis ${i}`,
          `[0, ${x.shape[i]})`,
          `${size} from ${start} step ${step}`,
        );
      }
    });
    return { dtype: x.dtype, shape: ranges.map((r) => r[1]) };
  },
  view(x, _, attrs) {
    const ranges: SliceRange[] = (attrs.ranges as unknown as [number, number, number][]).map(
      ([start, size, step]) => ({ start, size, step }),
    );
    const view = sliceLayout(x.layout, ranges);
    return view && { layout: view.layout, offset: x.offset + view.offset };
  },
};

export const broadcast: MoveRecord = {
  name: 'broadcastTo',
  kind: 'move',
  doc: 'axes of size 1, and new leading ones, repeated to a shape',
  infer([x], attrs) {
    const shape = checkShape('broadcastTo', ints(attrs, 'shape'));
    const lead = shape.length - x.shape.length;
    if (lead < 0 || x.shape.some((n, i) => n !== 1 && n !== shape[lead + i])) {
      throw shapeError('broadcastTo', 'cannot stretch', shapeText(shape), shapeText(x.shape));
    }
    return { dtype: x.dtype, shape };
  },
  view: (x, result) => at(broadcastLayout(x.layout, result.shape), x.offset),
};

/** The bytes as another dtype, along the contiguous mode: f32 [T, C] -> f32x4 [T, C/4] and back. */
export const cast: MoveRecord = {
  name: 'cast',
  kind: 'move',
  doc: 'the same bytes as another dtype; the contiguous axis grows or shrinks',
  infer([x], attrs) {
    const dtype = checkDType('cast', attrs.dtype);
    const block = [x.dtype, dtype].find(isBlock);
    if (block)
      throw new MiaError('ERR_DTYPE', 'cast', `the bytes of ${block} are no elements; use .to('f32')`);
    if (dtype === 'bool' || x.dtype === 'bool')
      throw new MiaError('ERR_DTYPE', 'cast', 'bool has no bytes to reinterpret; use .to()');
    const axis = checkInteger('cast', 'axis', attrs.axis, -1, x.shape.length - 1); // -1: nothing changes size
    if (axis < 0) {
      if (bytesOf(dtype) === bytesOf(x.dtype)) return { dtype, shape: x.shape };
      throw shapeError('cast', 'needs the axis that changes size');
    }
    const bytes = x.shape[axis] * bytesOf(x.dtype);
    if (bytes % bytesOf(dtype) !== 0) {
      throw shapeError(
        'cast',
        `axis ${axis} does not divide`,
        `a multiple of ${bytesOf(dtype)} bytes for ${dtype}`,
        `${bytes} bytes of ${x.dtype}`,
      );
    }
    return { dtype, shape: x.shape.map((n, i) => (i === axis ? bytes / bytesOf(dtype) : n)) };
  },
  view: (x, result, attrs) => castView(x, x.dtype, result.dtype, attrs.axis as number),
};

/**
 * The axis that a cast resizes: -1 if element sizes agree, undefined if none will do. It walks memory element by element;
 * where several do (an axis of size 1 counts), the one that leads to `shape`, else the last one that divides.
 */
export function castAxis(
  layout: Layout,
  from: DType,
  to: DType,
  shape?: readonly number[],
): number | undefined {
  const [a, b] = [bytesOf(from), bytesOf(to)];
  if (a === b) return -1;
  const sizes = shapeOf(layout);
  const strides = layout.stride as readonly (number | readonly number[])[];
  const walks = sizes.map((_, i) => i).filter((i) => strides[i] === 1 || sizes[i] === 1);
  const resized = (i: number): number => (sizes[i] * a) / b;
  const wanted = walks.findLast(
    (i) => shape?.length === sizes.length && sizes.every((n, k) => shape[k] === (k === i ? resized(i) : n)),
  );
  const unit = (i: number): boolean => strides[i] === 1 && Number.isInteger(resized(i));
  return wanted ?? walks.findLast(unit) ?? walks.findLast((i) => sizes[i] !== 1) ?? walks.at(-1);
}

function castView(x: StridedView, from: DType, to: DType, axis: number): StridedView | null {
  if (axis < 0) return { layout: x.layout, offset: x.offset };
  const [a, b] = [bytesOf(from), bytesOf(to)];
  const shape = x.layout.shape as readonly number[];
  const stride = x.layout.stride as readonly number[];
  if (typeof shape[axis] !== 'number' || (shape[axis] !== 1 && stride[axis] !== 1)) return null;
  if (!Number.isInteger((shape[axis] * a) / b)) return null;
  const scale = (n: number): number => (n * a) / b;
  const strides = stride.map((d, i) => (i === axis ? 1 : mapLeaves(d, scale)));
  if (!flatten([...strides, scale(x.offset)]).every(Number.isInteger)) return null;
  return {
    layout: new Layout(
      shape.map((n, i) => (i === axis ? scale(n) : n)),
      strides,
    ),
    offset: scale(x.offset),
  };
}

/** Whether a cast only regroups lanes (f32 <-> f32x4), so that an elementwise op may move through it. */
export const castKeepsLanes = (from: DType, to: DType): boolean =>
  bytesOf(from) * lanesOf(to) === bytesOf(to) * lanesOf(from) && (from.startsWith(to) || to.startsWith(from));
