/** Plain n-dimensional arrays in row-major order, and the loops over them. */
import {
  convert,
  fromBits,
  isFloat,
  settle,
  toBits,
  type IntType,
  type Num,
  type RefType,
} from './numbers.js';
import type { TypedArray } from '../../../lib/index.js';

export interface Ref {
  readonly dtype: RefType;
  readonly shape: readonly number[];
  readonly data: readonly Num[];
}
export type Index = readonly number[];

export const sizeOf = (shape: readonly number[]): number => shape.reduce((n, m) => n * m, 1);
/** An axis counted from the front. */
export const front = (axis: number, shape: readonly number[]): number =>
  axis < 0 ? axis + shape.length : axis;

/** Every index of a shape, the last axis fastest. */
export function* indicesOf(shape: readonly number[]): Generator<number[]> {
  const size = sizeOf(shape);
  const index = shape.map(() => 0);
  for (let n = 0; n < size; n++) {
    yield [...index];
    for (let d = shape.length - 1; d >= 0 && ++index[d] === shape[d]; d--) index[d] = 0;
  }
}

/** Where an index lies in the data. */
export function place(shape: readonly number[], index: Index): number {
  return index.reduce((at, i, d) => at * shape[d] + i, 0);
}
export const at = (x: Ref, index: Index): Num => x.data[place(x.shape, index)];

/** An array whose element at each index `f` says; results round or wrap into the dtype. */
export function build(dtype: RefType, shape: readonly number[], f: (index: number[]) => Num): Ref {
  const data: Num[] = [];
  for (const index of indicesOf(shape)) data.push(settle(dtype, f(index)));
  return { dtype, shape, data };
}

/** The same elements elsewhere: element `index` of the result is element `from(index)` of x. */
export function view(x: Ref, shape: readonly number[], from: (index: number[]) => Index): Ref {
  const data: Num[] = [];
  for (const index of indicesOf(shape)) data.push(at(x, from(index)));
  return { dtype: x.dtype, shape, data };
}

/** NumPy's broadcasting, by its definition: shapes filled up with ones in front, ones stretched. */
export function commonShape(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, d) => {
    const sizes = shapes.map((s) => s[d - rank + s.length] ?? 1);
    return sizes.find((n) => n !== 1) ?? 1;
  });
}

export function broadcastTo(x: Ref, shape: readonly number[]): Ref {
  if (x.shape.join() === shape.join()) return x;
  const lead = shape.length - x.shape.length;
  return view(x, shape, (index) => x.shape.map((n, d) => (n === 1 ? 0 : index[d + lead])));
}

/** Elementwise over broadcast inputs. */
export function zip(dtype: RefType, inputs: readonly Ref[], f: (...values: never[]) => Num): Ref {
  const shape = commonShape(inputs.map((x) => x.shape));
  const stretched = inputs.map((x) => broadcastTo(x, shape).data);
  const values = f as (...values: Num[]) => Num;
  return {
    dtype,
    shape,
    data: Array.from({ length: sizeOf(shape) }, (_, i) =>
      settle(dtype, values(...stretched.map((d) => d[i]))),
    ),
  };
}

/** A number as an array of shape []. */
export const scalar = (value: number, dtype: RefType): Ref => ({
  dtype,
  shape: [],
  data: [isFloat(dtype) ? settle(dtype, value) : BigInt(value)],
});

export const to = (x: Ref, dtype: RefType): Ref => ({
  ...x,
  dtype,
  data: x.data.map((v) => convert(v, x.dtype, dtype)),
});

/** Elements in the typed array that a tensor of the dtype takes. */
export function toTyped({ dtype, data }: Ref): TypedArray {
  const numbers = (): number[] => data.map(Number);
  switch (dtype) {
    case 'f64':
      return Float64Array.from(numbers());
    case 'f32':
      return Float32Array.from(numbers());
    case 'f16':
    case 'bf16':
      return Uint16Array.from(numbers(), (x) => toBits(dtype, x));
    case 'i64':
      return BigInt64Array.from(data as readonly bigint[]);
    case 'u64':
      return BigUint64Array.from(data as readonly bigint[]);
    default:
      return arrays[dtype].from(numbers());
  }
}

const typed = new WeakMap<Ref, TypedArray>();
/** The same, made once: whoever writes into it breaks every later test. */
export function typedOf(x: Ref): TypedArray {
  const array = typed.get(x) ?? toTyped(x);
  typed.set(x, array);
  return array;
}

const arrays = {
  i8: Int8Array,
  u8: Uint8Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  bool: Uint8Array,
} satisfies Partial<Record<IntType | 'bool', unknown>>;

/** The elements that a typed array of a tensor shows. */
export function fromTyped(dtype: RefType, shape: readonly number[], array: TypedArray): Ref {
  const values = Array.from<Num>(array as Iterable<Num> & ArrayLike<Num>);
  if (dtype === 'f16' || dtype === 'bf16')
    return { dtype, shape, data: values.map((bits) => fromBits(dtype, bits as number)) };
  return { dtype, shape, data: isFloat(dtype) ? values : values.map(BigInt) };
}
