/** Times of steps by the GPU's own clock: each dispatch is then a pass of its own, whose begin and end are noted. */
import type { StepTimes } from '../plan/step-times.js';
import { usage, type GpuBuffer, type GpuEncoder, type GpuPass } from './api.js';
import type { GpuContext } from './context.js';

export interface Timing {
  /** A pass that step `step` has to itself. */
  pass(step: number): GpuPass;
  /** After the last pass: where the times are to be read from, in nanoseconds, two a step. */
  resolve(): { readonly buffer: GpuBuffer; readonly bytes: number };
  finish(bytes: Uint8Array): void;
}

/** Undefined where nobody asked, or the GPU has no clock (feature `timestamp-query`). */
export function startTiming(cx: GpuContext, encoder: GpuEncoder, times?: StepTimes): Timing | undefined {
  const count = 2 * (times?.plan.steps.length ?? 0);
  if (!times || count === 0 || !cx.features.has('timestamp-query')) return undefined;
  const querySet = cx.device.createQuerySet({ type: 'timestamp', count });
  const buffer = cx.device.createBuffer({ size: 8 * count, usage: usage.queries | usage.copySource });
  const put = times.part(0);
  return {
    pass: (step) =>
      encoder.beginComputePass({
        timestampWrites: {
          querySet,
          beginningOfPassWriteIndex: 2 * step,
          endOfPassWriteIndex: 2 * step + 1,
        },
      }),
    resolve() {
      encoder.resolveQuerySet(querySet, 0, count, buffer, 0);
      return { buffer, bytes: 8 * count };
    },
    finish(bytes) {
      const ticks = new BigUint64Array(bytes.buffer);
      const start = ticks.find((t) => t > 0n) ?? 0n; // steps without elements have no pass
      put(Array.from(ticks, (t) => (t > start ? Number(t - start) : 0)));
      querySet.destroy();
      buffer.destroy();
    },
  };
}
