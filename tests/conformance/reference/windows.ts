/** Convolution and pooling of [N, C, H, W], by their definitions. */
import { at, build, type Ref } from './array.js';
import { isFloat, type Num } from './numbers.js';

export interface Windows {
  readonly stride?: readonly [h: number, w: number];
  /** [top, bottom], [left, right] */
  readonly padding?: readonly [readonly [number, number], readonly [number, number]];
  readonly dilation?: readonly [h: number, w: number];
}

const none = [
  [0, 0],
  [0, 0],
] as const;

/** [OH, OW], and the pixels [y, x, tap] of window (oh, ow) that lie inside the image. */
function slide(
  x: Ref,
  size: readonly number[],
  { stride = [1, 1], padding = none, dilation = [1, 1] }: Windows,
) {
  const [h, w] = x.shape.slice(2) as [number, number];
  const count = (n: number, i: 0 | 1): number =>
    Math.floor((n + padding[i][0] + padding[i][1] - dilation[i] * (size[i] - 1) - 1) / stride[i]) + 1;
  function* pixels(
    oh: number,
    ow: number,
  ): Generator<readonly [y: number, x: number, ky: number, kx: number]> {
    for (let ky = 0; ky < size[0]; ky++)
      for (let kx = 0; kx < size[1]; kx++) {
        const row = oh * stride[0] + ky * dilation[0] - padding[0][0];
        const col = ow * stride[1] + kx * dilation[1] - padding[1][0];
        if (row >= 0 && row < h && col >= 0 && col < w) yield [row, col, ky, kx];
      }
  }
  return { out: [count(h, 0), count(w, 1)], pixels };
}

export function conv2d(x: Ref, w: Ref, options: Windows & { groups?: number } = {}): Ref {
  const { groups = 1 } = options;
  const [outputs, channels, ...size] = w.shape;
  const { out, pixels } = slide(x, size, options);
  return build(x.dtype, [x.shape[0], outputs, ...out], ([n, o, oh, ow]) => {
    const first = Math.floor(o / (outputs / groups)) * channels;
    let sum: Num = isFloat(x.dtype) ? 0 : 0n;
    for (const [row, col, ky, kx] of pixels(oh, ow))
      for (let c = 0; c < channels; c++) {
        const [a, b] = [at(x, [n, first + c, row, col]) as number, at(w, [o, c, ky, kx]) as number];
        sum = (sum as number) + a * b;
      }
    return sum;
  });
}

export function maxPool2d(x: Ref, size: readonly [number, number], options: Windows = {}): Ref {
  const { out, pixels } = slide(x, size, { stride: size, ...options });
  return build(x.dtype, [...x.shape.slice(0, 2), ...out], ([n, c, oh, ow]) => {
    const seen = [...pixels(oh, ow)].map(([row, col]) => at(x, [n, c, row, col]));
    return seen.find((v) => Number.isNaN(v)) ?? seen.reduce((a, b) => (b > a ? b : a));
  });
}

export function avgPool2d(
  x: Ref,
  size: readonly [number, number],
  { countIncludePad = true, ...options }: Windows & { countIncludePad?: boolean } = {},
): Ref {
  const { out, pixels } = slide(x, size, { stride: size, ...options });
  return build(x.dtype, [...x.shape.slice(0, 2), ...out], ([n, c, oh, ow]) => {
    const seen = [...pixels(oh, ow)].map(([row, col]) => at(x, [n, c, row, col]) as number);
    return seen.reduce((a, b) => a + b, 0) / (countIncludePad ? size[0] * size[1] : seen.length);
  });
}
