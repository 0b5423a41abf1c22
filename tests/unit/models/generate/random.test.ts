import { expect, test } from 'vitest';
import { philox, uniform } from '../../../../lib/models/generate/random.js';

/** Known answers of Random123, the authors' library. */
test.each([
  [[0, 0], 0, [0xff1dae59, 0x6cd10df2]],
  [[0xffffffff, 0xffffffff], 0xffffffff, [0x2c3f628b, 0xab4fd7ad]],
  [[0x243f6a88, 0x85a308d3], 0x13198a2e, [0xdd7ce038, 0xf62a4c12]],
] as const)('philox of %j by %i', (counter, key, expected) => {
  expect(philox(counter, key)).toEqual(expected);
});

test('numbers depend on seed and step, and on all bits of both', () => {
  const pairs = [0, 1, 2 ** 31, 2 ** 32, 2 ** 32 + 1, 2 ** 53 - 1].flatMap((seed) =>
    [0, 1, 2, 1000].map((step) => uniform(seed, step)),
  );
  expect(new Set(pairs).size).toBe(pairs.length);
  expect(uniform(7, 3)).toBe(uniform(7, 3));
});

test('numbers are uniform, and exact in f32', () => {
  const count = 64_000;
  const bins = new Array<number>(64).fill(0);
  for (let step = 0; step < count; step++) {
    const u = uniform(42, step);
    expect(u >= 0 && u < 1 && Math.fround(u) === u).toBe(true);
    bins[Math.floor(u * 64)]++;
  }
  const square = bins.reduce((sum, n) => sum + (n - 1000) ** 2 / 1000, 0);
  expect(square).toBeLessThan(104); // chi-square, 63 degrees of freedom: one in a thousand is above
});
