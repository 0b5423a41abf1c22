/** The call signatures of attention, rope and wkv7, and what their options mean. */
import type { Device } from '../device.js';
import type { DType } from '../dtype.js';
import type { SameDevice } from './sentences.js';
import type { AnyTensor, Indices, This } from './signatures.js';
import type { Tensor } from './tensor.js';
import type { Shape } from './types.js';

export interface AttentionOptions<D extends Device = Device> {
  /** Query p sees keys j <= p. false */
  causal?: boolean;
  /** bool (true: may attend) or the dtype of q (added to scores); broadcasts to [..., H, T, S]. */
  mask?: Tensor<D, DType> | null;
  /** Of q k^T: 1 / sqrt(D). */
  scale?: number;
  /** Query p sees keys j with |p - j| < window: with `causal`, itself and the window - 1 before it. */
  window?: number | null;
  /** Scores become softcap * tanh(scores / softcap), before the mask. */
  softcap?: number | null;
  /** i32 [...]: keys that are valid in each batch entry; queries are the last T positions of those. S everywhere */
  lengths?: Tensor<D, DType> | null;
  /**
   * i32 [n + 1], rising from 0: sequences of a ragged batch, q [H, total, D], k and v [Hkv, total, D]. Rows from offsets[i]
   * up to offsets[i + 1] attend to each other only; rows after the last sequence give zeros. Without mask and lengths.
   */
  offsets?: Tensor<D, DType> | null;
  /**
   * i32 [..., n]: keys lie in blocks, k [N, Hkv, P, D] and v [N, Hkv, P, Dv]; those of a batch entry are the n blocks that its
   * row of the table names, one after another. Without mask and offsets.
   */
  table?: Tensor<D, DType> | null;
}

/** `S` with its last axis of size N. */
type WithFeatures<S extends Shape, V extends Shape> = S extends readonly [...infer Lead extends Shape, number]
  ? V extends readonly [...Shape, infer N extends number]
    ? [...Lead, N]
    : Shape
  : Shape;

export interface Attention {
  <
    D extends Device,
    T extends DType,
    S extends Shape,
    D2 extends Device,
    T2 extends DType,
    S2 extends Shape,
    D3 extends Device,
    T3 extends DType,
    S3 extends Shape,
  >(
    this: This<'attention', 'floats, not packed', D, T, S>,
    k: Tensor<D2, T2, S2> & KeysOf<D, T, D2, T2>,
    v: Tensor<D3, T3, S3> & KeysOf<D, T, D3, T3>,
    options?: AttentionOptions<D>,
  ): Tensor<D, T, WithFeatures<S, S3>>;
}

/** Keys and values go with queries of their own dtype, halves with f32 too. */
type KeysOf<D extends Device, T extends DType, D2 extends Device, T2 extends DType> = SameDevice<
  'attention',
  D,
  D2
> &
  (DType extends T | T2
    ? unknown
    : [T2] extends [T | (T extends 'f32' ? 'f16' | 'bf16' : never)]
      ? unknown
      : `attention: q of ${T} does not go with ${T2}; convert one with .to()`);

export interface RopeOptions<D extends Device = Device> {
  /** Frequency i of n is base^(-i / n), good to 2 ULP. 10000 */
  base?: number;
  /** How many leading features turn, an even number: D. */
  dims?: number;
  /** Pairs are (x[2i], x[2i + 1]) instead of (x[i], x[i + dims / 2]). false */
  interleaved?: boolean;
  /** f32 [dims / 2] in place of the powers of base, for scaled variants (llama3, yarn, linear) or exact values. */
  frequencies?: AnyTensor | Tensor<D, 'f32'> | null;
  /** Of cos and sin: yarn's attention factor. 1 */
  factor?: number;
}

export interface Rope {
  <D extends Device, T extends DType, S extends Shape, D2 extends Device, T2 extends DType>(
    this: This<'rope', 'floats, not packed', D, T, S>,
    positions: Indices<'rope', D, D2, T2>,
    options?: RopeOptions<D>,
  ): Tensor<D, T, S>;
}

export interface Wkv7 {
  <D extends Device, S extends Shape, S2 extends Shape>(
    this: Tensor<D, 'f32', S>,
    w: Tensor<D, 'f32'>,
    k: Tensor<D, 'f32'>,
    v: Tensor<D, 'f32'>,
    a: Tensor<D, 'f32'>,
    b: Tensor<D, 'f32'>,
    state: Tensor<D, 'f32', S2>,
  ): { y: Tensor<D, 'f32', S>; state: Tensor<D, 'f32', S2> };
}
