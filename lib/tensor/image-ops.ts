/** Ops over images [N, C, H, W]: windows that slide, as in PyTorch. */
import type { Device } from '../device.js';
import type { DType } from '../dtype.js';
import type { KindName } from './sentences.js';
import type { This, With } from './signatures.js';
import type { Tensor } from './tensor.js';
import type { Shape, Windowed } from './types.js';

/** One for both axes, or [h, w]. */
export type Pair = number | readonly [h: number, w: number];

/** Zeros around an image: as many on each side, [h, w], each side for itself, or by name; 'same' needs stride 1. */
export type Padding =
  | Pair
  | readonly [
      vertical: readonly [top: number, bottom: number],
      horizontal: readonly [left: number, right: number],
    ]
  | 'same'
  | 'valid';

export interface PoolOptions {
  /** The size by default. */
  stride?: Pair;
  /** 0 by default, at most half the size. */
  padding?: Padding;
}

/** A fold of windows of a size. */
export interface Pool<Op extends string, K extends KindName, Options> {
  <D extends Device, T extends DType, S extends Shape>(
    this: This<Op, K, D, T, S>,
    size: Pair,
    options?: Options,
  ): Tensor<D, T, Windowed<S>>;
}

export interface ImageOps {
  /**
   * cross-correlation of x [N, C, H, W] with filters w [O, C / groups, kh, kw], and bias [O]. The result is
   * [N, O, OH, OW] with OH = floor((H + padding - dilation * (kh - 1) - 1) / stride) + 1; halves accumulate in f32
   */
  conv2d<
    D extends Device,
    T extends DType,
    S extends Shape,
    D2 extends Device,
    T2 extends DType,
    S2 extends Shape,
    D3 extends Device = D,
    T3 extends DType = T,
  >(
    this: This<'conv2d', 'numbers, not packed', D, T, S>,
    w: With<'conv2d', D, T, D2, T2, S2>,
    options?: {
      bias?: With<'conv2d', D, T, D3, T3> | null;
      /** 1 by default. */
      stride?: Pair;
      /** 0 by default. */
      padding?: Padding;
      /** 1 by default: how far apart the taps of a filter are. */
      dilation?: Pair;
      /** 1 by default: channels and filters in so many groups, each apart from the others. */
      groups?: number;
    },
  ): Tensor<D, T, Windowed<S, S2>>;
  /** the largest element of each window of [N, C, H, W]; NaN if any is, and padding never */
  maxPool2d: Pool<'maxPool2d', 'numbers, not packed', PoolOptions & { dilation?: Pair }>;
  /** the mean of each window of [N, C, H, W]; padding counts as zeros, or with `countIncludePad: false` not at all */
  avgPool2d: Pool<'avgPool2d', 'floats, not packed', PoolOptions & { countIncludePad?: boolean }>;
}
