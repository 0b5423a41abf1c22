/** Images against what transformers makes of them with Pillow. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Config } from '../../../lib/models/config.js';
import { readPreprocess } from '../../../lib/models/images/preprocess.js';
import { resample } from '../../../lib/models/images/resample.js';
import { expectedOf, folderOf } from './fixtures.js';

const cases = readdirSync(folderOf('.')).filter((name) => name.startsWith('image-'));
const processorOf = (fields: Record<string, unknown>) => readPreprocess(new Config('here', fields), 'ViT');

describe('preprocessing', () => {
  test.each(cases)('%s', (name) => {
    const path = join(folderOf(name), 'preprocessor_config.json');
    const preprocess = processorOf(JSON.parse(readFileSync(path, 'utf8')));
    const { image, pixel_values: expected } = expectedOf(name);
    const [height, width] = image.shape;
    const { data, shape } = preprocess([{ data: image.data as Uint8Array, width, height }]);
    const wanted = expected.data as Float32Array;
    expect(shape).toEqual(expected.shape);
    // Below half a byte's step: bytes between are the same.
    expect(data.every((v, i) => Math.abs(v - wanted[i]) <= 1e-6)).toBe(true);
  });

  const bytes = Uint8Array.from({ length: 5 * 4 * 3 }, (_, i) => (i * 37) % 256);
  const image = { data: bytes, width: 5, height: 4 };
  const asIs = { do_resize: false, do_normalize: false, do_rescale: false };

  test('gray is repeated, alpha dropped, flags leave steps out', () => {
    const preprocess = processorOf(asIs);
    const { data, shape } = preprocess([image]);
    expect(shape).toEqual([1, 3, 4, 5]);
    expect(data).toEqual(Float32Array.from(bytes, (_, i) => bytes[(i % 20) * 3 + Math.floor(i / 20)]));
    const rgba = Uint8ClampedArray.from({ length: 80 }, (_, i) =>
      i % 4 === 3 ? i : bytes[Math.floor(i / 4) * 3 + (i % 4)],
    );
    expect(preprocess([{ ...image, data: rgba }]).data).toEqual(data);
    const gray = preprocess([{ ...image, data: bytes.subarray(0, 20), channels: 1 }]).data;
    expect(gray).toEqual(Float32Array.from({ length: 60 }, (_, i) => bytes[i % 20]));
  });

  test('one batch of several images', () => {
    const preprocess = processorOf({ size: { height: 3, width: 2 } });
    const other = { data: bytes.slice().reverse(), width: 4, height: 5 };
    const { data, shape } = preprocess([image, other]);
    expect(shape).toEqual([2, 3, 3, 2]);
    expect(data.subarray(0, 18)).toEqual(preprocess([image]).data);
    expect(data.subarray(18)).toEqual(preprocess([other]).data);
  });

  test('a crop that is larger than the image is black around it', () => {
    const deit = { image_processor_type: 'DeiTImageProcessor', size: { height: 1, width: 1 }, crop_size: 3 };
    const preprocess = processorOf({ ...asIs, ...deit, do_resize: true });
    const white = { data: new Uint8Array(12).fill(255), width: 2, height: 2 };
    const plane = [0, 0, 0, 0, 255, 0, 0, 0, 0];
    expect(Array.from(preprocess([white]).data)).toEqual([...plane, ...plane, ...plane]);
  });

  test.each([1, 2, 3])('filter %i keeps what is flat, and an image of its own size', (filter) => {
    const flat = { data: new Uint8Array(7 * 9 * 3).fill(201), width: 7, height: 9 };
    for (const [width, height] of [
      [3, 4],
      [20, 9],
      [1, 1],
    ])
      expect(resample(flat, width, height, filter).data.every((v) => v === 201)).toBe(true);
    expect(resample(image, 5, 4, filter).data).toBe(bytes);
  });

  test.each([
    ['too few bytes', { ...image, width: 6 }],
    ['no bytes', { ...image, data: Float32Array.from(bytes) as never }],
    ['two channels', { ...image, data: bytes.subarray(0, 40), channels: 2 }],
    ['no area', { ...image, data: new Uint8Array(0), width: 0 }],
    ['nothing', {} as never],
  ])('%s is refused', (_, bad) => {
    const expected = expect.objectContaining({ code: 'ERR_SHAPE', op: 'preprocess' });
    expect(() => processorOf({})([bad])).toThrow(expected);
  });

  test('configurations that say nothing known are refused', () => {
    expect(() => processorOf({ image_processor_type: 'CLIPImageProcessor' })).toThrow(/ViT.*CLIP/);
    expect(() => processorOf({ resample: 0 })).toThrow(/resample/);
    expect(() => processorOf({ image_mean: [1] })).toThrow(/image_mean/);
  });
});
