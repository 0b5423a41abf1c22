/** The net under forgotten handles: what the collector finds is given back, and under MIA_DEBUG reported. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Device } from '../../../lib/device.js';
import { Tensor } from '../../../lib/tensor/tensor.js';
import { fakeDevice } from '../fake-device.js';
import { failure, zeros } from './helpers.js';

const collect = globalThis.gc!;

/** Waits until the collector has found everything; finalizers run between tasks. */
async function until(done: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !done(); i++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** In a function of its own, so that no variable of the test keeps a handle. */
function forget(device: Device, count: number): void {
  for (let i = 0; i < count; i++) Tensor.create(device, [4], new Float32Array(4)).exp();
}

afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('forgotten handles', () => {
  test.each([1, 3, 1000])('%i are freed', async (count) => {
    const device = fakeDevice();
    const kept = Tensor.create(device, [4], new Float32Array(4));
    forget(device, count);
    expect(device.memory()).toMatchObject({ liveTensors: count + 1, liveBytes: (count + 1) * 16 });
    await until(() => device.memory().liveTensors === 1);
    expect(device.memory()).toMatchObject({ liveTensors: 1, liveBytes: 16 });
    kept.dispose();
  });

  test('silently unless MIA_DEBUG is set', async () => {
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const device = fakeDevice();
    forget(device, 1);
    await until(() => device.memory().liveTensors === 0);
    expect(write).not.toHaveBeenCalled();
  });

  test('are reported with where they were made', async () => {
    vi.stubEnv('MIA_DEBUG', '1');
    const lines: string[] = [];
    vi.spyOn(process.stderr, 'write').mockImplementation((text) => lines.push(String(text)) > 0);
    const device = fakeDevice();
    await Promise.resolve();
    forget(device, 1);
    await until(() => lines.length > 0);
    expect(lines).toEqual([
      expect.stringMatching(
        /^\[mia\] forgotten: tensor #\d+ exp f32 \[4\] was collected, not disposed; made at .*net\.test\.ts:\d+/,
      ),
    ]);
  });

  test('that were consumed or disposed are not reported', async () => {
    vi.stubEnv('MIA_DEBUG', '1');
    const write = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
    const device = fakeDevice();
    await Promise.resolve();
    for (let i = 0; i < 300; i++) zeros(device, [2]).exp().dispose();
    const marker = fakeDevice();
    forget(marker, 1); // once this one is found, those before it were
    write.mockClear();
    await until(() => marker.memory().liveTensors === 0);
    expect(write.mock.calls.filter(([text]) => !String(text).includes(' exp f32 [4]'))).toEqual([]);
    expect(device.memory().liveTensors).toBe(0);
  });
});

test('under MIA_DEBUG a moved tensor says where it was consumed', async () => {
  vi.stubEnv('MIA_DEBUG', '1');
  await Promise.resolve();
  const a = zeros(fakeDevice(), [2]);
  a.exp().dispose();
  expect(failure(() => a.exp()).message).toMatch(
    /was already given to exp at .*net\.test\.ts:\d+:\d+\)?; clone\(\)/,
  );
});
