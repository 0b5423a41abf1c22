/** Pixels to pixel_values, by preprocessor_config.json: what transformers' image processors do with Pillow. */
import { MiaError, show } from '../../errors.js';
import type { Config } from '../config.js';
import type { NamedArray } from '../forward.js';
import { resample, resamplings, type Bytes } from './resample.js';

/** A decoded image: bytes of pixels, row after row from the top. ImageData is one. */
export interface Pixels {
  readonly data: Uint8Array | Uint8ClampedArray;
  readonly width: number;
  readonly height: number;
  /** 1 (gray), 3 (RGB) or 4 (RGBA, whose alpha is dropped); by the length of `data` if left out. */
  readonly channels?: number;
}

/** f32 [images, 3, height, width] */
export interface PixelValues extends NamedArray {
  readonly data: Float32Array;
}
export type Preprocess = (images: readonly Pixels[]) => PixelValues;

type Size = readonly [width: number, height: number];
/** What an image of a size is resized to, and then, if at all, cut to around its middle. */
type Geometry = (size: Size) => { readonly resize: Size; readonly crop?: Size };

const processors = ['ViT', 'DeiT', 'ConvNext'] as const;

/** `config` is preprocessor_config.json; `fallback` the processor of those that do not name theirs. */
export function readPreprocess(config: Config, fallback: (typeof processors)[number]): Preprocess {
  const named = config.text('image_processor_type', config.text('feature_extractor_type', fallback));
  const kind = named.replace(/(ImageProcessor|FeatureExtractor)\w*$/, '');
  const processor = config.defaults({ processor: kind }).word('processor', processors);
  const resized = config.flag('do_resize', true);
  const geometry = processor === 'ConvNext' ? convNext(config) : plain(config, processor === 'DeiT');
  const filter = config.count('resample', processor === 'ViT' ? 2 : 3);
  if (!resamplings.includes(filter)) config.fail('bad resample', resamplings.join(', '), String(filter));
  const tables = valueTables(config);
  return (images) => {
    if (images.length === 0) throw bad('no images');
    const ready = images.map((image) => {
      const rgb = rgbOf(image);
      if (!resized) return rgb;
      const { resize, crop } = geometry([rgb.width, rgb.height]);
      const scaled = resample(rgb, ...resize, filter);
      return crop ? cut(scaled, crop) : scaled;
    });
    const [{ width, height }] = ready;
    const other = ready.find((r) => r.width !== width || r.height !== height);
    if (other)
      throw bad(
        'images of one batch differ in size',
        `${width} x ${height}`,
        `${other.width} x ${other.height}`,
      );
    const data = new Float32Array(ready.length * 3 * width * height);
    ready.forEach((r, i) => planes(r.data, tables, data.subarray(i * 3 * width * height)));
    return { data, shape: [ready.length, 3, height, width] };
  };
}

/** The shortest edge to size over crop_pct, then the middle; large sizes are resized to as they are. */
function convNext(config: Config): Geometry {
  const edge = edgesOf(config, 'size', 384).shortest;
  const percent = config.number('crop_pct', 224 / 256);
  return (size) => {
    if (edge >= 384) return { resize: [edge, edge] };
    return { resize: shortestTo(Math.trunc(edge / percent), size), crop: [edge, edge] };
  };
}

function plain(config: Config, cropped: boolean): Geometry {
  const { shortest, size: fixed } = edgesOf(config, 'size', cropped ? 256 : 224);
  const crop = config.flag('do_center_crop', cropped) ? edgesOf(config, 'crop_size', 224).size : undefined;
  return (size) => ({ resize: fixed ?? shortestTo(shortest, size), crop });
}

const shortestTo = (edge: number, [width, height]: Size): Size =>
  width <= height ? [edge, Math.trunc((edge * height) / width)] : [Math.trunc((edge * width) / height), edge];

/** { height, width }, { shortest_edge }, or one number for either. */
function edgesOf(config: Config, name: string, fallback: number): { shortest: number; size?: Size } {
  if (typeof (config.fields[name] ?? fallback) === 'number') {
    const edge = config.size(name, fallback);
    return { shortest: edge, size: [edge, edge] };
  }
  const sizes = config.part(name);
  if (sizes.has('shortest_edge')) return { shortest: sizes.size('shortest_edge') };
  const size: Size = [sizes.size('width'), sizes.size('height')];
  return { shortest: Math.min(...size), size };
}

/** What each byte of each channel becomes: rescaled, normalized, rounded to f32 as NumPy does. */
function valueTables(config: Config): readonly Float32Array[] {
  const factor = config.flag('do_rescale', true) ? config.number('rescale_factor', 1 / 255) : 1;
  const normalized = config.flag('do_normalize', true);
  const perChannel = (name: string): number[] => {
    const list = config.has(name) ? config.numbers(name) : [0.5, 0.5, 0.5];
    return list.length === 3 ? list.map(Math.fround) : config.fail(`bad ${name}`, '3 numbers', show(list));
  };
  const [mean, deviation] = [perChannel('image_mean'), perChannel('image_std')];
  return mean.map((m, channel) =>
    Float32Array.from({ length: 256 }, (_, byte) => {
      const value = Math.fround(byte * factor);
      return normalized ? Math.fround(value - m) / deviation[channel] : value;
    }),
  );
}

function rgbOf({ data, width, height, channels }: Pixels): Bytes {
  const area = width * height;
  const count = channels ?? data?.length / area;
  const whole = [width, height].every((n) => Number.isSafeInteger(n) && n > 0);
  const bytes = data instanceof Uint8Array || data instanceof Uint8ClampedArray;
  if (!bytes || !whole || ![1, 3, 4].includes(count) || data.length !== area * count) {
    const actual = `${show(data)} of ${data?.length} bytes, ${show(width)} x ${show(height)}, ${show(channels)}`;
    throw bad('bad image', '{ data: bytes, width, height } with 1, 3 or 4 bytes a pixel', actual);
  }
  const rgb = new Uint8Array(area * 3);
  for (let i = 0; i < area; i++)
    for (let c = 0; c < 3; c++) rgb[i * 3 + c] = data[i * count + (count === 1 ? 0 : c)];
  return { data: rgb, width, height };
}

/** The middle of an image; black where it is too small. */
function cut({ data, width, height }: Bytes, [w, h]: Size): Bytes {
  const result = new Uint8Array(w * h * 3);
  const [left, top] = [Math.floor((width - w) / 2), Math.floor((height - h) / 2)];
  for (let y = Math.max(-top, 0); y < Math.min(h, height - top); y++) {
    const [from, to] = [Math.max(left, 0), Math.min(left + w, width)];
    const row = (y + top) * width;
    result.set(data.subarray((row + from) * 3, (row + to) * 3), (y * w + from - left) * 3);
  }
  return { data: result, width: w, height: h };
}

/** Bytes [area, 3] to values [3, area]. */
function planes(bytes: Uint8Array, tables: readonly Float32Array[], into: Float32Array): void {
  const area = bytes.length / 3;
  tables.forEach((table, c) => {
    for (let i = 0; i < area; i++) into[c * area + i] = table[bytes[i * 3 + c]];
  });
}

function bad(message: string, expected?: string, actual?: string): MiaError {
  return new MiaError('ERR_SHAPE', 'preprocess', { message, expected, actual });
}
