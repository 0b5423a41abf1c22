import { MiaError, show } from './errors.js';

/**
 * What an element is, how it lies in memory, and which JavaScript array shows it. One row per dtype. Bytes and lanes are
 * those of a unit, which memory keeps whole: one element, or a block of them.
 */
export const dtypes = {
  f32: row('float', 4, Float32Array),
  f64: row('float', 8, Float64Array),
  f16: row('float', 2, Uint16Array),
  bf16: row('float', 2, Uint16Array),
  i8: row('int', 1, Int8Array),
  u8: row('uint', 1, Uint8Array),
  i16: row('int', 2, Int16Array),
  u16: row('uint', 2, Uint16Array),
  i32: row('int', 4, Int32Array),
  u32: row('uint', 4, Uint32Array),
  i64: row('int', 8, BigInt64Array),
  u64: row('uint', 8, BigUint64Array),
  bool: row('bool', 1, Uint8Array),
  f32x4: packed('f32', 4, 16, Float32Array),
  f16x4: packed('f16', 4, 8, Uint16Array),
  u8x4: packed('u8', 4, 4, Uint8Array),
  u4x8: packed('u32', 1, 4, Uint32Array), // eight nibbles in a word: moved as u32, no arithmetic of its own
  // GGUF's block formats, numbers quantised along one axis; native/kernels/blocks.inl has their layouts bit for bit
  q8_0: blocks(32, 34), // d * q, d f16, q i8
  q4_0: blocks(32, 18), // d * (q - 8), d f16, q 4 bits
  q4_k: blocks(256, 144), // d * scale * q - dmin * min, d and dmin f16, scale and min 6 bits a 32 elements, q 4 bits
  q6_k: blocks(256, 210), // d * scale * (q - 32), d f16, scale i8 a 16 elements, q 6 bits
} as const;

export type DType = keyof typeof dtypes;
/** Dtypes with a vector of lanes per element; `t.cast()` goes between them and their lanes' dtype. */
export type PackedDType = 'f32x4' | 'f16x4' | 'u8x4' | 'u4x8';
/** Dtypes of storage only: what `t.to()` quantises into, `gather` and `matmul` (on its right) decode as they read. */
export type BlockDType = 'q8_0' | 'q4_0' | 'q4_k' | 'q6_k';
/** What the right-hand side of an f32 matmul may be stored as, beside f32 itself. */
export type WeightDType = 'f16' | 'bf16' | 'i8' | BlockDType;
export type ScalarDType = Exclude<DType, PackedDType | BlockDType>;
export type FloatDType = 'f32' | 'f64' | 'f16' | 'bf16' | 'f32x4' | 'f16x4';
export type IntDType = 'i8' | 'u8' | 'i16' | 'u16' | 'i32' | 'u32' | 'i64' | 'u64';
export type Kind = 'float' | 'int' | 'uint' | 'bool' | 'block';
/** The six types that arithmetic runs in: narrow integers compute in i32 and wrap, halves in f32, bool is 0 or 1. */
export type Reg = 'f32' | 'f64' | 'i32' | 'u32' | 'i64' | 'u64';

/** The typed array that holds elements of a dtype (f16 and bf16 show their bits, block dtypes the bytes of their blocks). */
export type ArrayOf<T extends DType> = InstanceType<(typeof dtypes)[T]['array']>;
export type TypedArray =
  | Float32Array
  | Float64Array
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array;

interface Row<B, C> {
  readonly kind: Kind;
  readonly bytes: number;
  readonly lanes: number;
  /** Elements in a unit. */
  readonly block: number;
  readonly base: B;
  readonly array: C;
}

function row<C>(kind: Kind, bytes: number, array: C): Row<null, C> {
  return { kind, bytes, lanes: 1, block: 1, base: null, array };
}
function packed<B extends string, C>(base: B, lanes: number, bytes: number, array: C): Row<B, C> {
  return { kind: base.startsWith('f') ? 'float' : 'uint', bytes, lanes, block: 1, base, array };
}
function blocks(block: number, bytes: number): Row<'u8', typeof Uint8Array> {
  return { kind: 'block', bytes, lanes: bytes, block, base: 'u8', array: Uint8Array };
}

/** Bytes of a unit: an element, or a block of them. */
export const bytesOf = (dtype: DType): number => dtypes[dtype].bytes;
/** Elements of a unit: 1 unless the dtype is quantised in blocks. */
export const blockOf = (dtype: DType): number => dtypes[dtype].block;
/** Bytes of `elements`, which are whole units. */
export const bytesFor = (dtype: DType, elements: number): number =>
  (elements / dtypes[dtype].block) * dtypes[dtype].bytes;
