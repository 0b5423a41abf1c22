/** Ids that are drawn many times come as often as their probabilities say. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Cpu, Tensor } from '../../../../lib/index.js';
import { uniform } from '../../../../lib/models/generate/random.js';
import { probabilities } from '../../../conformance/reference/sample.js';

const logits = [0.3, 2.1, -1, 1.9, 0, 2.1, -4, 1.2, 0.7, 3, -Infinity, 2.6];
const seen = logits.map((_, i) => i % 4 === 1);
const rows = 20_000;

let device: Cpu;
beforeAll(async () => {
  device = await Cpu.create();
});
afterAll(() => device.close());

/** `rows` ids, each by a number of its own. */
async function draw(settings: readonly number[]): Promise<Int32Array> {
  const repeated = <A extends Float32Array | Uint8Array>(array: A, values: readonly number[]): A => {
    for (let r = 0; r < rows; r++) array.set(values, r * values.length);
    return array;
  };
  const numbers = repeated(new Float32Array(rows * 6), [...settings, 0]);
  for (let r = 0; r < rows; r++) numbers[r * 6 + 5] = uniform(99, r);
  const x = Tensor.create(
    device,
    [rows, logits.length],
    repeated(new Float32Array(rows * logits.length), logits),
  );
  const marks = repeated(new Uint8Array(rows * logits.length), seen.map(Number));
  const ids = x.sample(
    Tensor.create(device, [rows, logits.length], marks, 'bool'),
    Tensor.create(device, [rows, 6], numbers),
  );
  return await ids.back();
}

test.each([
  [1, 0, 1, 0, 1],
  [0.6, 0, 1, 0, 1],
  [2, 5, 1, 0, 1],
  [1, 0, 0.8, 0, 1],
  [1.5, 0, 1, 0.2, 1],
  [1, 0, 1, 0, 1.8],
  [1.2, 7, 0.9, 0.1, 1.3],
])('by temperature %f, topK %i, topP %f, minP %f, repetitionPenalty %f', async (...settings) => {
  const [temperature, topK, topP, minP, repetitionPenalty] = settings;
  const p = probabilities(logits, seen, { temperature, topK, topP, minP, repetitionPenalty });
  const counts = logits.map(() => 0);
  for (const id of await draw(settings)) counts[id]++;
  counts.forEach((n, i) => p[i] > 0 || expect(n, `id ${i}`).toBe(0));
  const possible = p.filter((v) => v > 0).length;
  const square = p.reduce((sum, v, i) => (v > 0 ? sum + (counts[i] - rows * v) ** 2 / (rows * v) : sum), 0);
  expect(possible).toBeGreaterThan(1);
  expect(square).toBeLessThan(32); // chi-square, up to 11 degrees of freedom: one in a thousand is above
});
