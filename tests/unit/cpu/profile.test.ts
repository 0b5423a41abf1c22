import { afterEach, describe, expect, test, vi } from 'vitest';
import {
  apply,
  compile,
  Cpu,
  CpuBuilder,
  defineOp,
  spec,
  Tensor,
  type Profile,
  type ProfiledRun,
} from '../../../lib/index.js';
import { StepTimes } from '../../../lib/plan/step-times.js';

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const now = (): number => performance.now() * 1e6;

/** Three steps at least: a map, a product, a reduction. */
const record = (cpu: Cpu, n: number) => {
  const x = Tensor.full(cpu, [n, n], 0.5).exp();
  const product = x.clone().matmul(x);
  return product.add(1).sum(1);
};

/** Steps lie in their run, one after the other, in the order of its plan. */
function checkRun(run: ProfiledRun): void {
  expect(run.steps.map((s) => [s.op, s.kernel])).toEqual(run.plan.steps.map((s) => [s.op, s.kernel]));
  let at = run.start;
  for (const { start, duration } of run.steps) {
    expect(start).toBeGreaterThanOrEqual(at);
    expect(duration).toBeGreaterThanOrEqual(0);
    at = start + duration;
  }
  expect(at).toBeLessThanOrEqual(run.start + run.duration);
}

test.each([4, 400])('a run over %i rows: every step of its plan has its time, within the run', async (n) => {
  await using cpu = await Cpu.create();
  const before = now();
  const { runs, steps } = await cpu.profile(async () => {
    await record(cpu, n).back();
    await record(cpu, n).back();
  });
  expect(runs).toHaveLength(2);
  runs.forEach(checkRun);
  expect(runs[0].plan).toBe(runs[1].plan);
  expect(steps).toHaveLength(2 * runs[0].plan.steps.length);
  if (n === 400) expect(steps.every((s) => s.duration > 0)).toBe(true);
  expect(runs[0].start).toBeGreaterThanOrEqual(before);
  expect(runs[1].start).toBeGreaterThanOrEqual(runs[0].start + runs[0].duration);
  expect(runs[1].start + runs[1].duration).toBeLessThanOrEqual(now());
});

describe('what a profile holds', () => {
  test('only runs that begin in the callback', async () => {
    await using cpu = await Cpu.create();
    await record(cpu, 8).back();
    const early = record(cpu, 300).back(); // in flight when the profile begins
    const profile = await cpu.profile(() => record(cpu, 16).back());
    await early;
    await record(cpu, 8).back();
    expect(profile.runs).toHaveLength(1);
    expect((await cpu.profile(() => undefined)).runs).toEqual([]);
  });

  test('runs that the callback does not wait for', async () => {
    await using cpu = await Cpu.create();
    let late: Promise<unknown> | undefined;
    const { runs } = await cpu.profile(() => {
      late = record(cpu, 1000).back(); // too long to be answered at once
    });
    await late;
    expect(runs).toHaveLength(1);
    checkRun(runs[0]);
  });

  test('an error of the callback ends it, and is what it rejects with', async () => {
    await using cpu = await Cpu.create();
    const wrong = new Error('mine');
    const failing = cpu.profile(async () => {
      await record(cpu, 8).back();
      throw wrong;
    });
    await expect(failing).rejects.toBe(wrong);
    await expect(
      cpu.profile(() => {
        throw wrong;
      }),
    ).rejects.toBe(wrong);
    const timed = vi.spyOn(StepTimes.prototype, 'part');
    await record(cpu, 8).back();
    expect(timed).not.toHaveBeenCalled();
    const { runs } = await cpu.profile(() => record(cpu, 8).back());
    expect(runs).toHaveLength(1);
    expect(timed).toHaveBeenCalledOnce();
    await record(cpu, 8).back();
    expect(timed).toHaveBeenCalledOnce();
  });

  test('no runs that fail', async () => {
    await using cpu = await Cpu.create();
    const failing = cpu.profile(async () => {
      const x = Tensor.create(cpu, [4], new Float32Array(4));
      const bad = Tensor.create(cpu, [1], Int32Array.of(9), 'i32');
      await expect(x.gather(bad, 0).exp().back()).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    });
    expect((await failing).runs).toEqual([]);
  });

  test('what is no callback, and a closed device, are refused', async () => {
    const cpu = await Cpu.create();
    await expect(cpu.profile(7 as never)).rejects.toMatchObject({ code: 'ERR_DTYPE', op: 'profile' });
    await cpu.close();
    await expect(cpu.profile(() => 1)).rejects.toMatchObject({ code: 'ERR_CLOSED', op: 'profile' });
  });
});

