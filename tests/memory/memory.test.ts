/** What a device holds is exact, and does not grow. */
import { describe, expect, test } from 'vitest';
import { compile, Cpu, spec, Tensor } from '../../lib/index.js';

const f32 = (n: number, value = 1): Float32Array => new Float32Array(n).fill(value);

describe('memory()', () => {
  test('counts live handles and the bytes that they keep', async () => {
    await using cpu = await Cpu.create();
    const a = Tensor.create(cpu, [256], f32(256));
    expect(cpu.memory()).toMatchObject({ liveTensors: 1, liveBytes: 1024 });
    const b = a.clone();
    expect(cpu.memory()).toMatchObject({ liveTensors: 2, liveBytes: 1024 });
    const c = await a.add(b).realize();
    expect(cpu.memory()).toMatchObject({ liveTensors: 1, liveBytes: 1024 });
    c.dispose();
    expect(cpu.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
    expect(cpu.memory().peakBytes).toBeGreaterThanOrEqual(2048);
  });

  test('a realized view keeps the memory that it looks into', async () => {
    await using cpu = await Cpu.create();
    const x = await Tensor.create(cpu, [16, 16], f32(256)).mul(2).realize();
    const view = await x
      .clone()
      .slice([[0, 4]])
      .realize();
    x.dispose();
    expect(cpu.memory().liveBytes).toBe(1024);
    expect(await view.back()).toEqual(f32(64, 2));
    expect(cpu.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
  });

  test('a failed run leaves nothing behind', async () => {
    await using cpu = await Cpu.create();
    const index = Tensor.create(cpu, [1], Int32Array.of(99));
    await expect(Tensor.create(cpu, [4], f32(4)).gather(index).back()).rejects.toMatchObject({
      code: 'ERR_SHAPE',
    });
    expect(cpu.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
  });

  test('a forgotten handle is collected', async () => {
    await using cpu = await Cpu.create();
    const forget = async (): Promise<void> =>
      void (await Tensor.create(cpu, [1024], f32(1024)).neg().realize());
    await forget();
    for (let i = 0; i < 50 && cpu.memory().liveTensors > 0; i++) {
      globalThis.gc!();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(cpu.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
  });

  test('closing frees everything, and tensors say so', async () => {
    const cpu = await Cpu.create();
    const x = await Tensor.create(cpu, [1024], f32(1024)).neg().realize();
    await cpu.close();
    expect(cpu.memory().liveBytes).toBe(0);
    await expect(x.back()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    x.dispose();
    expect(cpu.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
  });
});

describe('reuse', () => {
  test('memory of a consumed tensor that Mia owns is taken over', async () => {
    await using cpu = await Cpu.create();
    const x = await Tensor.create(cpu, [4096], f32(4096)).add(1).realize();
    const before = cpu.counters();
    expect(await x.mul(3).back()).toEqual(f32(4096, 6));
    const after = cpu.counters();
    expect(after.reusedBytes - before.reusedBytes).toBe(4096 * 4);
    expect(after.bytesAllocated - before.bytesAllocated).toBe(0);
  });

  test('lent memory is never written', async () => {
    await using cpu = await Cpu.create();
    const data = f32(4096, 2);
    expect(await Tensor.create(cpu, [4096], data).mul(3).back()).toEqual(f32(4096, 6));
    expect(data).toEqual(f32(4096, 2));
  });

  test('a tensor that another one still needs is not written over', async () => {
    await using cpu = await Cpu.create();
    const x = await Tensor.create(cpu, [64], f32(64)).add(1).realize();
    const later = x.clone().mul(10); // recorded, not computed
    expect(await x.mul(3).back()).toEqual(f32(64, 6));
    expect(await later.back()).toEqual(f32(64, 20));
  });

  test('memory that a realized view looks into is not handed out', async () => {
    await using cpu = await Cpu.create();
    const x = await Tensor.create(cpu, [4, 512], f32(2048)).add(1).realize();
    const view = await x
      .clone()
      .slice([[1, 3]])
      .realize();
    const array = await x.back();
    array.fill(9);
    expect(await view.back()).toEqual(f32(1024, 2));
    expect(cpu.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
  });

  test('two runs over one tensor at once, the second consuming it', async () => {
    await using cpu = await Cpu.create();
    const n = 1 << 20;
    const x = await Tensor.create(cpu, [n], f32(n)).add(1).realize();
    const first = x.clone().mul(2).exp().back();
    const second = x.mul(3).back();
    expect((await second).every((v) => v === 6)).toBe(true);
    expect((await first).every((v) => Math.abs(v - Math.exp(4)) < 1e-3)).toBe(true);
  });

  test('a value that a run in flight computes can be used at once', async () => {
    await using cpu = await Cpu.create();
    const n = 1 << 20;
    const b = Tensor.create(cpu, [n], f32(n)).add(1);
    const run = b.clone().mul(2).back();
    expect((await b.add(1).back())[n - 1]).toBe(3);
    expect((await run)[0]).toBe(4);
    expect(cpu.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
  });
});

test('10,000 runs leave the resident set flat', async () => {
  await using cpu = await Cpu.create();
  const program = await compile(cpu, { x: spec('f32', [64, 256]) }, ({ x }) => ({ y: x.mul(2).softmax() }));
  const x = f32(64 * 256);
  const runs = async (n: number): Promise<void> => {
    for (let i = 0; i < n; i++) await program.run({ x });
    globalThis.gc!();
  };
  await runs(2000);
  const before = process.memoryUsage.rss();
  await runs(10_000);
  expect(process.memoryUsage.rss() - before).toBeLessThan(32 << 20);
  await program.dispose();
  expect(cpu.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
});

test('plans of changing shapes do not pile up', async () => {
  await using cpu = await Cpu.create();
  for (let n = 1; n <= 600; n++) expect(await Tensor.create(cpu, [n], f32(n)).add(1).back()).toHaveLength(n);
  expect(cpu.counters().plansCompiled).toBe(600);
  const before = cpu.counters().planCacheHits;
  await Tensor.create(cpu, [600], f32(600)).add(1).back();
  expect(cpu.counters().planCacheHits).toBe(before + 1);
});
