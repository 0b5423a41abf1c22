/** The types of what `Tensor.create` takes. */
import type { ArrayOf, DType } from '../dtype.js';

/** A typed array, or numbers to copy. */
export type Data = ArrayBufferView | readonly number[] | readonly bigint[];

/** Typed arrays by the name that they carry, which also knows classes that TypeScript's lib may not have. */
interface DTypes {
  Float32Array: 'f32';
  Float64Array: 'f64';
  Float16Array: 'f16';
  Int8Array: 'i8';
  Uint8Array: 'u8';
  Uint8ClampedArray: 'u8';
  Int16Array: 'i16';
  Uint16Array: 'u16';
  Int32Array: 'i32';
  Uint32Array: 'u32';
  BigInt64Array: 'i64';
  BigUint64Array: 'u64';
}
type NameOf<A> = A extends { readonly [Symbol.toStringTag]: infer N } ? N : never;

/** The dtype that data has when nobody says otherwise. */
export type DTypeOf<A> = A extends readonly number[]
  ? 'f32'
  : A extends readonly bigint[]
    ? 'i64'
    : NameOf<A> extends keyof DTypes
      ? DTypes[NameOf<A>]
      : DType;

/** Names of the arrays in which elements of a dtype lie. */
type Homes<T extends DType> =
  NameOf<ArrayOf<T>> | { [N in keyof DTypes]: T extends DTypes[N] ? N : never }[keyof DTypes];

/** Data must be able to hold a dtype. */
export type Holds<A, T extends DType> = A extends readonly (number | bigint)[]
  ? unknown
  : [NameOf<A>] extends [never]
    ? unknown // some typed array
    : [Extract<NameOf<A>, Homes<T>>] extends [never]
      ? `create: ${T} lies in a ${NameOf<ArrayOf<T>>}`
      : unknown;
