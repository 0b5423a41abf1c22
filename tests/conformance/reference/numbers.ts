/**
 * Numbers as the reference holds them, and how dtypes round, wrap and lie in memory. Written from the definitions of the
 * formats, without looking at lib: floats are JavaScript numbers that the dtype can say, integers and bools are bigints.
 */
export type Num = number | bigint;

interface FloatFormat {
  readonly digits: number;
  readonly minExponent: number;
  readonly maxExponent: number;
}
/** IEEE 754 binary64, binary32, binary16, and bfloat16: digits of the significand with its leading bit, exponents of normal numbers. */
const floats = {
  f64: { digits: 53, minExponent: -1022, maxExponent: 1023 },
  f32: { digits: 24, minExponent: -126, maxExponent: 127 },
  f16: { digits: 11, minExponent: -14, maxExponent: 15 },
  bf16: { digits: 8, minExponent: -126, maxExponent: 127 },
} as const satisfies Record<string, FloatFormat>;

const integers = { i8: 8, i16: 16, i32: 32, i64: 64, u8: 8, u16: 16, u32: 32, u64: 64 } as const;

export type FloatType = keyof typeof floats;
export type IntType = keyof typeof integers;
export type RefType = FloatType | IntType | 'bool';

export const floatTypes = Object.keys(floats) as FloatType[];
export const intTypes = Object.keys(integers) as IntType[];
export const signedTypes = intTypes.filter((t) => t.startsWith('i'));
export const numberTypes: readonly (FloatType | IntType)[] = [...floatTypes, ...intTypes];
export const allTypes: readonly RefType[] = [...numberTypes, 'bool'];

export const isFloat = (dtype: RefType): dtype is FloatType => Object.hasOwn(floats, dtype);
const isSigned = (dtype: RefType): boolean => dtype.startsWith('i');

export function limits(dtype: IntType): [min: bigint, max: bigint] {
  const bits = BigInt(integers[dtype]);
  return isSigned(dtype) ? [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] : [0n, (1n << bits) - 1n];
}

/** The largest finite number, the smallest normal one and the smallest one above zero. */
export const extremes = (dtype: FloatType): { max: number; normal: number; tiny: number } =>
  extremesOf[dtype];
const extremesOf = Object.fromEntries(
  Object.entries(floats).map(([dtype, { digits, minExponent, maxExponent }]) => [
    dtype,
    {
      max: (2 - 2 ** (1 - digits)) * 2 ** maxExponent,
      normal: 2 ** minExponent,
      tiny: 2 ** (minExponent - digits + 1),
    },
  ]),
) as Record<FloatType, { max: number; normal: number; tiny: number }>;

const asDouble = new Float64Array(1);
const asBits = new BigUint64Array(asDouble.buffer);
/** floor(log2 |x|), from the bits of the double; below every normal number for zero and denormals. */
function exponentOf(x: number): number {
  asDouble[0] = x;
  return Number((asBits[0] >> 52n) & 0x7ffn) - 1023;
}

/** The distance between neighbours around x: one unit in the last place. */
export function ulp(dtype: FloatType, x: number): number {
  const { digits, minExponent, maxExponent } = floats[dtype];
  return 2 ** (Math.min(Math.max(exponentOf(x), minExponent), maxExponent) - digits + 1);
}

/** 1 ulp of 1 in the type that arithmetic runs in: halves compute in f32. */
export const epsilon = (dtype: FloatType): number => (dtype === 'f64' ? 2 ** -52 : 2 ** -23);
/** 1 ulp of 1 as stored. */
export const storedEpsilon = (dtype: FloatType): number => ulp(dtype, 1);

export function halfToEven(x: number): number {
  const below = Math.floor(x);
  const rest = x - below;
  const up = rest > 0.5 || (rest === 0.5 && below % 2 !== 0);
  const rounded = up ? below + 1 : below;
  return rounded === 0 && (x < 0 || Object.is(x, -0)) ? -0 : rounded;
}

