/** Products over packed weights: which steps become them, whose images they share, and that they give the same numbers. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { compile, Cpu, spec, Tensor, toHalf, type DType } from '../../../lib/index.js';

type Any = Tensor<Cpu, DType>;
const formats = ['f32', 'f16', 'bf16', 'i8', 'q8_0', 'q4_0', 'q4_k', 'q6_k'] as const;

/** Whole numbers, of which each 32 have one of magnitude 127: no format of bytes rounds them. */
const activations = (n: number): Float32Array =>
  Float32Array.from({ length: n }, (_, i) => (i % 16 === 5 ? 127 : ((i * 37) % 255) - 127));

describe('packed weights', () => {
  let cpu: Cpu;
  beforeEach(async () => {
    cpu = await Cpu.create();
  });
  afterEach(() => cpu.close());

  /** Weights [n, k] of a format, made from numbers that f16 and bf16 hold. */
  async function weights(format: (typeof formats)[number], n: number, k: number): Promise<Any> {
    const numbers = Float32Array.from({ length: n * k }, (_, i) => ((i * 29) % 64) - 32);
    if (format === 'f32') return Tensor.create(cpu, [n, k], numbers);
    if (format === 'i8') return Tensor.create(cpu, [n, k], Int8Array.from(numbers));
    if (format === 'f16' || format === 'bf16') {
      return Tensor.create(cpu, [n, k], toHalf(format, Array.from(numbers)), format);
    }
    return await Tensor.create(cpu, [n, k], numbers).to(format).realize();
  }
  /** What the product is of: the weights as f32. */
  const wide = async (w: Any): Promise<Float32Array> =>
    (await (w.dtype === 'f32' ? w : w.to('f32')).back()) as Float32Array;

  test.each(formats)('%s: constant and new weights give the product, whatever the size', async (format) => {
    const [n, k] = [70, 512];
    const w = await weights(format, n, k);
    const reference = await wide(w.clone());
    const program = await compile(cpu, { x: spec('f32', [null, k]) }, ({ x }) => ({
      y: x.matmul(w.clone().transpose() as never).relu() as Any,
    }));
    expect((await program.explain()).steps.map((s) => s.kernel)).toEqual([`linear.${format}.f32`]);
    for (const m of [1, 5, 40, 200]) {
      const x = activations(m * k);
      const expected = (i: number, j: number): number => {
        let sum = 0;
        for (let t = 0; t < k; t++) sum += x[i * k + t] * reference[j * k + t];
        return Math.max(0, sum);
      };
      const results = [
        (await program.run({ x })).y as Float32Array,
        (await Tensor.create(cpu, [m, k], x)
          .matmul(w.clone().transpose() as never)
          .relu()
          .back()) as Float32Array,
      ];
      for (const y of results) {
        for (const [i, j] of [
          [0, 0],
          [m - 1, n - 1],
          [m >> 1, 33],
        ]) {
          expect(Math.abs(y[i * n + j] - expected(i, j))).toBeLessThan(0.5);
        }
      }
    }
    await program.dispose();
    w.dispose();
  });

  test('all sizes of a program, and other programs, share one image; it goes with the last of them', async () => {
    const w = await weights('q8_0', 64, 64);
    const source = w.clone().transpose();
    const record = ({ x }: { x: Any }): { y: Any } => ({ y: x.matmul(source.clone()) });
    const before = cpu.memory().liveBytes;
    const program = await compile(cpu, { x: spec('f32', [null, 64]) }, record as never);
    await program.run({ x: activations(64) });
    const image = cpu.memory().liveBytes - before;
    expect(image).toBeGreaterThanOrEqual(64 * 2 * 34);
    for (const m of [2, 3, 100]) await program.run({ x: activations(64 * m) });
    const other = await compile(cpu, { x: spec('f32', [4, 64]) }, record as never);
    await other.run({ x: activations(256) });
    expect(cpu.memory().liveBytes).toBe(before + image);
    await program.dispose();
    expect(cpu.memory().liveBytes).toBe(before + image);
    await other.dispose();
    expect(cpu.memory().liveBytes).toBe(before);
    w.dispose();
    source.dispose();
  });

  test('what weights were packed from can go; programs of all sizes go on, and all of it goes in the end', async () => {
    const before = cpu.memory().liveBytes;
    const w = await weights('q8_0', 64, 64);
    const record = ({ x }: { x: Any }): { y: Any } => ({ y: x.matmul(w.clone().transpose()) });
    const program = await compile(cpu, { x: spec('f32', [null, 64]) }, record as never);
    const storage = w.peek('test').storage!;
    expect(cpu.core.shed(storage)).toBe(false); // nothing is packed yet
    const expected = (await program.run({ x: activations(64) })).y;
    const full = cpu.memory().liveBytes;
    expect(cpu.core.shed(storage)).toBe(true);
    expect(full - cpu.memory().liveBytes).toBe(64 * 2 * 34);
    expect((await program.run({ x: activations(64) })).y).toEqual(expected);
    expect((await program.run({ x: activations(64 * 5) })).y.length).toBe(320);
    const other = await compile(cpu, { x: spec('f32', [2, 64]) }, record as never);
    await other.run({ x: activations(128) });
    await program.dispose();
    await other.dispose();
    w.dispose();
    expect(cpu.memory().liveBytes).toBe(before);
  });

  test('a constant that somebody reads as it is stays', async () => {
    const w = await weights('q8_0', 64, 64);
    const program = await compile(cpu, { x: spec('f32', [2, 64]), i: spec('i32', [2]) }, ({ x, i }) => ({
      y: x.matmul(w.clone().transpose() as never) as Any,
      rows: w.clone().embedding(i) as Any,
    }));
    await program.run({ x: activations(128), i: Int32Array.of(0, 1) });
    expect(cpu.core.shed(w.peek('test').storage!)).toBe(false);
    await program.dispose();
    w.dispose();
  });

  test('runs that come while the weights are packed wait for them', async () => {
    const [n, k] = [3000, 1024];
    const w = Tensor.create(cpu, [n, k], new Float32Array(n * k).fill(0.5));
    const program = await compile(cpu, { x: spec('f32', [1, k]) }, ({ x }) => ({
      y: x.matmul(w.clone().transpose()),
    }));
    const x = new Float32Array(k).fill(2);
    const results = await Promise.all([1, 2, 3].map(() => program.run({ x })));
    for (const { y } of results) expect([y[0], y[n - 1]]).toEqual([k, k]);
    await program.dispose();
    w.dispose();
    expect(cpu.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
  });

  test('a program let go while its weights are packed leaves nothing', async () => {
    const w = Tensor.ones(cpu, [2000, 1024]);
    const kept = await w.realize();
    const before = cpu.memory().liveBytes;
    const program = await compile(cpu, { x: spec('f32', [1, 1024]) }, ({ x }) => ({
      y: x.matmul(kept.clone().transpose()),
    }));
    await program.dispose();
    for (let i = 0; i < 100 && cpu.memory().liveBytes !== before; i++)
      await new Promise((r) => setTimeout(r, 5));
    expect(cpu.memory().liveBytes).toBe(before);
    kept.dispose();
  });

  test('small products of f32 that are new in every run stay as they are', async () => {
    const x = Tensor.create(cpu, [8, 64], new Float32Array(512));
    const plan = await x.matmul(Tensor.create(cpu, [64, 8], new Float32Array(512))).explain();
    expect(plan.steps.map((s) => s.kernel)).toEqual(['matmul.f32']);
  });
});
