/** What a row of the case table is, and the values that its inputs are filled with. */
import type { Device, DType, Tensor } from '../../lib/index.js';
import { build, sizeOf, type Ref } from './reference/array.js';
import { extremes, isFloat, limits, roundTo, settle, type Num, type RefType } from './reference/numbers.js';

export type T = Tensor<Device, DType>;

/** How far a float may lie from the reference; integers and bools are always exact. */
export interface Tolerance {
  /** Units in the last place of the expected value. 0, the default, means exact. */
  readonly ulps?: number;
  /** Absolute, in epsilons of the type that arithmetic runs in: for sums, where terms may cancel. */
  readonly epsilons?: number;
  /** Absolute, in epsilons of the dtype as stored: for ops made of several, whose intermediate values may be stored. */
  readonly stored?: number;
  /** Exact values may differ in the sign of zero. */
  readonly anyZero?: boolean;
  /** What lies below normal f32 may be zero. */
  readonly flushes?: boolean;
}

export interface Input {
  readonly dtype: RefType;
  readonly shape: readonly number[];
  readonly fill: Fill;
}

/** One row: an op over some inputs, what it must give, and how closely. */
export interface Case {
  readonly name: string;
  readonly inputs: readonly Input[];
  readonly run: (inputs: T[], device: Device) => T | readonly T[];
  readonly expect: (inputs: Ref[]) => Ref | readonly Ref[];
  readonly tolerance?: Tolerance;
  /** The inputs must stay as they are in memory: their bytes are reinterpreted. */
  readonly rowMajor?: boolean;
  /** Large, to pass a threshold of a kernel: runs plain and strided only. */
  readonly large?: boolean;
}

/** Uniform in [0, 1), the same in every run. */
export type Random = () => number;
/** Element i of n. What the dtype cannot say is rounded or wrapped. */
export type Fill = (random: Random, i: number, n: number, dtype: RefType) => Num;

/** mulberry32, seeded by a text. */
export function randomOf(seed: string): Random {
  let state = 2166136261;
  for (let i = 0; i < seed.length; i++) state = Math.imul(state ^ seed.charCodeAt(i), 16777619);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function fillInput(seed: string, { dtype, shape, fill }: Input): Ref {
  const random = randomOf(seed);
  const n = sizeOf(shape);
  let i = 0;
  return build(dtype, shape, () => settle(dtype, fill(random, i++, n, dtype)));
}

/** Anything ordinary: floats in [-3, 3), all bits of an integer. */
export const any: Fill = (random, _, __, dtype) => {
  if (isFloat(dtype)) return random() * 6 - 3;
  if (dtype === 'bool') return random() < 0.5 ? 0n : 1n;
  const bits = (BigInt(Math.floor(random() * 2 ** 32)) << 32n) | BigInt(Math.floor(random() * 2 ** 32));
  return bits >> BigInt(Math.floor(random() * 60)); // small ones too
};

/** Uniform in [lo, hi); whole numbers in [lo, hi] for integers. */
export const between =
  (lo: number, hi: number): Fill =>
  (random, _, __, dtype) =>
    isFloat(dtype) ? lo + random() * (hi - lo) : BigInt(Math.floor(lo + random() * (hi - lo + 1)));

/** Whole numbers whatever the dtype, so that ties are common and sums are exact. */
export const whole =
  (lo: number, hi: number): Fill =>
  (random, _, __, dtype) => {
    const n = Math.floor(lo + random() * (hi - lo + 1));
    return isFloat(dtype) ? n : BigInt(n);
  };

export const values =
  (...list: number[]): Fill =>
  (_, i, __, dtype) => {
    const v = list[i % list.length];
    return isFloat(dtype) ? v : BigInt(v);
  };

/** Where formats change: infinities, NaN, both zeros, denormals, the largest numbers, halves; the ends of integers. */
export function specials(dtype: RefType): Num[] {
  if (dtype === 'bool') return [0n, 1n];
  if (!isFloat(dtype)) {
    const [min, max] = limits(dtype);
    return [...new Set([min, min + 1n, -2n, -1n, 0n, 1n, 2n, 3n, max / 2n, max - 1n, max])].filter(
      (v) => v >= min && v <= max,
    );
  }
  const { max, normal, tiny } = extremes(dtype);
  const positive = [
    0,
    tiny,
    normal - tiny,
    normal,
    0.25,
    0.5,
    1,
    1.5,
    2.5,
    3,
    7.75,
    88.5,
    200.25,
    max,
    Infinity,
  ];
  return [NaN, ...positive, ...positive.map((v) => -v)].map((v) => roundTo(dtype, v));
}

export const special: Fill = (_, i, __, dtype) => {
  const list = specials(dtype);
  return list[i % list.length];
};
/** Together with `special` in the other operand: every pair. Floats have 31 special values. */
export const specialSlow: Fill = (_, i, __, dtype) => {
  const list = specials(dtype);
  return list[Math.floor(i / list.length) % list.length];
};
/** Every special value, then others. */
export const specialThen =
  (rest: Fill): Fill =>
  (random, i, n, dtype) =>
    (i < 37 ? special : rest)(random, i, n, dtype);
/** With `specialSlow` on the other side: every pair of special values, then others. */
export const pairsThen =
  (half: Fill, rest: Fill): Fill =>
  (random, i, n, dtype) =>
    (i < 961 ? half : rest)(random, i, n, dtype);
/** Mostly ordinary values with a special one now and then. */
export const mixed: Fill = (random, i, n, dtype) => {
  const list = specials(dtype);
  return random() < 0.1 ? list[Math.floor(random() * list.length)] : any(random, i, n, dtype);
};

export const input = (dtype: RefType, shape: readonly number[], fill: Fill = any): Input => ({
  dtype,
  shape,
  fill,
});

/** Lengths around vectors of 8, 16 and 64 lanes and around the tile of 512, primes among them. */
export const lengths: readonly number[] = [
  1, 7, 8, 9, 13, 15, 16, 17, 31, 63, 64, 65, 127, 511, 512, 513, 1025,
];
/** Shapes of rank 0 to 5 with such lengths, and some without elements. */
export const shapes: readonly (readonly number[])[] = [
  [],
  ...lengths.map((n) => [n]),
  [3, 171],
  [1, 1],
  [5, 41],
  [2, 3, 5],
  [2, 3, 4, 5],
  [2, 1, 3, 2, 7],
  [0],
  [3, 0, 2],
];

/** The types that arithmetic runs in; the others convert when they load and store, and share its code. */
export const computed = (dtype: RefType): boolean =>
  ['f32', 'f64', 'i32', 'u32', 'i64', 'u64'].includes(dtype);

let turn = 0;
/** The next shape of the list: ops share them out, so that together they meet them all. */
export const nextShape = (): readonly number[] => shapes[turn++ % shapes.length];
/** Two full tiles, a few vectors and a rest. */
export const LONG = 1037;

export const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