/** The nearest number that the dtype can say, ties to even. */
export function roundTo(dtype: FloatType, x: number): number {
  if (dtype === 'f64' || x === 0 || !Number.isFinite(x)) return x;
  if (dtype === 'f32') return Math.fround(x);
  const unit = 2 ** (Math.max(exponentOf(x), floats[dtype].minExponent) - floats[dtype].digits + 1);
  const rounded = halfToEven(x / unit) * unit;
  return Math.abs(rounded) > extremes(dtype).max ? Math.sign(x) * Infinity : rounded;
}

export function wrapTo(dtype: IntType, x: bigint): bigint {
  return isSigned(dtype) ? BigInt.asIntN(integers[dtype], x) : BigInt.asUintN(integers[dtype], x);
}

/** A result of arithmetic as an element of the dtype: floats round, integers wrap. */
export function settle(dtype: RefType, x: Num): Num {
  if (isFloat(dtype)) return roundTo(dtype, x as number);
  return dtype === 'bool' ? x : wrapTo(dtype, x as bigint);
}

/** Conversion of a value: floats truncate into integers, saturate, and NaN gives 0; integers wrap; bool is "not zero". */
export function convert(x: Num, from: RefType, to: RefType): Num {
  if (to === 'bool') return Number(x) === 0 ? 0n : 1n;
  if (isFloat(to)) return isFloat(from) ? roundTo(to, x as number) : bigToFloat(to, x as bigint);
  if (!isFloat(from)) return wrapTo(to, x as bigint);
  const [min, max] = limits(to);
  if (Number.isNaN(x)) return 0n;
  if (!Number.isFinite(x)) return (x as number) < 0 ? min : max;
  const whole = BigInt(Math.trunc(x as number));
  return whole < min ? min : whole > max ? max : whole;
}

/** The nearest float to an integer, rounded once. */
function bigToFloat(dtype: FloatType, x: bigint): number {
  const magnitude = x < 0n ? -x : x;
  const spare = BigInt(Math.max(magnitude.toString(2).length - floats[dtype].digits, 0));
  const unit = 1n << spare;
  const below = magnitude / unit;
  const twice = (magnitude % unit) * 2n;
  const units = twice > unit || (twice === unit && below % 2n === 1n) ? below + 1n : below;
  const rounded = Number(units * unit); // few enough digits for a double
  return (x < 0n ? -1 : 1) * (rounded > extremes(dtype).max ? Infinity : rounded);
}

/** f16 and bf16 as the 16 bits that typed arrays show. */
export function toBits(dtype: 'f16' | 'bf16', x: number): number {
  const { digits, minExponent, maxExponent } = floats[dtype];
  const infinity = (maxExponent - minExponent + 2) * 2 ** (digits - 1);
  const sign = x < 0 || Object.is(x, -0) ? 0x8000 : 0;
  if (Number.isNaN(x)) return infinity + 2 ** (digits - 2);
  if (!Number.isFinite(x)) return sign + infinity;
  const exponent = Math.max(exponentOf(x), minExponent);
  const units = Math.abs(x) / 2 ** (exponent - digits + 1); // below 2^(digits-1) only for denormals
  return sign + (exponent - minExponent) * 2 ** (digits - 1) + units;
}

export function fromBits(dtype: 'f16' | 'bf16', bits: number): number {
  const { digits, minExponent, maxExponent } = floats[dtype];
  const hidden = 2 ** (digits - 1);
  const field = Math.floor((bits & 0x7fff) / hidden);
  const units = (bits & 0x7fff) % hidden;
  const sign = bits & 0x8000 ? -1 : 1;
  if (field === maxExponent - minExponent + 2) return units ? NaN : sign * Infinity;
  return (
    sign * (field === 0 ? units : units + hidden) * 2 ** (Math.max(field, 1) - 1 + minExponent - digits + 1)
  );
}
