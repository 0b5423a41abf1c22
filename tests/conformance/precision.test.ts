/**
 * What narrow weights cost: the relative root mean square error of each format, of normal data, and of a product of
 * [256, 1024] by [1024, 512] against float64. The bounds are docs/numerics.md's; MIA_DEBUG=1 prints what is measured.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cpu, Tensor, type DType } from '../../lib/index.js';
import { debug } from '../../lib/env.js';
import { randomOf, type T } from './case.js';

const [M, K, N] = [256, 1024, 512];
const { isas } = await Cpu.create().then(async (cpu) => (await cpu.close(), cpu.info));

/** Box and Muller 1958. */
function normal(seed: string, n: number): Float32Array {
  const random = randomOf(seed);
  return Float32Array.from(
    { length: n },
    () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()),
  );
}

/** a [M, K] x the transpose of w [N, K], in float64. */
function product(a: Float32Array, w: Float32Array): Float64Array {
  const c = new Float64Array(M * N);
  for (let i = 0; i < M; i++) {
    for (let j = 0; j < N; j++) {
      let sum = 0;
      for (let k = 0; k < K; k++) sum += a[i * K + k] * w[j * K + k];
      c[i * N + j] = sum;
    }
  }
  return c;
}

function relativeError(got: ArrayLike<number>, exact: ArrayLike<number>): number {
  let error = 0;
  let size = 0;
  for (let i = 0; i < exact.length; i++) {
    error += (got[i] - exact[i]) ** 2;
    size += exact[i] ** 2;
  }
  return Math.sqrt(error / size);
}

/** Bounds in percent: of the format, of the product against what is stored, of the product against the numbers before. */
const formats: readonly (readonly [DType, number, number, number])[] = [
  ['f32', 0, 4.5e-5, 4.5e-5],
  ['f16', 0.021, 4.5e-5, 0.021],
  ['bf16', 0.17, 0.17, 0.24],
  ['i8', 0.8, 0.8, 1.13],
  ['q8_0', 0.54, 0.54, 0.77],
  ['q6_k', 1.8, 0.54, 1.9],
  ['q4_k', 7.2, 0.54, 7.3],
  ['q4_0', 8.7, 0.54, 8.7],
];
const a = normal('a', M * K);
const w = normal('w', N * K);
const exact = product(a, w);

describe.each(isas)('cpu %s', (isa) => {
  let device: Cpu;
  beforeAll(async () => void (device = await Cpu.create({ isa })));
  afterAll(() => device.close());

  test.each(formats)('%s', async (dtype, ofFormat, ofProduct, ofBoth) => {
    // i8 says nothing of scales: one a row of w, as large as its largest number needs.
    const scales = Float32Array.from({ length: N }, (_, j) =>
      dtype === 'i8'
        ? w.subarray(j * K, (j + 1) * K).reduce((most, v) => Math.max(most, Math.abs(v)), 0) / 127
        : 1,
    );
    const scale = Tensor.create(device, [N], scales);
    const scaled = Tensor.create(device, [N, K], w).div(scale.clone().reshape([N, 1]));
    const weights: T = (dtype === 'i8' ? scaled.round() : scaled).to(dtype);
    const stored = (await weights
      .clone()
      .to('f32')
      .mul(scale.clone().reshape([N, 1]))
      .back()) as Float32Array;
    const y = Tensor.create(device, [M, K], a).matmul(weights.transpose()).mul(scale);
    const got = (await y.back()) as Float32Array;
    const measured = [
      relativeError(stored, w),
      relativeError(got, product(a, stored)),
      relativeError(got, exact),
    ];
    const percent = measured.map((part) => 100 * part);
    debug(1, () => `${isa} ${dtype}: ${percent.map((p) => p.toPrecision(3)).join(' %, ')} %`);
    for (const [i, bound] of [ofFormat, ofProduct, ofBoth].entries())
      expect(percent[i]).toBeLessThanOrEqual(bound);
  });
});
