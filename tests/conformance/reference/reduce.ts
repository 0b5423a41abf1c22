/** Folds over axes, running sums, and functions of a row. */
import { at, build, front, indicesOf, type Ref } from './array.js';
import { add, mul } from './elementwise.js';
import { isFloat, type Num } from './numbers.js';

export type Axes = number | readonly number[] | undefined;
export interface Keep {
  readonly keepDims?: boolean;
}

const axesOf = (axes: Axes, { shape }: Ref): number[] =>
  axes === undefined
    ? shape.map((_, d) => d)
    : (typeof axes === 'number' ? [axes] : [...axes]).map((a) => front(a, shape));

/** `f` of the elements that share the axes that stay, in row-major order. */
function fold(
  x: Ref,
  axes: Axes,
  { keepDims = false }: Keep,
  f: (values: Num[]) => Num,
  dtype = x.dtype,
): Ref {
  const gone = axesOf(axes, x);
  const [stay, reduced] = [
    x.shape.map((n, d) => (gone.includes(d) ? 1 : n)),
    x.shape.map((n, d) => (gone.includes(d) ? n : 1)),
  ];
  const kept = build(dtype, stay, (base) => {
    const values: Num[] = [];
    for (const inner of indicesOf(reduced))
      values.push(
        at(
          x,
          base.map((i, d) => i + inner[d]),
        ),
      );
    return f(values);
  });
  return keepDims ? kept : { ...kept, shape: x.shape.filter((_, d) => !gone.includes(d)) };
}

/** Sums of halves of sums: what long sums lose grows with the logarithm of their length. */
function total<N extends Num>(values: readonly N[], from = 0, to = values.length): N {
  if (to - from === 1) return values[from];
  const middle = (from + to) >> 1;
  return ((total(values, from, middle) as number) + (total(values, middle, to) as number)) as N;
}
const isNaNOf = (v: Num): boolean => Number.isNaN(v);

/** Position of the first value that beats all before it; the first NaN wins. */
function firstBest(values: Num[], beats: (a: Num, b: Num) => boolean): number {
  const nan = values.findIndex(isNaNOf);
  if (nan >= 0) return nan;
  return values.reduce<number>((best, v, i) => (beats(v, values[best]) ? i : best), 0);
}
const larger = (a: Num, b: Num): boolean => a > b;
const smaller = (a: Num, b: Num): boolean => a < b;

export const sum = (x: Ref, axes?: Axes, keep: Keep = {}): Ref =>
  fold(x, axes, keep, (v) => (v.length ? total(v) : isFloat(x.dtype) ? 0 : 0n));
export const prod = (x: Ref, axes?: Axes, keep: Keep = {}): Ref =>
  fold(x, axes, keep, (v) =>
    v.reduce((a, b) => (a as bigint) * (b as bigint), (isFloat(x.dtype) ? 1 : 1n) as Num),
  );
export const mean = (x: Ref, axes?: Axes, keep: Keep = {}): Ref =>
  fold(x, axes, keep, (v) => (v.length ? (total(v) as number) / v.length : NaN));
export const max = (x: Ref, axes?: Axes, keep: Keep = {}): Ref =>
  fold(x, axes, keep, (v) => v[firstBest(v, larger)]);
export const min = (x: Ref, axes?: Axes, keep: Keep = {}): Ref =>
  fold(x, axes, keep, (v) => v[firstBest(v, smaller)]);
export const argmax = (x: Ref, axis?: number, keep: Keep = {}): Ref =>
  fold(x, axis, keep, (v) => BigInt(firstBest(v, larger)), 'i32');
export const argmin = (x: Ref, axis?: number, keep: Keep = {}): Ref =>
  fold(x, axis, keep, (v) => BigInt(firstBest(v, smaller)), 'i32');

/** Each row along an axis replaced by a function of it. */
export function rows(x: Ref, axis: number, f: (row: Num[]) => Num[]): Ref {
  const d = front(axis, x.shape);
  const done = new Map<string, Num[]>();
  return build(x.dtype, x.shape, (index) => {
    const key = index.map((i, k) => (k === d ? '_' : i)).join();
    let row = done.get(key);
    if (!row) {
      row = f(Array.from({ length: x.shape[d] }, (_, i) => at(x, index.with(d, i))));
      done.set(key, row);
    }
    return row[index[d]];
  });
}
const floatRows = (x: Ref, axis: number, f: (row: number[]) => number[]): Ref =>
  rows(x, axis, f as (row: Num[]) => Num[]);

const meanOf = (row: readonly number[]): number => total(row) / row.length;
const over = (row: readonly number[], by: number): number[] => row.map((v) => v / by);
const squares = (row: readonly number[]): number => total(row.map((v) => v * v));

function logSoftmaxOf(row: number[]): number[] {
  const top = row.reduce((a, b) => Math.max(a, b));
  const logSum = Math.log(total(row.map((v) => Math.exp(v - top))));
  return row.map((v) => v - top - logSum);
}
export const logSoftmax = (x: Ref, axis = -1): Ref => floatRows(x, axis, logSoftmaxOf);
export const softmax = (x: Ref, axis = -1): Ref =>
  floatRows(x, axis, (row) => logSoftmaxOf(row).map(Math.exp));

function normalized(row: number[], eps: number): number[] {
  const mean = meanOf(row);
  const deviation = Math.sqrt(meanOf(row.map((v) => (v - mean) ** 2)) + eps);
  return row.map((v) => (v - mean) / deviation);
}
/** Weights as they broadcast over y, without rounding in between. */
function weigh(y: Ref, w: Ref | undefined, b: Ref | undefined, dtype: Ref['dtype']): Ref {
  const wide = (r: Ref): Ref => ({ ...r, dtype: 'f64' });
  const scaled = w ? mul(wide(y), wide(w)) : y;
  const moved = b ? add(wide(scaled), wide(b)) : scaled;
  return build(dtype, moved.shape, (index) => at(moved, index));
}
const wideRows = (x: Ref, f: (row: number[]) => number[]): Ref => floatRows({ ...x, dtype: 'f64' }, -1, f);

export const layerNorm = (x: Ref, w?: Ref, b?: Ref, eps = 1e-5): Ref =>
  weigh(
    wideRows(x, (row) => normalized(row, eps)),
    w,
    b,
    x.dtype,
  );
export const rmsNorm = (x: Ref, w?: Ref, eps = 1e-6): Ref =>
  weigh(
    wideRows(x, (row) => over(row, Math.sqrt(squares(row) / row.length + eps))),
    w,
    undefined,
    x.dtype,
  );
export const l2Norm = (x: Ref, eps = 1e-12): Ref =>
  floatRows(x, -1, (row) => over(row, Math.sqrt(Math.max(squares(row), eps))));

/** x [N, C, ...]: C in groups, each normalised together with what follows. */
export function groupNorm(x: Ref, groups: number, w?: Ref, b?: Ref, eps = 1e-5): Ref {
  const [n, c, ...rest] = x.shape as [number, number, ...number[]];
  const grouped = { ...x, shape: [n, groups, x.data.length / n / groups] };
  const perChannel = (v?: Ref): Ref | undefined => v && { ...v, shape: [c, ...rest.map(() => 1)] };
  const y = wideRows(grouped, (row) => normalized(row, eps));
  return weigh({ ...y, shape: x.shape }, perChannel(w), perChannel(b), x.dtype);
}

export const cumsum = (x: Ref, axis = -1): Ref =>
  rows(x, axis, (row) => {
    let sum: Num = isFloat(x.dtype) ? 0 : 0n;
    return row.map((v) => (sum = (sum as number) + (v as number)));
  });
