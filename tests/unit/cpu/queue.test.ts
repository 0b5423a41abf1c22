/** Back-pressure: runs in flight are bounded. */
import { expect, test } from 'vitest';
import { compile, Cpu, spec, Tensor } from '../../../lib/index.js';

const N = 1 << 20;

test('a run too many is refused, and those before it and after it go on', async () => {
  await using cpu = await Cpu.create({ queue: 3 });
  await using program = await compile(cpu, { x: spec('f32', [N]) }, ({ x }) => ({ y: x.exp().sin().cos() }));
  const x = new Float32Array(N).fill(0.5);
  const expected = Math.cos(Math.sin(Math.exp(0.5)));
  const settled = await Promise.allSettled(Array.from({ length: 8 }, () => program.run({ x })));
  const refused = settled.flatMap((r) => (r.status === 'rejected' ? [r.reason as { code: string }] : []));
  expect(refused.length).toBe(5);
  expect(refused.every((e) => e.code === 'ERR_BUSY')).toBe(true);
  for (const r of settled) if (r.status === 'fulfilled') expect(r.value.y[N - 1]).toBeCloseTo(expected, 5);
  expect((await program.run({ x })).y[0]).toBeCloseTo(expected, 5);
});

test('a refused evaluation leaves its tensors as they were', async () => {
  await using cpu = await Cpu.create({ queue: 1 });
  const make = (): Tensor<Cpu, 'f32'> => Tensor.create(cpu, [N], new Float32Array(N).fill(0.5)).exp().sin();
  const [a, b] = [make(), make()];
  const first = a.realize();
  await expect(b.realize()).rejects.toMatchObject({ code: 'ERR_BUSY' });
  await first;
  expect((await b.back())[0]).toBeCloseTo(Math.sin(Math.exp(0.5)), 5);
  a.dispose();
  expect(cpu.memory().liveTensors).toBe(0);
});

test.each([0, -1, 1.5, NaN, '3'])('queue: %s is refused', async (queue) => {
  await expect(Cpu.create({ queue: queue as number })).rejects.toMatchObject({ code: 'ERR_DEVICE' });
});
