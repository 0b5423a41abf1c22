/** Indices outside a tensor: an error that names the op, on every device; the process lives and nothing leaks. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Tensor, type Device } from '../../lib/index.js';
import type { T } from './case.js';
import { devices } from './devices.js';
import { nothing } from './ways.js';

type Pick = (x: T, indices: T) => T;
const picks: readonly [string, Pick][] = [
  ['gather', (x, i) => x.gather(i)],
  ['gather', (x, i) => x.gather(i, 1)],
  ['gather', (x, i) => x.embedding(i)],
  ['takeAlong', (x, i) => x.takeAlong(i.reshape([1, 3]).broadcastTo([5, 3]), 1)],
  ['scatter', (x, i) => x.scatter(i, Tensor.zeros(i.device, [3, 7]))],
  ['scatter', (x, i) => x.scatter(i, Tensor.zeros(i.device, [5, 3]), 1, { mode: 'add' })],
];
/** One bad index among good ones; those of 64 bits would be good if their upper half were lost. */
const bad: readonly [string, (device: Device) => T][] = [
  ['the size', (d) => Tensor.create(d, [3], Int32Array.of(0, 7, 1))],
  ['minus one', (d) => Tensor.create(d, [3], Int32Array.of(0, 1, -1))],
  ['i8 -128', (d) => Tensor.create(d, [3], Int8Array.of(0, 1, -128))],
  ['2^32 + 1', (d) => Tensor.create(d, [3], BigInt64Array.of(0n, 2n ** 32n + 1n, 1n))],
  ['2^64 - 1', (d) => Tensor.create(d, [3], BigUint64Array.of(2n ** 64n - 1n, 0n, 1n))],
  ['u32 max', (d) => Tensor.create(d, [3], Uint32Array.of(0, 2 ** 32 - 1, 1))],
];

/** Lengths of 4 keys, offsets of 4 rows, a table of 2 blocks: bad ones among good ones. */
const sequences: readonly [string, 'lengths' | 'offsets' | 'table', number[]][] = [
  ['a length beyond the keys', 'lengths', [4, 5]],
  ['a length below zero', 'lengths', [-1, 4]],
  ['an offset beyond the rows', 'offsets', [0, 3, 5]],
  ['an offset below zero', 'offsets', [-1, 2]],
  ['offsets that fall', 'offsets', [0, 3, 2]],
  ['a block that is not there', 'table', [1, 2]],
  ['a block below zero', 'table', [-1, 0]],
];

describe.each(devices)('$name', (row) => {
  let device: Device;
  beforeAll(async () => void (device = await row.create()));
  afterAll(() => device.close());

  describe.each(picks)('%s', (name, pick) => {
    test.each(bad)('%s', async (_, indices) => {
      const values = Float32Array.from({ length: 35 }, (_, i) => i);
      const x = await nothing(Tensor.create(device, [5, 7], values)).realize();
      const kept = x.clone();
      await expect(pick(x, indices(device)).back()).rejects.toMatchObject({
        name: 'MiaError',
        code: 'ERR_SHAPE',
        message: expect.stringMatching(name),
      });
      expect([...((await kept.back()) as Float32Array)]).toEqual([...values]);
      expect(device.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
    });
  });

  test.each(sequences)('%s', async (_, name, numbers) => {
    const ints = Tensor.create(
      device,
      name === 'table' ? [2, 1] : [numbers.length],
      Int32Array.from(numbers),
    );
    const x = Tensor.zeros(device, name === 'offsets' ? [1, 4, 8] : [2, 1, 4, 8]);
    const y = x.clone().attention(x.clone(), x, { [name]: ints });
    await expect(y.back()).rejects.toMatchObject({
      name: 'MiaError',
      code: 'ERR_SHAPE',
      message: expect.stringMatching('attention'),
    });
    expect(device.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
  });
});
