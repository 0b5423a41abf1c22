import type { Device, PlanSummary } from '../device.js';

const ROUNDS = 7;

/**
 * The plan that `run` runs first, and what each of its steps takes: the median of some rounds, in nanoseconds. One goes
 * before them, so that neither planning nor packed weights are in it.
 */
export async function measure(
  device: Device,
  run: () => Promise<unknown>,
): Promise<{ plan: PlanSummary; times: number[] }> {
  await run();
  const { runs } = await device.profile(async () => {
    for (let round = 0; round < ROUNDS; round++) await run();
  });
  const [{ plan }] = runs;
  const same = runs.filter((r) => r.plan === plan);
  const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];
  return { plan, times: plan.steps.map((_, i) => median(same.map((r) => r.steps[i].duration))) };
}
