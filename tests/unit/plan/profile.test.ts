/** What a profile makes of its times; tests/unit/cpu/profile.test.ts measures some. */
import { describe, expect, test, vi } from 'vitest';
import type { PlanSummary } from '../../../lib/device.js';
import { Profile, type ProfiledRun } from '../../../lib/plan/profile.js';
import { StepTimes } from '../../../lib/plan/step-times.js';

/** A run at `start` us whose steps take 1, 2 and 4 us, one after the other from its first on. */
function runAt(start: number): ProfiledRun {
  const step = (op: string, kernel: string, at: number, us: number) => ({
    op,
    kernel,
    start: (start + at) * 1000,
    duration: us * 1000,
  });
  const steps = [step('exp', 'map', 1, 1), step('product', 'matmul.f32', 2, 2), step('exp', 'map', 4, 4)];
  return { plan: { steps } as unknown as PlanSummary, start: start * 1000, duration: 10_000, steps };
}

test('the table: groups by op and kernel, the longest first, with count, total, mean and share', () => {
  const lines = new Profile([runAt(0), runAt(20)]).toTable().split('\n');
  expect(lines[0].split(/ {2,}/)).toEqual(['op', 'kernel', 'count', 'total ms', 'mean us', 'share %']);
  expect(lines[1].split(/ +/)).toEqual(['exp', 'map', '4', '0.010', '2.50', '71.4']);
  expect(lines[2].split(/ +/)).toEqual(['product', 'matmul.f32', '2', '0.004', '2.00', '28.6']);
  expect(lines.slice(3)).toEqual(['6 steps: 0.014 ms, in 2 runs: 0.020 ms']);
});

test('a profile of nothing', () => {
  const nothing = new Profile([]);
  expect(nothing.steps).toEqual([]);
  expect(nothing.toTable()).toContain('0 steps: 0.000 ms, in 0 runs');
  expect(JSON.parse(nothing.toTrace())).toMatchObject({ traceEvents: [{ ph: 'M' }] });
});

describe('the trace', () => {
  interface Event {
    readonly name: string;
    readonly ph: string;
    readonly tid: number;
    readonly ts: number;
    readonly dur: number;
    readonly args: Record<string, unknown>;
  }
  const traceOf = (...starts: number[]): Event[] =>
    (JSON.parse(new Profile(starts.map(runAt)).toTrace()) as { traceEvents: Event[] }).traceEvents;

  test('a slice for each run, and one under it for each step, in microseconds', () => {
    const slices = traceOf(100).filter((e) => e.ph === 'X');
    expect(slices.map((e) => [e.name, e.ts, e.dur])).toEqual([
      ['run 0', 100, 10],
      ['exp', 101, 1],
      ['product', 102, 2],
      ['exp', 104, 4],
    ]);
    expect(slices[2].args).toEqual({ step: 1, kernel: 'matmul.f32' });
  });

  test('runs at the same time are on tracks of their own; a track is used again once it is free', () => {
    const events = traceOf(14, 0, 5, 10); // in any order
    const runs = events.filter((e) => e.ph === 'X' && e.name.startsWith('run'));
    expect(runs.map((e) => [e.ts, e.tid])).toEqual([
      [0, 1],
      [5, 2],
      [10, 1],
      [14, 3],
    ]);
    const named = events.filter((e) => e.name === 'thread_name').map((e) => [e.tid, e.args.name]);
    expect(named).toEqual([
      [1, 'runs'],
      [2, 'runs, 2 at once'],
      [3, 'runs, 3 at once'],
    ]);
  });
});

test('parts place their steps after what ran before them; a run lasts until its last step has', () => {
  const clock = vi.spyOn(performance, 'now').mockReturnValue(1);
  try {
    const step = { op: 'exp', kernel: 'map', inputs: [], output: '', inPlace: false };
    const times = new StepTimes({ steps: [step, step, step] } as unknown as PlanSummary);
    const first = times.part(0);
    clock.mockReturnValue(2);
    const second = times.part(2);
    second([100, 300]);
    first(Float64Array.of(10, 20, 20, 50));
    const { start, duration, steps } = times.finish();
    expect(start).toBe(1e6);
    expect(duration).toBe(1e6 + 300);
    expect(steps.map((s) => [s.start, s.duration])).toEqual([
      [1e6 + 10, 10],
      [1e6 + 20, 30],
      [2e6 + 100, 200],
    ]);
  } finally {
    clock.mockRestore();
  }
});
