/** Gather, scatter and top-k: canonical routines over [outer, axis, inner], and the ops that shape tensors for them. */
import { isBlock, isPacked, kindOf, laneOf, type Kind } from '../dtype.js';
import { MiaError, show } from '../errors.js';
import type { Attrs, Builder, CompositeRecord, Meta, RoutineRecord } from '../ir/op.js';
import {
  checkAxis,
  checkInteger,
  checkKinds,
  checkSameDType,
  refuseBlocks,
  shapeError,
  shapeText,
  sizeOf,
} from './rules.js';

const numbers: readonly Kind[] = ['float', 'int', 'uint'];
const any: readonly Kind[] = [...numbers, 'bool'];

function checkIndices(op: string, indices: Meta): void {
  const kind = kindOf(indices.dtype);
  if (kind !== 'int' && kind !== 'uint') {
    throw new MiaError('ERR_DTYPE', op, {
      message: 'indices must be integers',
      expected: 'i32, i64 or another integer',
      actual: indices.dtype,
    });
  }
}

/** x [outer..., axis, inner...] as three axes around `axis`; lanes of packed dtypes become part of the last. */
function around<V extends Meta>(b: Builder<V>, x: V, axis: number, axes = 1): V {
  const { shape, dtype } = x;
  const parts = [shape.slice(0, axis), shape.slice(axis, axis + axes), shape.slice(axis + axes)];
  const flat = b.op('reshape', [x], { shape: parts.map(sizeOf) });
  return isPacked(dtype) ? b.op('cast', [flat], { dtype: laneOf(dtype), axis: 2 }) : flat;
}

/** What `around` took apart, in `shape`. */
function together<V extends Meta>(b: Builder<V>, flat: V, { dtype }: Meta, shape: readonly number[]): V {
  const packed = isPacked(dtype) ? b.op('cast', [flat], { dtype, axis: 2 }) : flat;
  return b.op('reshape', [packed], { shape });
}

const replaceAxis = (x: Meta, axis: number, sizes: readonly number[]): number[] => [
  ...x.shape.slice(0, axis),
  ...sizes,
  ...x.shape.slice(axis + 1),
];

export const gather: CompositeRecord = {
  name: 'gather',
  kind: 'composite',
  doc: 'slices of x at integer indices along an axis: the axis becomes the shape of the indices (NumPy take); of blocks, as f32',
  infer([x, indices], attrs) {
    checkIndices('gather', indices);
    const axis = checkAxis('gather', attrs.axis, x.shape.length);
    if (isBlock(x.dtype) && axis === x.shape.length - 1)
      throw shapeError(
        'gather',
        `cannot pick inside blocks of ${x.dtype}`,
        'another axis than the last',
        `${axis}`,
      );
    return { dtype: isBlock(x.dtype) ? 'f32' : x.dtype, shape: replaceAxis(x, axis, indices.shape) };
  },
  expand(b, [x, indices], attrs) {
    const axis = attrs.axis as number;
    const pick = isBlock(x.dtype) ? 'decodeRows' : 'gatherRows';
    const rows = b.op(pick, [around(b, x, axis), b.op('reshape', [indices], { shape: [-1] })]);
    return together(b, rows, x, replaceAxis(x, axis, indices.shape));
  },
};

export const scatter: CompositeRecord = {
  name: 'scatter',
  kind: 'composite',
  doc: 'x with slices at integer indices along an axis replaced by, or added to, updates; in order of the indices',
  infer([x, indices, updates], attrs) {
    checkIndices('scatter', indices);
    refuseBlocks('scatter', checkSameDType('scatter', [x, updates]));
    if (attrs.mode === 'add') checkKinds('scatter', [x], numbers);
    else if (attrs.mode !== 'set')
      throw shapeError('scatter', 'unknown mode', "'set' or 'add'", show(attrs.mode));
    const wanted = replaceAxis(x, checkAxis('scatter', attrs.axis, x.shape.length), indices.shape);
    if (wanted.join() !== updates.shape.join())
      throw shapeError('scatter', 'updates do not fit', shapeText(wanted), shapeText(updates.shape));
    return x;
  },
  expand(b, [x, indices, updates], attrs) {
    const axis = attrs.axis as number;
    const start = b.op('copy', [around(b, x, axis)]); // memory of its own: the routine writes over it
    const parts = [
      start,
      b.op('reshape', [indices], { shape: [-1] }),
      around(b, updates, axis, indices.shape.length),
    ];
    return together(b, b.op(attrs.mode === 'add' ? 'scatterAdd' : 'scatterSet', parts), x, x.shape);
  },
};

