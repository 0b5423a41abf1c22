/** Pillow's antialiased resampling (Image.resize), bit for bit: a pass along rows, one along columns, each rounded to bytes. */
const BITS = 22;

/** Channels side by side, row after row. */
export interface Bytes {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

interface Filter {
  /** The weight is zero from this distance on. */
  readonly support: number;
  weight(distance: number): number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x));

/** By the numbers of PIL.Image.Resampling. */
const filters: Readonly<Record<number, Filter>> = {
  1: { support: 3, weight: (x) => (Math.abs(x) < 3 ? sinc(x) * sinc(x / 3) : 0) }, // Lanczos
  2: { support: 1, weight: (x) => Math.max(1 - Math.abs(x), 0) }, // bilinear
  3: { support: 2, weight: cubic }, // bicubic
};
export const resamplings = Object.keys(filters).map(Number);

/** Keys (1981), with a = -0.5. */
function cubic(distance: number): number {
  const [a, x] = [-0.5, Math.abs(distance)];
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

/** An image of other sizes; `filter` is one of `resamplings`. */
export function resample(image: Bytes, width: number, height: number, filter: number): Bytes {
  const { data } = image;
  const channels = data.length / (image.width * image.height);
  const rows =
    width === image.width
      ? data
      : pass(data, image.height, taps(image.width, width, filters[filter]), channels);
  if (height === image.height) return { data: rows, width, height };
  return {
    data: pass(rows, 1, taps(image.height, height, filters[filter]), width * channels),
    width,
    height,
  };
}

/** For each of the new samples, the old ones from `start` on and their weights, integers of 22 bits after the point. */
interface Taps {
  readonly size: number;
  readonly all: readonly { readonly start: number; readonly weights: Int32Array }[];
}

function taps(from: number, to: number, { support, weight }: Filter): Taps {
  const scale = from / to;
  const stretch = Math.max(scale, 1); // a smaller image looks at more of the old one
  const reach = support * stretch;
  const all = Array.from({ length: to }, (_, i) => {
    const center = (i + 0.5) * scale;
    const start = Math.max(Math.trunc(center - reach + 0.5), 0);
    const end = Math.min(Math.trunc(center + reach + 0.5), from);
    const raw = Array.from({ length: end - start }, (_, j) => weight((start + j - center + 0.5) / stretch));
    const total = raw.reduce((sum, w) => sum + w, 0);
    const fixed = (w: number): number => Math.trunc((w / total) * 2 ** BITS + (w / total < 0 ? -0.5 : 0.5));
    return { start, weights: Int32Array.from(raw, fixed) };
  });
  return { size: from, all };
}

/** Samples [outer, size, inner] to [outer, taps, inner]. */
function pass(data: Uint8Array, outer: number, { size, all }: Taps, inner: number): Uint8Array {
  const result = new Uint8ClampedArray(outer * all.length * inner);
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const { start, weights } of all) {
      const first = (o * size + start) * inner;
      for (let i = 0; i < inner; i++) {
        let sum = 1 << (BITS - 1);
        for (let j = 0; j < weights.length; j++) sum += weights[j] * data[first + j * inner + i];
        result[at++] = sum >> BITS;
      }
    }
  }
  return new Uint8Array(result.buffer);
}
