/** Ops that pick, join and move elements: their results have other shapes. */
import type { Device } from '../device.js';
import type { BlockDType, DType } from '../dtype.js';
import type { Needs, SameDevice } from './sentences.js';
import type { Indices, This, Unary, With } from './signatures.js';
import type { Tensor } from './tensor.js';
import type {
  AtAxis,
  Inserted,
  Permuted,
  Reduced,
  Reshaped,
  Shape,
  SliceEntry,
  Sliced,
  Squeezed,
  Tight,
  Tiled,
  Transposed,
  Unsized,
} from './types.js';

/** What rows of T are read as. */
export type Decoded<T extends DType> = T extends BlockDType ? 'f32' : T;

/** `S` with axis A of a size that types do not compute. */
export type Resized<S extends Shape, A extends number> = AtAxis<S, A, [number]>;

export interface ShapeOps {
  /**
   * slices of x at integer indices along an axis (0): the axis becomes the shape of the indices (NumPy take). Of blocks
   * only the slices picked are decoded, to f32.
   */
  gather<
    D extends Device,
    T extends DType,
    S extends Shape,
    D2 extends Device,
    T2 extends DType,
    S2 extends Shape,
    const A extends number = 0,
  >(
    this: Tensor<D, T, S>,
    indices: Indices<'gather', D, D2, T2, S2>,
    axis?: A,
  ): Tensor<D, Decoded<T>, AtAxis<S, A, S2>>;
  /** rows of a table [V, C] at integer ids: `gather` along axis 0 */
  embedding<
    D extends Device,
    T extends DType,
    S extends Shape,
    D2 extends Device,
    T2 extends DType,
    S2 extends Shape,
  >(
    this: Tensor<D, T, S>,
    ids: Indices<'embedding', D, D2, T2, S2>,
  ): Tensor<D, Decoded<T>, AtAxis<S, 0, S2>>;
  /** elements of x at an index along an axis for each position (NumPy take_along_axis) */
  takeAlong<
    D extends Device,
    T extends DType,
    S extends Shape,
    D2 extends Device,
    T2 extends DType,
    S2 extends Shape,
  >(
    this: Tensor<D, T, S>,
    indices: Indices<'takeAlong', D, D2, T2, S2>,
    axis: number,
  ): Tensor<D, T, S2>;
  /**
   * x with slices at integer indices along an axis (0) replaced by, or added to, updates; in order of the indices.
   * updates: the shape of x, its axis replaced by the shape of the indices.
   */
  scatter<
    D extends Device,
    T extends DType,
    S extends Shape,
    D2 extends Device,
    T2 extends DType,
    D3 extends Device,
    T3 extends DType,
  >(
    this: Tensor<D, T, S>,
    indices: Indices<'scatter', D, D2, T2>,
    updates: With<'scatter', D, T, D3, T3>,
    axis?: number,
    options?: { mode?: 'set' | 'add' },
  ): Tensor<D, T, S>;
  /** the k largest (or smallest) elements along an axis (-1), sorted, and their i32 indices; ties by index */
  topk<
    D extends Device,
    T extends DType,
    S extends Shape,
    const K extends number,
    const A extends number = -1,
  >(
    this: This<'topk', 'numbers, not packed', D, T, S>,
    k: K,
    axis?: A,
    options?: { largest?: boolean },
  ): { values: Tensor<D, T, AtAxis<S, A, [K]>>; indices: Tensor<D, 'i32', AtAxis<S, A, [K]>> };

  /**
   * an id drawn from each row of logits [..., V]. seen: bool [..., V], ids under the repetition penalty. settings: f32
   * [..., 6] of temperature (0: the largest), topK (0: all), topP (1: all), minP (0: all), repetitionPenalty (1: none) and a
   * number in [0, 1), which decides.
   */
  sample<
    D extends Device,
    T extends DType,
    S extends Shape,
    D2 extends Device,
    T2 extends DType,
    D3 extends Device,
    T3 extends DType,
  >(
    this: This<'sample', 'floats, not packed', D, T, S>,
    seen: Tensor<D2, T2> & SameDevice<'sample', D, D2> & Needs<'sample', 'bool', T2>,
    settings: With<'sample', D, T, D3, T3>,
  ): Tensor<D, 'i32', Reduced<S, -1>>;

