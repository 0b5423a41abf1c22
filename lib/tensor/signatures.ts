/**
 * The call signatures of ops, one per category. Each takes `this` and its operands apart into device, dtype and shape,
 * so that a Tensor's own type is only those three, and mixing what cannot be mixed ends in a sentence (sentences.ts).
 */
import type { Device } from '../device.js';
import type { DType } from '../dtype.js';
import type {
  Fits,
  KindName,
  Kinds,
  Multipliable,
  Needs,
  Same,
  SameDevice,
  SameOrNarrower,
} from './sentences.js';
import type { Tensor } from './tensor.js';
import type { Broadcast, Matmul, Reduced, Shape } from './types.js';

/** Any tensor at all. */
export type AnyTensor = Tensor<Device, DType>;

/** `this`, of a dtype of kind K. The first member lets generic code through, the second carries the sentence. */
export type This<Op extends string, K extends KindName, D extends Device, T extends DType, S extends Shape> =
  Tensor<D, Kinds[K], S> | (Tensor<D, T, S> & Needs<Op, K, T>);

/** An operand of the dtype and device of `this`, of any shape. */
export type With<
  Op extends string,
  D extends Device,
  T extends DType,
  D2 extends Device,
  T2 extends DType,
  S2 extends Shape = Shape,
> = Tensor<D2, T2, S2> & Same<Op, D, T, D2, T2>;

/** The same, of a shape that broadcasts with that of `this`. */
export type Peer<
  Op extends string,
  D extends Device,
  T extends DType,
  S extends Shape,
  D2 extends Device,
  T2 extends DType,
  S2 extends Shape,
> = Tensor<D2, T2, S2> & Fits<Op, D, T, S, D2, T2, S2>;

/** The same, or a number. */
export type Operand<
  Op extends string,
  D extends Device,
  T extends DType,
  S extends Shape,
  D2 extends Device,
  T2 extends DType,
  S2 extends Shape,
> = number | Peer<Op, D, T, S, D2, T2, S2>;

/** Integer indices on the device of `this`. */
export type Indices<
  Op extends string,
  D extends Device,
  D2 extends Device,
  T2 extends DType,
  S2 extends Shape = Shape,
> = Tensor<D2, T2, S2> & SameDevice<Op, D, D2> & Needs<Op, 'integers', T2>;

/** Same shape, same dtype. `Args` are its other arguments. */
export interface Unary<Op extends string, K extends KindName, Args extends readonly unknown[] = []> {
  <D extends Device, T extends DType, S extends Shape>(
    this: This<Op, K, D, T, S>,
    ...args: Args
  ): Tensor<D, T, S>;
}

/** A tensor and another, or a number. */
export interface Binary<Op extends string, K extends KindName = 'numbers'> {
  <
    D extends Device,
    T extends DType,
    S extends Shape,
    D2 extends Device = D,
    T2 extends DType = T,
    S2 extends Shape = S,
  >(
    this: This<Op, K, D, T, S>,
    other: Operand<Op, D, T, S, D2, T2, S2>,
  ): Tensor<D, T, Broadcast<S, S2>>;
}

/** A comparison: bool out. */
export interface Compare<Op extends string> {
  <
    D extends Device,
    T extends DType,
    S extends Shape,
    D2 extends Device = D,
    T2 extends DType = T,
    S2 extends Shape = S,
  >(
    this: This<Op, 'numbers or bool, not packed', D, T, S>,
    other: Operand<Op, D, T, S, D2, T2, S2>,
  ): Tensor<D, 'bool', Broadcast<S, S2>>;
}

export interface KeepDims<Keep extends boolean> {
  /** Leaves a size of 1 where an axis was reduced. */
  keepDims?: Keep;
}

/** A fold over an axis, several, or all. */
export interface Reduce<Op extends string, K extends KindName = 'numbers, not packed'> {
  <
    D extends Device,
    T extends DType,
    S extends Shape,
    const A extends number | readonly number[] | undefined = undefined,
    const Keep extends boolean = false,
  >(
    this: This<Op, K, D, T, S>,
    axis?: A,
    options?: KeepDims<Keep>,
  ): Tensor<D, T, Reduced<S, A, Keep>>;
}

