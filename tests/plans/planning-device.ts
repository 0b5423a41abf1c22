import type { Device } from '../../lib/device.js';
import { graphOf, trace } from '../../lib/plan/trace.js';
import { makePlan } from '../../lib/plan/planner.js';
import { summarize } from '../../lib/plan/plan.js';
import { fakeDevice } from '../unit/fake-device.js';

/** A device that plans and runs nothing. */
export function planningDevice(): Device {
  const device = fakeDevice();
  const { core } = device;
  return Object.assign(device, {
    core: Object.assign(core, {
      explain: (root: Parameters<typeof core.explain>[0]) =>
        summarize(makePlan(graphOf(trace([root])), core.ops)),
    }),
  });
}