test('runs in flight at the same time have times of their own, on tracks of their own', async () => {
  await using cpu = await Cpu.create();
  const program = await compile(cpu, { x: spec('f32', [null, 800]) }, ({ x }) => {
    const y = x.exp();
    return { y: y.clone().permute([1, 0]).contiguous().matmul(y).sum(1) };
  });
  const sizes = [200, 300, 400, 500];
  const run = (n: number) => program.run({ x: new Float32Array(n * 800) });
  await Promise.all(sizes.map(run));
  const [outer, inner] = await (async () => {
    let within: Profile | undefined;
    const all = await cpu.profile(async () => {
      await run(100);
      within = await cpu.profile(() => Promise.all(sizes.map(run)));
    });
    return [all, within!];
  })();
  expect(inner.runs).toHaveLength(4);
  expect(outer.runs).toHaveLength(5);
  for (const profile of [outer, inner]) profile.runs.forEach(checkRun);
  expect(new Set(inner.runs.map((r) => r.plan)).size).toBe(4);
  const slices = slicesOf(inner).filter((e) => e.cat === 'run');
  const overlap = (a: Slice, b: Slice): boolean => a.ts < b.ts + b.dur && b.ts < a.ts + a.dur;
  const pairs = slices.flatMap((a, i) => slices.slice(i + 1).map((b) => [a, b]));
  expect(pairs.some(([a, b]) => overlap(a, b))).toBe(true);
  for (const [a, b] of pairs) if (a.tid === b.tid) expect(overlap(a, b)).toBe(false);
  await program.dispose();
});

test('kernels in JavaScript are steps like others', async () => {
  const slow = defineOp({ name: 'slow', doc: 'x, after 5 ms', infer: ([x]) => x });
  await using cpu = await new CpuBuilder()
    .addDefaultOps()
    .addOp(slow, ([x], y) => {
      const end = performance.now() + 5;
      while (performance.now() < end);
      y.set(x as never);
    })
    .build();
  const { runs } = await cpu.profile(async () => {
    const x = Tensor.create(cpu, [64], new Float32Array(64)).exp();
    await apply(slow, [x]).sin().back();
  });
  checkRun(runs[0]);
  expect(runs[0].steps.map((s) => s.op)).toEqual(['exp', 'slow', 'sin']);
  expect(runs[0].steps[1].duration).toBeGreaterThanOrEqual(5e6);
});

test('MIA_DEBUG=4 prints a table of each run', async () => {
  vi.stubEnv('MIA_DEBUG', '4');
  const printed = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  await using cpu = await Cpu.create();
  await record(cpu, 4).back();
  const text = printed.mock.calls.map(([line]) => String(line)).join('');
  expect(text).toMatch(/\[mia\] ran\nop +kernel +count +total ms/);
  expect(text).toMatch(/\d steps: [\d.]+ ms, in 1 runs/);
});

interface Slice {
  readonly name: string;
  readonly cat?: string;
  readonly ph: string;
  readonly ts: number;
  readonly dur: number;
  readonly tid: number;
}
const slicesOf = (profile: Profile): Slice[] =>
  (JSON.parse(profile.toTrace()) as { traceEvents: Slice[] }).traceEvents.filter((e) => e.ph === 'X');
