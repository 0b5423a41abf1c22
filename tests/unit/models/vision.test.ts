/** Networks over images against what transformers computes. */
import { readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cpu } from '../../../lib/index.js';
import { loadModel } from '../../../lib/models/index.js';
import { expectedOf, folderOf, relativeError } from './fixtures.js';

const cases = readdirSync(folderOf('.'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && 'in.pixel_values' in expectedOf(entry.name))
  .map((entry) => entry.name);

describe('vision', () => {
  let device: Cpu;
  beforeAll(async () => {
    device = await Cpu.create();
  });
  afterAll(() => device.close());

  test('both families have cases', () => {
    expect(new Set(cases.map((name) => name.split('-')[0]))).toEqual(new Set(['resnet', 'vit']));
  });

  test.each(cases)('%s: as transformers has it, together and alone', async (name) => {
    const { 'in.pixel_values': pixels, ...outputs } = expectedOf(name);
    await using model = await loadModel(folderOf(name), { device, weights: 'f32' });
    const together = await model.forward({ pixel_values: pixels });
    expect(Object.keys(together).sort()).toEqual(Object.keys(outputs).sort());
    const [batch, ...image] = pixels.shape;
    const second = pixels.data.slice(pixels.data.length / batch);
    const alone = await model.forward({ pixel_values: { data: second, shape: [1, ...image] } });
    for (const [key, expected] of Object.entries(outputs)) {
      const { data, shape } = together[key];
      expect(shape).toEqual(expected.shape);
      expect(relativeError(data, expected.data as Float32Array)).toBeLessThan(2e-4);
      expect(relativeError(alone[key].data, data.subarray(data.length / batch))).toBeLessThan(1e-5);
    }
  });

  test.each([
    ['vit', [1, 3, 18, 24]],
    ['vit', [1, 1, 24, 24]],
    ['resnet-basic', [1, 4, 32, 32]],
  ])('%s refuses pixel_values of %j', async (name, shape) => {
    await using model = await loadModel(folderOf(name), { device });
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    const refused = { code: 'ERR_SHAPE', op: 'forward' };
    await expect(model.forward({ pixel_values: { data, shape } })).rejects.toMatchObject(refused);
  });
});
