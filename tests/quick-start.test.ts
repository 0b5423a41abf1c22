/** The framework's own claim, as a test: moves, one plan, nothing computed twice, memory of consumed tensors reused. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Cpu, Layout, Tensor } from '../lib/index.js';

const [T, C] = [768, 1024];

describe.each([
  ['row-major', [T, C] as [number, number], [T, C / 4]],
  ['column-major', Layout.colMajor([T, C]), [T / 4, C]],
] as const)('the quick start, %s', (_, shape, packed) => {
  let cpu: Cpu;
  beforeEach(async () => {
    cpu = await Cpu.create();
  });
  afterEach(async () => {
    expect(cpu.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
    await cpu.close();
  });

  const data = Float32Array.from({ length: T * C }, (_, i) => i % 8191);
  /** The elements of `data`, times four, in row-major order whatever the layout. */
  const expected = (): Float32Array => {
    const out = new Float32Array(T * C);
    for (let t = 0; t < T; t++) {
      for (let c = 0; c < C; c++)
        out[t * C + c] = 4 * data[shape instanceof Layout ? shape.at([t, c]) : t * C + c];
    }
    return out;
  };

  test('is exact, computes one addition again, and reuses what was consumed', async () => {
    const make = () => Tensor.create(cpu, shape as [number, number], data).cast('f32x4');
    const [a, b0, c] = [make(), make(), make()];
    expect(a.shape).toEqual(packed);

    const b = a.clone().add(b0);
    const d = a.add(b.clone()).add(c).cast('f32');
    const plan = await d.explain();
    expect(plan.steps.some((s) => s.inPlace)).toBe(true);
    expect(String(plan)).toMatch(/out\d: \d+ bytes over in\d/);
    expect(await d.back()).toEqual(expected());

    const before = cpu.counters();
    const again = b.clone().add(b).cast('f32');
    const onePlan = await again.explain();
    expect(onePlan.steps).toHaveLength(1);
    expect(onePlan.steps[0].op.split('+').filter((op) => op === 'add')).toHaveLength(1);
    expect(await again.back()).toEqual(expected());
    const after = cpu.counters();
    expect(after.steps - before.steps).toBe(1);
    expect(after.runs - before.runs).toBe(1);

    expect(() => a.add(1)).toThrow(/was already given to add/);
    expect(data[1]).toBe(1); // lent, and left alone
  });
});
