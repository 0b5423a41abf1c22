import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fromHalf, toHalf } from '../../../lib/tensor/half.js';
import { failure } from './helpers.js';

const every16Bits = Uint16Array.from({ length: 65536 }, (_, i) => i);

test.each(['f16', 'bf16'] as const)('%s: every pattern comes back from its number', (dtype) => {
  const numbers = fromHalf(dtype, every16Bits);
  const back = toHalf(dtype, numbers);
  const wrong = [...every16Bits].filter((bits) => {
    if (Number.isNaN(numbers[bits])) return !Number.isNaN(fromHalf(dtype, [back[bits]])[0]);
    return back[bits] !== bits;
  });
  expect(wrong).toEqual([]);
});

test('bf16 is the upper half of a float', () => {
  const words = new Float32Array(Uint32Array.from(every16Bits, (bits) => (bits << 16) >>> 0).buffer);
  expect(fromHalf('bf16', every16Bits)).toEqual(words);
});

describe('rounding', () => {
  const cases: ['f16' | 'bf16', number, number][] = [
    ['f16', 1, 0x3c00],
    ['f16', 1 + 2 ** -11, 0x3c00], // a tie, down to even
    ['f16', 1 + 3 * 2 ** -11, 0x3c02], // a tie, up to even
    ['f16', 1 + 2 ** -11 + 2 ** -40, 0x3c01],
    ['f16', 65504, 0x7bff],
    ['f16', 65519.99, 0x7bff],
    ['f16', 65520, 0x7c00],
    ['f16', -Infinity, 0xfc00],
    ['f16', 2 ** -24, 0x0001],
    ['f16', 2 ** -25, 0x0000],
    ['f16', 2 ** -25 * 1.001, 0x0001],
    ['f16', 2 ** -14, 0x0400],
    ['f16', 2 ** -14 * (1 - 2 ** -12), 0x0400], // the last subnormal rounds up into the normals
    ['f16', -0, 0x8000],
    ['f16', 1e300, 0x7c00],
    ['bf16', 1, 0x3f80],
    ['bf16', 3.4028235e38, 0x7f80],
    ['bf16', 2 ** -133, 0x0001],
    ['bf16', NaN, 0x7fc0],
  ];
  test.each(cases)('%s of %d', (dtype, number, bits) => {
    expect(toHalf(dtype, [number])[0].toString(16)).toBe(bits.toString(16));
  });

  test.each(['f16', 'bf16'] as const)('%s: no neighbour is nearer', (dtype) => {
    fc.assert(
      fc.property(fc.double({ min: -60000, max: 60000, noNaN: true }), (x) => {
        const [bits] = toHalf(dtype, [x]);
        const [below, at, above] = fromHalf(dtype, [bits - 1, bits, bits + 1]);
        const distance = Math.abs(at - x);
        expect(distance <= Math.abs(below - x) || Number.isNaN(below)).toBe(true);
        expect(distance <= Math.abs(above - x) || Number.isNaN(above)).toBe(true);
      }),
    );
  });
});

test('other formats are refused', () => {
  for (const dtype of ['f32', 'toString', undefined]) {
    expect(failure(() => toHalf(dtype as 'f16', [1]))).toMatchObject({ code: 'ERR_DTYPE' });
    expect(failure(() => fromHalf(dtype as 'f16', [1]))).toMatchObject({ code: 'ERR_DTYPE' });
  }
});