/** A fold with axes, elementwise with a tensor; in this order, since the compiler's message is about the last. */
export type ReduceOrBinary<Fold extends string, Op extends string> = Reduce<Fold> & Elementwise<Op>;
interface Elementwise<Op extends string> {
  <D extends Device, T extends DType, S extends Shape, D2 extends Device, T2 extends DType, S2 extends Shape>(
    this: This<Op, 'numbers', D, T, S>,
    other: Peer<Op, D, T, S, D2, T2, S2>,
  ): Tensor<D, T, Broadcast<S, S2>>;
}

/** Indices along an axis, or into the flattened tensor. */
export interface ArgReduce<Op extends string> {
  <
    D extends Device,
    T extends DType,
    S extends Shape,
    const A extends number | undefined = undefined,
    const Keep extends boolean = false,
  >(
    this: This<Op, 'numbers, not packed', D, T, S>,
    axis?: A,
    options?: KeepDims<Keep>,
  ): Tensor<D, 'i32', Reduced<S, A, Keep>>;
}

/** A normalisation, with weights w and b of the same dtype: `Before` come before them, eps after. */
export interface Normalize<Op extends string, Before extends readonly unknown[] = []> {
  <
    D extends Device,
    T extends DType,
    S extends Shape,
    D2 extends Device = D,
    T2 extends DType = T,
    D3 extends Device = D,
    T3 extends DType = T,
  >(
    this: This<Op, 'floats, not packed', D, T, S>,
    ...args: [...Before, w?: With<Op, D, T, D2, T2> | null, b?: With<Op, D, T, D3, T3> | null, eps?: number]
  ): Tensor<D, T, S>;
}

/** A choice between two: by a condition that is given, or by one that is `this`. */
export interface Where {
  <
    D extends Device,
    T extends DType,
    S extends Shape,
    DC extends Device,
    TC extends DType,
    SC extends Shape,
    DB extends Device = D,
    TB extends DType = T,
    SB extends Shape = [],
  >(
    this: This<'where', 'any dtype but bool', D, T, S>,
    condition: Tensor<DC, TC, SC> & SameDevice<'where', D, DC> & Needs<'where', 'bool', TC>,
    other: Operand<'where', D, T, S, DB, TB, SB>,
  ): Tensor<D, T, Broadcast<SC, Broadcast<S, SB>>>;
  <
    D extends Device,
    T extends DType,
    S extends Shape,
    DA extends Device = D,
    TA extends DType = never,
    SA extends Shape = [],
    DB extends Device = D,
    TB extends DType = never,
    SB extends Shape = [],
  >(
    this: This<'where', 'bool', D, T, S>,
    a: Branch<D, TA, S, DA, TA, SA>,
    b: Branch<D, TA, S, DB, TB, SB>,
  ): Tensor<D, [TA | TB] extends [never] ? 'f32' : TA | TB, Broadcast<S, Broadcast<SA, SB>>>;
}
/** A branch that must agree with another of dtype T, which is `never` where that one is a number. */
type Branch<
  D extends Device,
  T extends DType,
  S extends Shape,
  D2 extends Device,
  T2 extends DType,
  S2 extends Shape,
> = Operand<'where', D, [T] extends [never] ? T2 : T, S, D2, T2, S2>;

/** A matrix product. Beside an f32 `this`, the other may be stored as f16, bf16, i8 or blocks along K. */
export interface MatrixProduct {
  <D extends Device, T extends DType, S extends Shape, D2 extends Device, T2 extends DType, S2 extends Shape>(
    this: This<'matmul', 'numbers, not packed', D, T, S>,
    other: Tensor<D2, T2, S2> & SameOrNarrower<'matmul', D, T, D2, T2> & Multipliable<S, S2>,
  ): Tensor<D, T, Matmul<S, S2>>;
}
