/** Runs the case table: every case in every way on every device, fused and not, against the reference. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Device } from '../../lib/index.js';
import type { Case } from './case.js';
import { devices } from './devices.js';
import { failuresOf, prepare, type Prepared } from './run.js';
import { ways } from './ways.js';

/** How many failures of one test are spelled out. */
const SHOWN = 25;

/** The tests of a table. Each test is one way on one device; it names every case that fails. */
export function conform(table: readonly Case[]): void {
  const names = new Set(table.map((c) => c.name));
  if (names.size !== table.length)
    throw new Error(
      `two cases share a name: ${table.find((c, i) => table.findIndex((d) => d.name === c.name) !== i)!.name}`,
    );
  beforeAll(() => {
    process.env.MIA_VERIFY = '1';
  });

  describe.each(devices)('$name', (row) => {
    let prepared: readonly Prepared[] = [];
    beforeAll(() => void (prepared = table.map((c) => prepare(c, row.flushes))));
    describe.each([
      ['fused', '1'],
      ['MIA_FUSE=0', '0'],
    ] as const)('%s', (_, fuse) => {
      let device: Device;
      beforeAll(async () => {
        process.env.MIA_FUSE = fuse; // read when planning: plans belong to a device, so each gets its own
        device = await row.create();
      });
      afterAll(() => device.close());

      test.each(ways)('$name', async (way) => {
        const failures = await failuresOf(device, prepared, way, row);
        expect(failures.slice(0, SHOWN), `${failures.length} of ${prepared.length} cases fail`).toEqual([]);
      });
    });
  });
}
