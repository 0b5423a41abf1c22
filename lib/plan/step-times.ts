/** How times of steps get from a device to whoever asked for them. */
import type { PlanSummary } from '../device.js';
import type { ProfiledRun } from './profile.js';

/**
 * The times of one run, made when it begins. A backend calls `part` where it starts work that it can measure as one, and
 * its result with what was measured; every step of the plan is in one part.
 */
export class StepTimes {
  /** performance.now() when the run began. */
  readonly #origin = performance.now();
  /** [steps, 2]: start and end, in nanoseconds since then. */
  readonly #spans: Float64Array;

  constructor(readonly plan: PlanSummary) {
    this.#spans = new Float64Array(2 * plan.steps.length);
  }

  /** A part that begins now, with step `first`. Takes the start and end of each of its steps, in nanoseconds since now. */
  part(first: number): (spans: ArrayLike<number>) => void {
    const since = this.#elapsed();
    return (spans) =>
      this.#spans.set(
        Array.from(spans, (t) => since + t),
        2 * first,
      );
  }

  /** The run is over. */
  finish(): ProfiledRun {
    const start = this.#origin * 1e6;
    const end = Math.max(this.#elapsed(), this.#spans.at(-1) ?? 0); // clocks that tick coarsely may be behind
    const steps = this.plan.steps.map(({ op, kernel }, i) => {
      const [from, to] = this.#spans.subarray(2 * i, 2 * i + 2);
      return { op, kernel, start: start + from, duration: to - from };
    });
    return { plan: this.plan, start, duration: end, steps };
  }

  #elapsed(): number {
    return (performance.now() - this.#origin) * 1e6;
  }
}

/** Is told of runs. */
export interface Recorder {
  /** One begins that does not answer at once. */
  begin?(run: Promise<unknown>): void;
  /** One has succeeded. */
  end(run: ProfiledRun): void;
}
