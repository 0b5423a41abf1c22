/** The case table's rows of block dtypes, and the very bytes that quantizing gives, which a table of numbers cannot see. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Tensor, type Device } from '../../lib/index.js';
import { randomOf, type Random } from './case.js';
import { tables } from './cases/index.js';
import { cpus } from './devices.js';
import * as ref from './reference/index.js';
import { conform } from './suite.js';

conform(tables.block);

const normal = (random: Random): number =>
  Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
type Make = (random: Random, i: number) => number;
/**
 * Weights of different characters, each 8 rows of 512, and the error that ggml's search (make_qkx2_quants,
 * make_qx_quants, without importances) leaves for them in q4_k and q6_k: its root mean square as a part of theirs.
 */
const kinds: Readonly<Record<string, { make: Make; q4_k: number; q6_k: number }>> = {
  normal: { make: normal, q4_k: 0.07292, q6_k: 0.01791 },
  uniform: { make: (random) => random() * 2 - 1, q4_k: 0.05519, q6_k: 0.01327 },
  positive: { make: (random) => random(), q4_k: 0.02932, q6_k: 0.01315 },
  'far from 0': { make: (random) => 3 + normal(random), q4_k: 0.02793, q6_k: 0.0121 },
  'heavy-tailed': { make: (random) => normal(random) ** 3, q4_k: 0.08879, q6_k: 0.02459 },
  small: { make: (random) => normal(random) * 1e-3, q4_k: 0.0731, q6_k: 0.0208 },
  large: { make: (random) => normal(random) * 1e4, q4_k: 0.07183, q6_k: 0.01748 },
  'one outlier a row': {
    make: (random, i) => (i % 512 === 77 ? 50 : normal(random)),
    q4_k: 0.10903,
    q6_k: 0.03387,
  },
};
const SHAPE = [8, 512] as const;
const numbersOf = (kind: string): Float32Array => {
  const random = randomOf(kind);
  return Float32Array.from({ length: 8 * 512 }, (_, i) => kinds[kind].make(random, i));
};

describe.each(cpus)('$name', (row) => {
  let device: Device;
  beforeAll(async () => void (device = await row.create()));
  afterAll(() => device.close());
  const bytesOf = (numbers: Float32Array, type: ref.BlockType): Promise<Uint8Array> =>
    Tensor.create(device, SHAPE, numbers).to(type).back();

  describe.each(Object.keys(kinds))('%s numbers', (kind) => {
    const numbers = numbersOf(kind);
    test.each(['q8_0', 'q4_0'] as const)('become %s to the bit', async (type) => {
      expect(Buffer.from(await bytesOf(numbers, type))).toEqual(Buffer.from(ref.encode(type, [...numbers])));
    });
    test.each(['q4_k', 'q6_k'] as const)('lose no more in %s than ggml, but for 1%%', async (type) => {
      const { data } = ref.decode(type, SHAPE, await bytesOf(numbers, type));
      const size = Math.hypot(...numbers);
      const error = Math.hypot(...numbers.map((x, i) => x - (data[i] as number)));
      expect(error / size).toBeLessThan(1.01 * kinds[kind][type]);
    });
  });

  test('q8_0 is off by half a step at most', async () => {
    const numbers = numbersOf('normal');
    const bytes = await bytesOf(numbers, 'q8_0');
    const { data } = ref.decode('q8_0', SHAPE, bytes);
    for (let i = 0; i < numbers.length; i += 32) {
      const run = numbers.subarray(i, i + 32);
      const step = Math.max(...run.map(Math.abs)) / 127;
      // The step itself is rounded to a half, which moves the largest numbers by 127 / 2^11 of it.
      run.forEach((x, k) =>
        expect(Math.abs(x - (data[i + k] as number))).toBeLessThan(step * (0.5 + 127 / 2048)),
      );
    }
  });

  /** Blocks of [value...] repeated, and what comes back. */
  const roundTrip = async (type: ref.BlockType, ...values: number[]): Promise<number[]> => {
    const numbers = Float32Array.from({ length: 8 * 512 }, (_, i) => values[i % values.length]);
    const { data } = ref.decode(type, SHAPE, await bytesOf(numbers, type));
    return (data as number[]).slice(0, values.length);
  };
  describe.each(ref.blockTypes)('%s', (type) => {
    test('keeps zeros and constants', async () => {
      expect((await roundTrip(type, 0)).map(Math.abs)).toEqual([0]);
      for (const x of [1, -1, 0.0625, -96]) {
        const [y] = await roundTrip(type, x);
        expect(Math.abs(y - x)).toBeLessThanOrEqual(Math.abs(x) / 100);
      }
    });
    test('takes NaN for 0 and stays finite', async () => {
      const [a, b] = await roundTrip(type, NaN, 1);
      expect([Math.abs(a), Math.round(b)]).toEqual([0, 1]);
      for (const x of [Infinity, -Infinity, 3.4e38, -3.4e38, 1e30]) {
        const back = await roundTrip(type, x, 0, 1, NaN, -x);
        expect(back.every(Number.isFinite)).toBe(true);
        expect(Math.sign(back[0])).toBe(Math.sign(x));
        expect(Math.abs(back[0])).toBeGreaterThan(5e5);
      }
    });
    test('takes what scales cannot say for 0', async () => {
      for (const x of [1e-45, 1e-38, 1e-20, 1e-12]) {
        const back = await roundTrip(type, x, -x, 0);
        expect(back.every((y) => Math.abs(y) <= 1e-7)).toBe(true);
      }
    });
    test('is the same on every instruction set', async () => {
      const [first] = cpus;
      const other = await first.create();
      const numbers = numbersOf('normal');
      const there = await Tensor.create(other, SHAPE, numbers).to(type).back();
      await other.close();
      expect(Buffer.from(await bytesOf(numbers, type))).toEqual(Buffer.from(there));
    });
  });
});