  /** this tensor and others one after another along an axis (0) */
  concat<
    D extends Device,
    T extends DType,
    S extends Shape,
    D2 extends Device,
    T2 extends DType,
    const A extends number = 0,
  >(
    this: Tensor<D, T, S>,
    others: readonly With<'concat', D, T, D2, T2>[],
    axis?: A,
  ): Tensor<D, T, Resized<S, A>>;
  /** this tensor and others of the same shape along a new axis (0) */
  stack<
    D extends Device,
    T extends DType,
    S extends Shape,
    D2 extends Device,
    T2 extends DType,
    const A extends number = 0,
  >(
    this: Tensor<D, T, S>,
    others: readonly With<'stack', D, T, D2, T2>[],
    axis?: A,
  ): Tensor<D, T, Inserted<S, A, number>>;
  /** parts of an axis (0): of the given sizes, or that many equal ones */
  split<D extends Device, T extends DType, S extends Shape, const A extends number = 0>(
    this: Tensor<D, T, S>,
    sizesOrCount: number | readonly number[],
    axis?: A,
  ): Tensor<D, T, Resized<S, A>>[];
  /** a constant (0) before and after each axis: one [before, after] per axis */
  pad<D extends Device, T extends DType, S extends Shape>(
    this: Tensor<D, T, S>,
    pairs: readonly (readonly [before: number, after: number])[],
    value?: number,
  ): Tensor<D, T, Unsized<S>>;
  /** the tensor repeated along its last axes, as in NumPy: [2, 3].tile([4, 1]) -> [8, 3] */
  tile<D extends Device, T extends DType, S extends Shape, const R extends readonly number[]>(
    this: Tensor<D, T, S>,
    repeats: R,
  ): Tensor<D, T, Tiled<S, R>>;
  /** the elements of axes (all by default) in reverse order */
  flip: Unary<'flip', 'any dtype', [axes?: number | readonly number[]]>;

  /** the same elements in row-major order under another shape; one size may be -1 */
  reshape<D extends Device, T extends DType, const R extends Shape>(
    this: Tensor<D, T>,
    shape: R,
  ): Tensor<D, T, Reshaped<R>>;
  /** ranges of axes as in NumPy: [start, end, step] each, null for a whole axis, an index to drop it */
  slice<D extends Device, T extends DType, S extends Shape, const E extends readonly SliceEntry[]>(
    this: Tensor<D, T, S>,
    entries: E,
  ): Tensor<D, T, Sliced<S, E>>;
  /** axes in another order */
  permute<D extends Device, T extends DType, S extends Shape, const P extends readonly number[]>(
    this: Tensor<D, T, S>,
    axes: P,
  ): Tensor<D, T, Permuted<S, P>>;
  /** two axes (the last two by default) swapped */
  transpose<
    D extends Device,
    T extends DType,
    S extends Shape,
    const I extends number = -2,
    const J extends number = -1,
  >(
    this: Tensor<D, T, S>,
    i?: I,
    j?: J,
  ): Tensor<D, T, Transposed<S, I, J>>;
  /** the tensor without an axis of size 1, several, or all of them */
  squeeze<
    D extends Device,
    T extends DType,
    S extends Shape,
    const A extends number | readonly number[] | undefined = undefined,
  >(
    this: Tensor<D, T, S>,
    axis?: A,
  ): Tensor<D, T, Squeezed<S, A>>;
  /** the tensor with a new axis of size 1 */
  unsqueeze<D extends Device, T extends DType, S extends Shape, const A extends number>(
    this: Tensor<D, T, S>,
    axis: A,
  ): Tensor<D, T, Inserted<S, A, 1>>;
  /** axes of size 1, and new leading ones, repeated to a shape */
  broadcastTo<D extends Device, T extends DType, const R extends Shape>(
    this: Tensor<D, T>,
    shape: R,
  ): Tensor<D, T, Tight<R>>;
  /** the same values, compact in row-major order; costs nothing where they are */
  contiguous: Unary<'contiguous', 'any dtype'>;
  /**
   * the same bytes as another dtype; the contiguous axis grows or shrinks: f32 [T, C] -> f32x4 [T, C/4]. The type of
   * the result knows its sizes if `shape` says them.
   */
  cast<
    D extends Device,
    T extends DType,
    S extends Shape,
    U extends DType,
    const R extends Shape = Unsized<S>,
  >(
    this: Tensor<D, T, S>,
    dtype: U,
    shape?: R,
  ): Tensor<D, U, Tight<R>>;
  /**
   * the values in another dtype: floats truncate toward zero into integers and saturate, integers wrap. Into a block
   * dtype ('q8_0' 'q4_0' 'q4_k' 'q6_k') f32, f16 and bf16 are quantised along the last axis, and come back exactly.
   */
  to<D extends Device, T extends DType, S extends Shape, U extends DType>(
    this: Tensor<D, T, S>,
    dtype: U,
  ): Tensor<D, U, S>;
}
