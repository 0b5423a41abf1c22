/** Times of runs and their steps, as a device measured them: to read, as a table, as a trace. */
import type { PlanSummary } from '../device.js';
import { table } from '../table.js';

/** Times are nanoseconds, on the clock of performance.now(). */
export interface ProfiledStep {
  readonly op: string;
  readonly kernel: string;
  readonly start: number;
  readonly duration: number;
}

/** From the call to the results: with the time that it waited for its turn. */
export interface ProfiledRun {
  /** What `explain()` gives for the same plan. */
  readonly plan: PlanSummary;
  readonly start: number;
  readonly duration: number;
  /** In the order of the plan. */
  readonly steps: readonly ProfiledStep[];
}

/** What `device.profile` has seen. */
export class Profile {
  /** In the order in which they began. */
  readonly runs: readonly ProfiledRun[];

  constructor(runs: readonly ProfiledRun[]) {
    this.runs = runs.toSorted((a, b) => a.start - b.start);
  }

  /** The steps of all runs, run by run. */
  get steps(): readonly ProfiledStep[] {
    return this.runs.flatMap((r) => r.steps);
  }

  /** Text: steps by op and kernel, those that took most first. */
  toTable(): string {
    const { runs, steps } = this;
    const total = sum(steps);
    const rows = groupSteps(steps).map((g) => [
      g.op,
      g.kernel,
      String(g.count),
      (g.total / 1e6).toFixed(3),
      (g.total / g.count / 1e3).toFixed(2),
      ((100 * g.total) / (total || 1)).toFixed(1),
    ]);
    const end = `${steps.length} steps: ${(total / 1e6).toFixed(3)} ms, in ${runs.length} runs: ${(sum(runs) / 1e6).toFixed(3)} ms`;
    return `${table(['op', 'kernel', 'count', 'total ms', 'mean us', 'share %'], rows)}\n${end}`;
  }

  /**
   * JSON of Chrome's trace events, which Perfetto (ui.perfetto.dev) and chrome://tracing open: each run is a slice, its
   * steps are slices under it. Runs that were in flight at the same time are on tracks of their own.
   */
  toTrace(): string {
    const ends: number[] = []; // of the last run, by track
    const slices = this.runs.flatMap((run, i) => {
      const free = ends.findIndex((end) => end <= run.start);
      const track = free < 0 ? ends.length : free;
      ends[track] = run.start + run.duration;
      const slice = (name: string, cat: string, { start, duration }: Span, args: object): object => ({
        name,
        cat,
        ph: 'X',
        ts: start / 1e3,
        dur: duration / 1e3,
        pid: 1,
        tid: track + 1,
        args,
      });
      return [
        slice(`run ${i}`, 'run', run, { steps: run.steps.length }),
        ...run.steps.map((s, index) => slice(s.op, 'step', s, { step: index, kernel: s.kernel })),
      ];
    });
    const label = (name: string, tid: number, text: string): object => ({
      name,
      ph: 'M',
      pid: 1,
      tid,
      args: { name: text },
    });
    const tracks = ends.map((_, t) =>
      label('thread_name', t + 1, t === 0 ? 'runs' : `runs, ${t + 1} at once`),
    );
    const traceEvents = [label('process_name', 0, 'mia'), ...tracks, ...slices];
    return JSON.stringify({ displayTimeUnit: 'ns', traceEvents });
  }
}

export interface StepGroup {
  readonly op: string;
  readonly kernel: string;
  count: number;
  /** Nanoseconds. */
  total: number;
}

/** Steps by op and kernel, those that took most first. */
export function groupSteps(steps: readonly Omit<ProfiledStep, 'start'>[]): StepGroup[] {
  const groups = new Map<string, StepGroup>();
  for (const { op, kernel, duration } of steps) {
    const key = `${op} ${kernel}`;
    const group = groups.get(key) ?? { op, kernel, count: 0, total: 0 };
    groups.set(key, group);
    group.count++;
    group.total += duration;
  }
  return [...groups.values()].toSorted((a, b) => b.total - a.total);
}

type Span = Pick<ProfiledStep, 'start' | 'duration'>;

const sum = (spans: readonly Span[]): number => spans.reduce((all, s) => all + s.duration, 0);
