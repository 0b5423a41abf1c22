/**
 * The ways in which every case runs. The numbers must be the same whether inputs are plain memory, views, memory that may
 * be overwritten, values that exist only inside a fused step, or values that somebody still holds.
 */
import { Layout, Tensor, type Device } from '../../lib/index.js';
import type { Case, T } from './case.js';
import { at, indicesOf, place, sizeOf, typedOf, type Ref } from './reference/array.js';
import { concat, flip, permute } from './reference/movement.js';
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
  /** Large cases run this way, too. */
  readonly large?: boolean;
  /** Keeps a clone of each input and looks at its value afterwards. */
  readonly keeps?: boolean;
}

/** What lies in memory for an array, made once for all devices. */
const made = new WeakMap<Ref, Map<string, Ref>>();
function once(x: Ref, name: string, make: () => Ref): Ref {
  const known = made.get(x) ?? new Map<string, Ref>();
  made.set(x, known);
  if (!known.has(name)) known.set(name, make());
  return known.get(name)!;
}

/** A row-major tensor over memory that is lent. */
export const plain = (device: Device, x: Ref, array = typedOf(x)): T =>
  Tensor.create(device, x.shape, array, x.dtype);

/** Elementwise ops that change nothing, not even the sign of zero. */
export function nothing(t: T): T {
  if (t.dtype === 'bool') return t.not().not();
  return t.neg().neg();
}

/** Memory of the device's own, which a plan may take over. */
async function owned(device: Device, x: Ref): Promise<T> {
  const t = nothing(plain(device, x));
  try {
    return await t.realize();
  } catch (error) {
    t.dispose();
    throw error;
  }
}

const reversedAxes = (x: Ref): number[] => x.shape.map((_, d) => x.shape.length - 1 - d);
const turned = (x: Ref): Ref => once(x, 'turned', () => permute(x, reversedAxes(x)));
const flipped = (x: Ref): Ref => once(x, 'flipped', () => flip(x));

const transposed = (device: Device, x: Ref): T => plain(device, turned(x)).permute(reversedAxes(x));
const backwards = (device: Device, x: Ref): T => plain(device, flipped(x)).flip();
const columnMajor = (device: Device, x: Ref): T =>
  Tensor.create(device, Layout.colMajor([...x.shape]), typedOf(turned(x)), x.dtype);

/** A window on something larger: every `step`-th element of each axis from 1 on. Memory is not aligned, rows lie apart. */
const window =
  (step: number) =>
  (device: Device, x: Ref): T =>
    plain(
      device,
      once(x, `window ${step}`, () => surrounded(x, step)),
    ).slice(x.shape.map((n) => [1, 1 + n * step, step] as const));

/** x among elements of value 1. */
function surrounded(x: Ref, step: number): Ref {
  const shape = x.shape.map((n) => 1 + n * step);
  const data = Array.from<Num>({ length: sizeOf(shape) }).fill(isFloat(x.dtype) ? 1 : 1n);
  for (const index of indicesOf(x.shape)) {
    const to = index.map((i) => 1 + i * step);
    data[place(shape, to)] = at(x, index);
  }
  return { ...x, shape, data };
}

/** Rank 0 has no axes to slice: an index into a vector. */
const indexed = (device: Device, x: Ref): T =>
  plain(
    device,
    once(x, 'indexed', () => ({ ...x, shape: [3], data: [x.data[0], x.data[0], x.data[0]] })),
  ).slice([1]);

/** Rows of something with more rows: an offset, and nothing else. */
const shifted: Way['input'] = (device, x) =>
  plain(
    device,
    once(x, 'shifted', () => concat([x, x, x])),
  ).slice([[x.shape[0], 2 * x.shape[0]]]);

/** The views that a rank has. */
const viewsOf = ({ shape }: Ref): readonly Way['input'][] =>
  shape.length === 0 ? [indexed] : shape.length === 1 ? vectorViews : views;
const vectorViews: readonly Way['input'][] = [window(1), backwards, window(2)];
const views: readonly Way['input'][] = [transposed, window(2), columnMajor, window(1), backwards];

/** Memory of our own, seen as it lies or through a view: what is overwritten must be seen the same way. */
const consumed: readonly Way['input'][] = [
  owned,
  async (device, x) => (await owned(device, turned(x))).permute(reversedAxes(x)),
  owned,
  async (device, x) => (await owned(device, flipped(x))).flip(),
];
const pick = (variants: readonly Way['input'][], turn: number): Way['input'] =>
  variants[turn % variants.length];
const lent: Way['input'] = (device, x) => plain(device, x);
const strided: Way['input'] = (device, x, turn) => pick(viewsOf(x), turn)(device, x, turn);

export const ways: readonly Way[] = [
  { name: 'plain', input: lent, lends: true, large: true },
  { name: 'strided', input: strided, rowMajorInput: shifted, large: true },
  {
    name: 'consumed',
    input: (device, x, turn) => pick(consumed, turn)(device, x, turn),
    rowMajorInput: owned,
  },
  {
    name: 'fused',
    input: async (device, x, turn) => nothing(await pick([lent, strided], turn)(device, x, turn >> 1)),
    rowMajorInput: (device, x) => nothing(plain(device, x)),
    output: nothing,
  },
  { name: 'kept', input: owned, keeps: true },
];

export const inputOf = (way: Way, c: Case): Way['input'] =>
  c.rowMajor ? (way.rowMajorInput ?? way.input) : way.input;
