/** Elementwise ops on float64 numbers and on integers of any size. */
import { to, zip, type Ref } from './array.js';
import { halfToEven, isFloat, type Num } from './numbers.js';

type Unary = (x: Ref) => Ref;
type Binary = (a: Ref, b: Ref) => Ref;
type Float1 = (x: number) => number;
type Int1 = (x: bigint) => bigint;
type Float2 = (a: number, b: number) => number;
type Int2 = (a: bigint, b: bigint) => bigint;

const byType = <F, I>(x: Ref, float: F, int: I): F | I => (isFloat(x.dtype) ? float : int);
const unary =
  (float: Float1, int?: Int1): Unary =>
  (x) =>
    zip(x.dtype, [x], byType(x, float, int!));
const binary =
  (float: Float2, int: Int2): Binary =>
  (a, b) =>
    zip(a.dtype, [a, b], byType(a, float, int));
/** JavaScript compares numbers with numbers and bigints with bigints as mathematics does; NaN is unequal to everything. */
const compare =
  (f: (a: Num, b: Num) => boolean): Binary =>
  (a, b) =>
    zip('bool', [a, b], (x: Num, y: Num) => (f(x, y) ? 1n : 0n));
const truth =
  (f: (a: boolean, b: boolean) => boolean): Binary =>
  (a, b) =>
    zip('bool', [a, b], (x: bigint, y: bigint) => (f(x !== 0n, y !== 0n) ? 1n : 0n));

const magnitude = (x: bigint): bigint => (x < 0n ? -x : x);
const signOf = (x: bigint): bigint => (x > 0n ? 1n : x < 0n ? -1n : 0n);

/** What is left of a after floor(a / b) times b: fmod is exact, then it moves to the side of b. */
function floored(a: number, b: number): number {
  const rest = a % b;
  return rest !== 0 && rest < 0 !== b < 0 ? rest + b : rest;
}

/** C's pow: unlike JavaScript's it lets 1 and exponent 0 win over NaN, and |-1| to infinity is 1. */
function power(a: number, b: number): number {
  return a === 1 || b === 0 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b;
}

/** Integer powers; a negative exponent gives 1/a truncated, which is 0 unless a is 1 or -1. Exponents wrap the same as squaring would. */
function intPower(a: bigint, b: bigint, bits: number): bigint {
  if (b < 0n) return a === 1n ? 1n : a === -1n ? (b % 2n === 0n ? 1n : -1n) : 0n;
  let [result, square] = [1n, a];
  for (let rest = b; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = BigInt.asUintN(bits, result * square);
    square = BigInt.asUintN(bits, square * square);
  }
  return result;
}

/** erf by its Maclaurin series near zero (DLMF 7.6.1), beyond by what is missing to 1. */
export function erf(x: number): number {
  if (Math.abs(x) >= 0.75) return Math.sign(x) * (1 - erfc(Math.abs(x)));
  let [power, sum] = [x, x];
  for (let n = 1; n < 30; n++) {
    power *= -(x * x) / n;
    sum += power / (2 * n + 1);
  }
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** 1 - erf(x) without cancellation, by Laplace's continued fraction (DLMF 7.9.3). */
function erfc(x: number): number {
  if (!(x >= 0.75)) return 1 - erf(x);
  if (x > 30) return 0;
  let fraction = x;
  for (let n = 400; n > 0; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

export const neg = unary(
  (x) => -x,
  (x) => -x,
);
export const abs = unary(Math.abs, magnitude);
export const sign = unary(Math.sign, signOf);
export const relu = unary(
  (x) => (Number.isNaN(x) ? x : Math.max(x, 0)),
  (x) => (x > 0n ? x : 0n),
);

export const exp = unary(Math.exp);
export const log = unary(Math.log);
export const sqrt = unary(Math.sqrt);
export const rsqrt = unary((x) => 1 / Math.sqrt(x));
export const sin = unary(Math.sin);
export const cos = unary(Math.cos);
export const tanh = unary(Math.tanh);
export const erfOf = unary(erf);
export const floor = unary(Math.floor);
export const ceil = unary(Math.ceil);
export const round = unary(halfToEven);
export const sigmoidOf = unary(sigmoid);
export const silu = unary((x) => x * sigmoid(x));
export const softplus = unary((x) => (x > 30 ? x : Math.log1p(Math.exp(x))));
export const gelu = unary((x) => (x / 2) * erfc(-x / Math.SQRT2));
export const geluTanh = unary(
  (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
);
export const leakyRelu = (x: Ref, slope = 0.01): Ref => unary((v) => (v < 0 ? v * slope : v))(x);
export const elu = (x: Ref, alpha = 1): Ref => unary((v) => (v < 0 ? alpha * Math.expm1(v) : v))(x);

export const add = binary(
  (a, b) => a + b,
  (a, b) => a + b,
);
export const sub = binary(
  (a, b) => a - b,
  (a, b) => a - b,
);
export const mul = binary(
  (a, b) => a * b,
  (a, b) => a * b,
);
export const div = binary(
  (a, b) => a / b,
  (a, b) => (b === 0n ? 0n : a / b),
);
export const mod = binary(floored, (a, b) => (b === 0n ? 0n : ((a % b) + b) % b));
export const pow = binary(power, (a, b) => intPower(a, b, 64));
export const maximum = binary(Math.max, (a, b) => (a > b ? a : b));
export const minimum = binary(Math.min, (a, b) => (a < b ? a : b));

export const eq = compare((a, b) => a === b);
export const ne = compare((a, b) => a !== b);
export const lt = compare((a, b) => a < b);
export const le = compare((a, b) => a <= b);
export const gt = compare((a, b) => a > b);
export const ge = compare((a, b) => a >= b);
export const and = truth((a, b) => a && b);
export const or = truth((a, b) => a || b);
export const not: Unary = (x) => zip('bool', [x], (v: bigint) => 1n - v);

export const where = (condition: Ref, a: Ref, b: Ref): Ref =>
  zip(a.dtype, [condition, a, b], (c: bigint, x: Num, y: Num) => (c ? x : y));
export const clamp = (x: Ref, lo: Ref, hi: Ref): Ref => minimum(maximum(x, lo), hi);
export { to };
