/** f16 and bf16 as JavaScript sees them: 16 bits each in a Uint16Array. */
import { MiaError, show } from '../errors.js';

/** Bits of the mantissa, and the exponent of the smallest normal number. Both formats: 1 sign bit, the rest exponent. */
const formats = {
  f16: { mantissa: 10, minExponent: -14 }, // IEEE 754 binary16
  bf16: { mantissa: 7, minExponent: -126 }, // the upper half of a binary32
} as const;

export type HalfDType = keyof typeof formats;

function formatOf(dtype: HalfDType): (typeof formats)[HalfDType] {
  if (Object.hasOwn(formats, dtype)) return formats[dtype];
  throw new MiaError('ERR_DTYPE', 'half', {
    message: 'no such format',
    expected: 'f16 or bf16',
    actual: show(dtype),
  });
}

/** Numbers as bits, rounded to the nearest, ties to even; too large ones become infinite. */
export function toHalf(dtype: HalfDType, numbers: ArrayLike<number>): Uint16Array {
  const { mantissa, minExponent } = formatOf(dtype);
  const infinity = 0x7fff & -(1 << mantissa);
  const bits = new Uint16Array(numbers.length);
  for (let i = 0; i < bits.length; i++) {
    const x = numbers[i];
    const a = Math.abs(x);
    const exponent = a > 0 && a < Infinity ? Math.max(exponentOf(a), minExponent) : minExponent;
    // In units of the last place. A normal number has its leading bit set there, which adds 1 to the exponent field.
    const units = roundHalfEven(a / 2 ** (exponent - mantissa));
    const magnitude = Number.isNaN(x)
      ? infinity | (1 << (mantissa - 1))
      : (exponent - minExponent) * 2 ** mantissa + units;
    bits[i] =
      (x < 0 || Object.is(x, -0) ? 0x8000 : 0) | Math.min(magnitude, Number.isNaN(x) ? 0x7fff : infinity);
  }
  return bits;
}

/** The numbers that bits stand for; exact. */
export function fromHalf(dtype: HalfDType, bits: ArrayLike<number>): Float32Array {
  const { mantissa, minExponent } = formatOf(dtype);
  const infinity = 0x7fff & -(1 << mantissa);
  const numbers = new Float32Array(bits.length);
  for (let i = 0; i < numbers.length; i++) {
    const magnitude = bits[i] & 0x7fff;
    const field = magnitude >> mantissa;
    const units = field === 0 ? magnitude : (magnitude & ((1 << mantissa) - 1)) | (1 << mantissa);
    const finite = units * 2 ** (Math.max(field, 1) - 1 + minExponent - mantissa);
    const value = magnitude > infinity ? NaN : magnitude === infinity ? Infinity : finite;
    numbers[i] = bits[i] & 0x8000 ? -value : value;
  }
  return numbers;
}

/** floor(log2(a)) of a positive number; Math.log2 alone may round across a power of two. */
function exponentOf(a: number): number {
  const e = Math.floor(Math.log2(a));
  return 2 ** e > a ? e - 1 : 2 ** (e + 1) <= a ? e + 1 : e;
}

function roundHalfEven(a: number): number {
  const r = Math.round(a);
  return r - a === 0.5 && r % 2 !== 0 ? r - 1 : r;
}
