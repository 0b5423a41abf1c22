import { isBlock, laneOf, lanesOf, lengthFor, type DType, type ScalarDType } from '../dtype.js';
import type { Value } from '../ir/infer.js';
import type { MoveRecord } from '../ir/op.js';
import { unitsOf, viewOf } from '../ir/units.js';
import { flatDims, isRowMajor, type StridedView } from '../layout/index.js';
import { broadcast } from '../ops/movement.js';
import type { GraphNode } from './graph.js';

/** Loops over memory, slowest first: element (i, j, ...) is at offset + sum of index x stride, in elements of dtype. */
export interface Dims {
  readonly offset: number;
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
}

/** One view op on the way from a value to its consumer. */
export interface Move {
  readonly op: MoveRecord;
  readonly attrs: GraphNode['attrs'];
  readonly shape: readonly number[];
  readonly from: DType;
  readonly to: DType;
  /** More elements come out than went in. */
  readonly expands: boolean;
}

/** Identifies a path of moves: equal keys, equal functions. */
export const pathKey = (path: readonly Move[]): string =>
  path.map((m) => `${m.op.name}${m.to}[${m.shape.join()}]${JSON.stringify(m.attrs)}`).join('>');

export function moveOf(node: GraphNode, input: Value): Move {
  if (node.op.kind !== 'move') throw new Error(`${node.op.name} is not a view`);
  return {
    op: node.op,
    attrs: node.attrs,
    shape: node.shape,
    from: input.dtype,
    to: node.dtype,
    expands: node.op === broadcast && node.layout.size > input.layout.size,
  };
}

/** The implicit broadcast of an elementwise operand. */
export function broadcastMove(input: Value, shape: readonly number[]): Move {
  return { op: broadcast, attrs: { shape }, shape, from: input.dtype, to: input.dtype, expands: true };
}

/** A value seen through moves, or null where no layout can say it (a cast may also not move through values of other dtypes). */
export function follow(value: Value, path: readonly Move[]): Value | null {
  let v: Value = value;
  for (const move of path) {
    let { dtype } = v;
    if (move.from !== move.to) {
      if (dtype !== move.from) return null;
      dtype = move.to;
    }
    const view: StridedView | null = viewOf(move.op, v, { dtype, shape: move.shape }, move.attrs);
    if (!view) return null;
    v = { dtype, shape: move.shape, layout: view.layout, offset: view.offset };
  }
  return v;
}

interface ModeDims {
  offset: number;
  modes: { sizes: number[]; strides: number[] }[];
}

/**
 * Strided loops of a value, one group a top-level mode, over the lanes' dtype: packed dtypes have their lanes as a last
 * mode, blocks their bytes.
 */
export function modeDims(value: Value): ModeDims {
  return loopsOf({ ...value, ...unitsOf(value)! }, lanesOf(value.dtype));
}

function loopsOf({ layout, offset, shape }: Value, lanes: number): ModeDims {
  const { sizes, strides, modes } = flatDims(layout);
  const groups = shape.map((): { sizes: number[]; strides: number[] } => ({ sizes: [], strides: [] }));
  for (let i = 0; i < sizes.length; i++) {
    groups[modes[i]].sizes.push(sizes[i]);
    groups[modes[i]].strides.push(strides[i] * lanes);
  }
  if (lanes > 1) groups.push({ sizes: [lanes], strides: [1] });
  return { offset: offset * lanes, modes: groups };
}

/** The fewest loops that visit a value's elements in row-major order; `order` puts the modes in another one first. */
export function dimsOf(value: Value, order?: readonly number[]): Dims {
  if (!order && isRowMajor(value.layout))
    return linear(lengthFor(value.dtype, value.offset), elementsOf(value));
  const { offset, modes } = modeDims(value);
  const picked = order ? order.map((i) => modes[i]) : modes;
  return {
    offset,
    ...merge(
      picked.flatMap((m) => m.sizes),
      picked.flatMap((m) => m.strides),
    ),
  };
}

const linear = (offset: number, n: number): Dims =>
  n === 1 ? { offset, sizes: [], strides: [] } : { offset, sizes: [n], strides: [1] };

/** Joins loops that walk memory as one, and drops those of size 1. */
function merge(sizes: readonly number[], strides: readonly number[]): { sizes: number[]; strides: number[] } {
  const out = { sizes: [] as number[], strides: [] as number[] };
  for (let i = 0; i < sizes.length; i++) {
    if (sizes[i] === 1) continue;
    const last = out.sizes.length - 1;
    if (last >= 0 && out.strides[last] === strides[i] * sizes[i]) {
      out.sizes[last] *= sizes[i];
      out.strides[last] = strides[i]!;
    } else {
      out.sizes.push(sizes[i]);
      out.strides.push(strides[i]);
    }
  }
  return out;
}

/** One loop a mode, for kernels that name their modes ([M, K], [outer, axis, inner]); null if a mode needs more than one. */
export function plainDims(value: Value): Dims | null {
  return plain(modeDims(value));
}

/** The same as those kernels are told it, which know blocks: these stay elements. */
export function kernelDims(value: Value): Dims | null {
  return isBlock(value.dtype) ? plain(loopsOf(value, 1)) : plainDims(value);
}

function plain({ offset, modes }: ModeDims): Dims | null {
  if (modes.some((m) => m.sizes.length > 1)) return null;
  return { offset, sizes: modes.map((m) => m.sizes[0] ?? 1), strides: modes.map((m) => m.strides[0] ?? 0) };
}

/** Elements of the lanes' dtype. */
export const elementsOf = (value: Value): number => lengthFor(value.dtype, value.layout.size);
export const storageDType = (dtype: DType): ScalarDType => laneOf(dtype);