/** Length of the typed array that holds `elements`, which are whole units. */
export const lengthFor = (dtype: DType, elements: number): number =>
  (elements / dtypes[dtype].block) * dtypes[dtype].lanes;
/** The inverse: elements in a typed array of some length; a fraction where that is not whole units. */
export const elementsIn = (dtype: DType, length: number): number =>
  (length / dtypes[dtype].lanes) * dtypes[dtype].block;
export const kindOf = (dtype: DType): Kind => dtypes[dtype].kind;
export const isBlock = (dtype: DType): dtype is BlockDType => dtypes[dtype].block > 1;
export const isPacked = (dtype: DType): dtype is PackedDType =>
  dtypes[dtype].base !== null && !isBlock(dtype);
export const isWeight = (dtype: DType): dtype is WeightDType =>
  dtype === 'f16' || dtype === 'bf16' || dtype === 'i8' || isBlock(dtype);
/** The dtype of one lane: itself unless packed; the bytes of blocks. */
export const laneOf = (dtype: DType): ScalarDType => (dtypes[dtype].base ?? dtype) as ScalarDType;
/** Lanes of a unit: 1 unless packed or blocks. */
export const lanesOf = (dtype: DType): number => dtypes[dtype].lanes;

/** The register type in which a dtype's arithmetic runs. */
export function regOf(dtype: DType): Reg {
  const lane = laneOf(dtype);
  switch (lane) {
    case 'f16':
    case 'bf16':
      return 'f32';
    case 'i8':
    case 'u8':
    case 'i16':
    case 'u16':
    case 'bool':
      return 'i32';
    default:
      return lane;
  }
}

export function isDType(value: unknown): value is DType {
  return typeof value === 'string' && Object.hasOwn(dtypes, value);
}

export function checkDType(op: string, value: unknown): DType {
  if (isDType(value)) return value;
  throw new MiaError('ERR_DTYPE', op, {
    message: 'unknown dtype',
    expected: `one of ${Object.keys(dtypes).join(' ')}`,
    actual: show(value),
  });
}

/** Reads what a typed array really is, whatever its class, or its own properties, say of it. */
const truth = Object.getPrototypeOf(Uint8Array.prototype) as object;
const getter = (name: PropertyKey): ((this: unknown) => unknown) =>
  Object.getOwnPropertyDescriptor(truth, name)!.get as (this: unknown) => unknown;
const trueName = getter(Symbol.toStringTag) as (this: unknown) => string | undefined;
const trueBuffer = getter('buffer') as (this: unknown) => ArrayBufferLike;
const trueOffset = getter('byteOffset') as (this: unknown) => number;
const trueLength = getter('length') as (this: unknown) => number;

const byArray = new Map<string | undefined, ScalarDType>([
  ['Float32Array', 'f32'],
  ['Float64Array', 'f64'],
  ['Float16Array', 'f16'],
  ['Int8Array', 'i8'],
  ['Uint8Array', 'u8'],
  ['Uint8ClampedArray', 'u8'],
  ['Int16Array', 'i16'],
  ['Uint16Array', 'u16'],
  ['Int32Array', 'i32'],
  ['Uint32Array', 'u32'],
  ['BigInt64Array', 'i64'],
  ['BigUint64Array', 'u64'],
]);

/** The dtype that a typed array holds when nobody says otherwise, or undefined for anything else. */
export const dtypeOfArray = (data: unknown): ScalarDType | undefined => byArray.get(trueName.call(data));

/**
 * A typed array as the built-in one of its dtype, over the same memory: what a subclass (Buffer, Float16Array, one that
 * overrides its length) says of itself does not count from here on. Undefined for anything else.
 */
export function plainArray(data: unknown): TypedArray | undefined {
  const dtype = dtypeOfArray(data);
  if (dtype === undefined) return undefined;
  const { array } = dtypes[dtype];
  if (Object.getPrototypeOf(data) === array.prototype) return data as TypedArray;
  return new (array as new (b: ArrayBufferLike, o: number, n: number) => TypedArray)(
    trueBuffer.call(data),
    trueOffset.call(data),
    trueLength.call(data),
  );
}

/** A typed array over `elements` of `buffer`, in the array type of the dtype. */
export function viewArray(
  dtype: DType,
  buffer: ArrayBuffer,
  byteOffset: number,
  elements: number,
): TypedArray {
  const { array } = dtypes[dtype];
  return new (array as new (b: ArrayBuffer, o: number, n: number) => TypedArray)(
    buffer,
    byteOffset,
    lengthFor(dtype, elements),
  );
}
