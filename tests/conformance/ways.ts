/**
 * The ways in which every case runs. The numbers must be the same whether inputs are plain memory, views, memory that may
 * be overwritten, values that exist only inside a fused step, or values that somebody still holds.
 */
import { Layout, Tensor, type Device } from '../../lib/index.js';
import type { Case, T } from './case.js';
import { build, indicesOf, place, sizeOf, toTyped, type Ref } from './reference/array.js';
import { flip, permute } from './reference/movement.js';
import { isFloat, type Num } from './reference/numbers.js';

export interface Way {
  readonly name: string;
  /** A tensor with the values of `x`; `turn` chooses among variants. */
  readonly input: (device: Device, x: Ref, turn: number) => T | Promise<T>;
  /** Other inputs of a case whose bytes are reinterpreted. */
  readonly rowMajorInput?: Way['input'];
  readonly output?: (y: T) => T;
  /** Inputs are arrays of ours, which must not change. */
  readonly lends?: boolean;
  /** Keeps a clone of each input and looks at its value afterwards. */
  readonly keeps?: boolean;
}

/** A row-major tensor over memory that is lent. */
export const plain = (device: Device, x: Ref, array = toTyped(x)): T => Tensor.create(device, x.shape, array, x.dtype) as T;

/** Elementwise ops that change nothing, not even the sign of zero. */
export function nothing(t: T): T {
  if (t.dtype === 'bool') return t.not().not() as T;
  return t.neg().neg() as T;
}

/** Memory of the device's own, which a plan may take over. */
async function owned(device: Device, x: Ref): Promise<T> {
  return nothing(plain(device, x)).realize() as Promise<T>;
}

const reversedAxes = (x: Ref): number[] => x.shape.map((_, d) => x.shape.length - 1 - d);
const transposed = (device: Device, x: Ref): T => {
  const axes = reversedAxes(x);
  return plain(device, permute(x, axes)).permute(axes) as T;
};
const backwards = (device: Device, x: Ref): T => plain(device, flip(x)).flip() as T;

/** A window on something larger: every `step`-th element of each axis from 1 on, among others of value 1. */
function window(device: Device, x: Ref, step: (axis: number) => number): T {
  const outer = x.shape.map((n, d) => 1 + n * step(d));
  const filler = isFloat(x.dtype) ? 1 : 1n;
  const larger = { ...x, shape: outer, data: Array.from<Num>({ length: sizeOf(outer) }).fill(filler) };
  for (const index of indicesOf(x.shape)) {
    larger.data[place(outer, index.map((i, d) => 1 + i * step(d)))] = x.data[place(x.shape, index)]!;
  }
  return plain(device, larger).slice(x.shape.map((n, d) => [1, 1 + n * step(d), step(d)] as const)) as T;
}

/** Rank 0 has no axes to slice: an index into a vector. */
const indexed = (device: Device, x: Ref): T => plain(device, { ...x, shape: [3], data: [x.data[0]!, x.data[0]!, x.data[0]!] }).slice([1]) as T;

const columnMajor = (device: Device, x: Ref): T => {
  const data = permute(x, reversedAxes(x));
  return Tensor.create(device, Layout.colMajor([...x.shape]), toTyped(data), x.dtype) as T;
};

const views: readonly Way['input'][] = [
  transposed,
  (device, x) => (x.shape.length === 0 ? indexed(device, x) : window(device, x, () => 2)),
  (device, x) => (x.shape.length === 0 ? indexed(device, x) : window(device, x, () => 1)), // rows apart, memory not aligned
  columnMajor,
  backwards,
];

/** Rows of something with more rows: an offset, and nothing else. */
const shifted: Way['input'] = (device, x) => {
  const [rows, ...rest] = x.shape as [number, ...number[]];
  const larger = build(x.dtype, [rows + 2, ...rest], (index) => x.data[place(x.shape, index.with(0, Math.min(Math.max(index[0]! - 1, 0), rows - 1)))]!);
  return plain(device, larger).slice([[1, rows + 1]]) as T;
};

/** Memory of our own, seen as it lies or through a view: what is overwritten must be seen the same way. */
const consumed: readonly Way['input'][] = [
  owned,
  async (device, x) => {
    const axes = reversedAxes(x);
    return (await owned(device, permute(x, axes))).permute(axes) as T;
  },
  owned,
  async (device, x) => (await owned(device, flip(x))).flip() as T,
];
const pick = (variants: readonly Way['input'][]): Way['input'] => (device, x, turn) => variants[turn % variants.length]!(device, x, turn);
const lent: Way['input'] = (device, x) => plain(device, x);

export const ways: readonly Way[] = [
  { name: 'plain', input: lent, lends: true },
  { name: 'strided', input: pick(views), rowMajorInput: shifted },
  { name: 'consumed', input: pick(consumed), rowMajorInput: owned },
  {
    name: 'fused', input: async (device, x, turn) => nothing(await pick([lent, ...views])(device, x, turn)),
    rowMajorInput: (device, x) => nothing(plain(device, x)), output: nothing,
  },
  { name: 'kept', input: owned, keeps: true },
];

export const inputOf = (way: Way, c: Case): Way['input'] => (c.rowMajor ? way.rowMajorInput ?? way.input : way.input);