/** Moves axis `axis` last, runs `fn`, and moves it back. */
function lastAxis<V extends Meta>(
  b: Builder<V>,
  inputs: readonly V[],
  axis: number,
  fn: (inputs: V[]) => V,
): V {
  const rank = inputs[0].shape.length;
  const axes = Array.from({ length: rank }, (_, i) => (i === axis ? rank - 1 : i === rank - 1 ? axis : i));
  const swap = (v: V): V => (axis === rank - 1 ? v : b.op('permute', [v], { axes }));
  return swap(fn(inputs.map(swap)));
}

export const takeAlong: CompositeRecord = {
  name: 'takeAlong',
  kind: 'composite',
  doc: 'elements of x at an index along an axis for each position (NumPy take_along_axis)',
  infer([x, indices], attrs) {
    checkIndices('takeAlong', indices);
    checkKinds('takeAlong', [x], any);
    const axis = checkAxis('takeAlong', attrs.axis, x.shape.length);
    const wanted = replaceAxis(x, axis, [indices.shape[axis] ?? 0]);
    if (indices.shape.length !== x.shape.length || wanted.join() !== indices.shape.join()) {
      throw shapeError(
        'takeAlong',
        'indices must have the shape of x except along the axis',
        shapeText(wanted),
        shapeText(indices.shape),
      );
    }
    return { dtype: x.dtype, shape: indices.shape };
  },
  expand: (b, inputs, attrs) => lastAxis(b, inputs, attrs.axis as number, (v) => b.op('takeAlongRows', v)),
};

/** Indices of the k largest (or smallest) along an axis; the method adds the values by takeAlong. */
export const topk: CompositeRecord = {
  name: 'topk',
  kind: 'composite',
  doc: 'i32 indices of the k largest (or smallest) elements along an axis, sorted; ties by index',
  takes: numbers,
  infer([x], attrs) {
    checkKinds('topk', [x], numbers);
    const axis = checkAxis('topk', attrs.axis, x.shape.length);
    checkInteger('topk', 'k', attrs.k, 0, x.shape[axis]);
    return { dtype: 'i32', shape: replaceAxis(x, axis, [attrs.k as number]) };
  },
  expand: (b, inputs, attrs) =>
    lastAxis(b, inputs, attrs.axis as number, ([v]) =>
      b.op('topkRows', [v], { k: attrs.k!, largest: attrs.largest! }),
    ),
};

function routine(record: Omit<RoutineRecord, 'kind' | 'typed'> & { typed?: boolean }): RoutineRecord {
  return { kind: 'routine', typed: false, internal: true, ...record };
}

const scatterInto = (name: string, kernel: string, typed: boolean): RoutineRecord =>
  routine({
    name,
    form: 'index',
    kernel,
    typed,
    startsFrom: 0,
    doc: 'writes updates [outer, n, inner] into x [outer, axis, inner]',
    infer: ([x]) => x,
    ints: ([x, indices]) => [...x.shape, indices.shape[0]],
  });

export const gatherRoutines: readonly RoutineRecord[] = [
  routine({
    name: 'gatherRows',
    form: 'index',
    kernel: 'gather',
    doc: 'table [outer, axis, inner], indices [n] -> [outer, n, inner]',
    infer: ([x, i]) => ({ dtype: x.dtype, shape: [x.shape[0], i.shape[0], x.shape[2]] }),
    ints: ([x, i]) => [...x.shape, i.shape[0]],
  }),
  routine({
    name: 'takeAlongRows',
    form: 'index',
    kernel: 'takeAlong',
    doc: 'x [rows..., n], indices [rows..., k] -> [rows..., k]',
    infer: ([x, i]) => ({ dtype: x.dtype, shape: i.shape }),
    ints: ([x, i]) => [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!, i.shape.at(-1)!],
  }),
  routine({
    name: 'topkRows',
    form: 'pick',
    kernel: 'topk',
    typed: true,
    doc: 'x [rows..., n] -> i32 [rows..., k]',
    infer: ([x], attrs: Attrs) => ({ dtype: 'i32', shape: [...x.shape.slice(0, -1), attrs.k as number] }),
    ints: ([x], attrs) => [
      sizeOf(x.shape.slice(0, -1)),
      x.shape.at(-1)!,
      attrs.k as number,
      attrs.largest ? 1 : 0,
    ],
  }),
  scatterInto('scatterSet', 'scatter.set', false),
  scatterInto('scatterAdd', 'scatter.add', true),
];
