/**
 * What the compiler says. A rule is `unknown` where it holds and a sentence where it does not; intersected with the type
 * of an argument (or of `this`) it lets the argument pass, or makes the sentence the end of the compiler's message.
 * A rule lets pass what it cannot decide: dtypes and shapes that are not literal are checked at run time.
 */
import type { Device } from '../device.js';
import type {
  BlockDType,
  DType,
  FloatDType,
  IntDType,
  PackedDType,
  ScalarDType,
  WeightDType,
} from '../dtype.js';
import type { Broadcasts, SameBatch, SameK, Shape, Show } from './types.js';

/** The dtypes that ops take, by the words used for them. */
export interface Kinds {
  /** Anything with arithmetic; packed dtypes work lane by lane. */
  numbers: FloatDType | IntDType | 'u8x4';
  'numbers, not packed': Exclude<FloatDType, PackedDType> | IntDType;
  'signed numbers': FloatDType | 'i8' | 'i16' | 'i32' | 'i64';
  floats: FloatDType;
  'floats, not packed': Exclude<FloatDType, PackedDType>;
  integers: IntDType;
  bool: 'bool';
  'numbers or bool, not packed': ScalarDType;
  'any dtype': DType;
  'any dtype but bool': Exclude<DType, 'bool'>;
}
export type KindName = keyof Kinds;

/** A tensor must have a dtype of kind K. */
export type Needs<Op extends string, K extends KindName, T extends DType> = [Extract<T, Kinds[K]>] extends [
  never,
]
  ? T extends PackedDType
    ? `${Op}: needs ${K}, got ${T}; cast() it to its lanes first`
    : T extends BlockDType
      ? `${Op}: needs ${Scalar<K>}, got ${T}; decode it first, with .to('f32')`
      : `${Op}: needs ${Scalar<K>}, got ${T}; convert with .to()`
  : unknown;
type Scalar<K extends string> = K extends `${infer Words}, not packed` ? Words : K;

/** Two tensors must have the same dtype and device. */
export type Same<
  Op extends string,
  D extends Device,
  T extends DType,
  D2 extends Device,
  T2 extends DType,
> = [T2, D2] extends [T, D]
  ? unknown
  : [T2] extends [T]
    ? SameDevice<Op, D, D2>
    : DType extends T2
      ? SameDevice<Op, D, D2>
      : `${Op}: dtypes differ: ${T} and ${Exclude<T2, T>}; convert one with .to()`;

/** The same, but numbers beside f32 may be stored more narrowly. */
export type SameOrNarrower<
  Op extends string,
  D extends Device,
  T extends DType,
  D2 extends Device,
  T2 extends DType,
> = [T, T2] extends ['f32', 'f32' | WeightDType] ? SameDevice<Op, D, D2> : Same<Op, D, T, D2, T2>;

export type SameDevice<Op extends string, D extends Device, D2 extends Device> = [D2] extends [D]
  ? unknown
  : Device extends D2
    ? unknown
    : `${Op}: devices differ: ${D['kind']} and ${D2['kind']}`;

/** The same, and they must broadcast. */
export type Fits<
  Op extends string,
  D extends Device,
  T extends DType,
  S extends Shape,
  D2 extends Device,
  T2 extends DType,
  S2 extends Shape,
> = [T2, D2, S2] extends [T, D, S]
  ? unknown
  : Broadcasts<S, S2> extends true
    ? Same<Op, D, T, D2, T2>
    : Same<Op, D, T, D2, T2> & `${Op}: shapes do not broadcast: ${Show<S>} and ${Show<S2>}`;

/** Two tensors must multiply as matrices. */
export type Multipliable<S extends Shape, S2 extends Shape> =
  SameK<S, S2> extends true
    ? SameBatch<S, S2> extends true
      ? unknown
      : `matmul: shapes do not broadcast: ${Show<S>} and ${Show<S2>}`
    : `matmul: K differs: lhs ${Show<S>}, rhs ${Show<S2>}`;
