/** The WebGPU device itself: what it says, refuses and counts. What it computes is the conformance table's matter. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { compile, spec, Tensor, WebGpu } from '../../../lib/index.js';
// @ts-expect-error an example, in JavaScript
import { digitsNetwork } from '../../../examples/digits/network.mjs';
// @ts-expect-error an example, in JavaScript
import { readTensors } from '../../../examples/digits/files.mjs';

let gpu: WebGpu;
beforeAll(async () => void (gpu = await WebGpu.create()));
afterAll(() => gpu.close());

test('says what it is', () => {
  expect(gpu.kind).toBe('webgpu');
  expect(gpu.info.limits.maxStorageBufferBindingSize).toBeGreaterThan(2 ** 26);
  expect(gpu.info.description).toBeTypeOf('string');
});

test.each([
  [{ queue: 0 }, 'queue'],
  [{ powerPreference: 'both' }, 'powerPreference'],
  [{ thread: 1 }, 'thread'],
  [null, 'options'],
])('refuses options %j', async (options, word) => {
  await expect(WebGpu.create(options as never)).rejects.toMatchObject({
    code: 'ERR_DEVICE',
    message: expect.stringContaining(word),
  });
});

test('64-bit arithmetic is refused, never approximated', async () => {
  for (const array of [Float64Array.of(1, 2), BigInt64Array.of(1n, 2n)]) {
    const x = Tensor.create(gpu, [2], array);
    await expect(x.add(1).back()).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
  }
  const ids = Tensor.create(gpu, [2], BigInt64Array.of(2n ** 40n, -3n));
  expect(await ids.flip(0).back()).toEqual(BigInt64Array.of(-3n, 2n ** 40n));
});

test('what is larger than a buffer may be is refused with the limit', async () => {
  const most = gpu.info.limits.maxStorageBufferBindingSize;
  const x = Tensor.ones(gpu, [most / 4 + 1024]).realize();
  await expect(x).rejects.toMatchObject({
    code: 'ERR_UNSUPPORTED',
    message: expect.stringContaining(String(most)),
  });
  expect(await Tensor.ones(gpu, [2]).back()).toEqual(Float32Array.of(1, 1));
});

test('many inputs of one step stay within the bindings of a shader', async () => {
  const inputs = Array.from({ length: 40 }, (_, i) => Tensor.create(gpu, [3], new Float32Array(3).fill(i)));
  const sum = inputs.reduce((a, b) => a.add(b));
  expect(await sum.back()).toEqual(new Float32Array(3).fill(780));
});

test('an aborted run rejects, and the next one works', async () => {
  const program = await compile(gpu, { x: spec('f32', [null]) }, ({ x }) => ({ y: x.add(1) }));
  const x = new Float32Array(8);
  const controller = new AbortController();
  const run = program.run({ x }, { signal: controller.signal });
  controller.abort();
  await expect(run).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  const results = await Promise.all(Array.from({ length: 8 }, () => program.run({ x })));
  for (const { y } of results) expect(y).toEqual(new Float32Array(8).fill(1));
  await program.dispose();
});

test('a profile has the time of each step', async () => {
  const profile = await gpu.profile(() => Tensor.ones(gpu, [64, 64]).softmax().sum(0).back());
  expect(profile.runs).toHaveLength(1);
  expect(profile.steps.length).toBe(profile.runs[0].plan.steps.length);
  expect(profile.steps.every(({ duration }) => duration > 0)).toBe(true);
});

test('the digits have the same answers as on the CPU', async () => {
  const mia = await import('mia'); // as the example's network has it
  const { images } = await readTensors('digits.safetensors');
  const weights = await readTensors('model.safetensors');
  const x = Float32Array.from(images.data.subarray(-360 * 64)); // [360, 64]
  const answers = async (device: InstanceType<typeof mia.Cpu | typeof mia.WebGpu>): Promise<number[]> => {
    const network = digitsNetwork(device, weights);
    const program = await mia.compile(device, { x: mia.spec('f32', [null, 64]) }, (inputs) => ({
      y: network(inputs.x),
    }));
    const y = (await program.run({ x })).y as Float32Array; // [360, 10]
    await device.close();
    return Array.from({ length: 360 }, (_, i) => {
      const row = [...y.subarray(i * 10, i * 10 + 10)];
      return row.indexOf(Math.max(...row));
    });
  };
  expect(await answers(await mia.WebGpu.create())).toEqual(await answers(await mia.Cpu.create()));
});
