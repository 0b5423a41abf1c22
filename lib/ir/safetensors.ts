/**
 * The safetensors format (https://huggingface.co/docs/safetensors): eight bytes of header length, a JSON header that
 * says where each tensor lies, and the tensors, row-major and little-endian, without holes.
 */
import {
  bytesOf,
  dtypes,
  elementsIn,
  viewArray,
  type DType,
  type ScalarDType,
  type TypedArray,
} from '../dtype.js';
import { MiaError, show } from '../errors.js';
import { isPlainObject, jsonText, parseJson, type Fail } from './json.js';

/** A tensor of a file: its shape in elements and its bytes in row-major order. */
export interface StoredTensor<D extends DType = ScalarDType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

export interface Safetensors {
  readonly metadata: ReadonlyMap<string, string>;
  /** In the order of the header. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** Where a tensor lies: bytes [begin, end) of the file. */
export interface StoredPlace {
  readonly dtype: ScalarDType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** What a file says before its tensors. */
export interface SafetensorsHeader {
  readonly metadata: ReadonlyMap<string, string>;
  /** In the order of the header. */
  readonly places: ReadonlyMap<string, StoredPlace>;
}

/** A file to be written: its first bytes, and where each tensor belongs. */
export interface FilePlan<D> {
  readonly head: Uint8Array;
  readonly places: ReadonlyMap<string, { dtype: D; shape: readonly number[]; begin: number; end: number }>;
  readonly bytes: number;
}

const dtypeNames = new Map<string, ScalarDType>([
  ['F64', 'f64'],
  ['F32', 'f32'],
  ['F16', 'f16'],
  ['BF16', 'bf16'],
  ['I64', 'i64'],
  ['I32', 'i32'],
  ['I16', 'i16'],
  ['I8', 'i8'],
  ['U64', 'u64'],
  ['U32', 'u32'],
  ['U16', 'u16'],
  ['U8', 'u8'],
  ['BOOL', 'bool'],
]);
/** Types of the format that Mia has no numbers for. */
const unsupported = new Set(['F8_E4M3', 'F8_E5M2', 'F8_E8M0', 'F6_E2M3', 'F6_E3M2', 'F4', 'C64']);
const namesOfDTypes = new Map([...dtypeNames].map(([name, dtype]) => [dtype, name]));

const METADATA = '__metadata__';
const LENGTH_BYTES = 8;
/** The limit of the reference implementation. */
const MAX_HEADER_BYTES = 100_000_000;
/** { name: { shape: [ */
const HEADER_DEPTH = 3;
/** Where data starts, and each tensor whose size allows it: the cache line and the widest vector register. */
const ALIGNMENT = 64;

function error(message: string, expected?: string, actual?: string, cause?: unknown): MiaError {
  return new MiaError('ERR_FORMAT', 'safetensors', { message, expected, actual, cause });
}
const headerError: Fail = (message, cause) => error(`the header ${message}`, undefined, undefined, cause);

/**
 * Reads a file; `data` of each tensor is a view of `bytes`, not a copy. Everything the header says is checked first.
 * Throws ERR_FORMAT, or ERR_UNSUPPORTED for a dtype that the format has and Mia has not.
 */
export function parseSafetensors(bytes: Uint8Array): Safetensors {
  if (!(bytes instanceof Uint8Array)) throw error('not bytes', 'a Uint8Array', show(bytes));
  // A Buffer's parts would be Buffers, whose methods mean other things.
  const file = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
  const { metadata, places } = parseHeader(file.subarray(0, headBytes(file, file.length)), file.length);
  const stored = ({ dtype, shape, begin, end }: StoredPlace): StoredTensor => ({
    dtype,
    shape,
    data: file.subarray(begin, end),
  });
  return { metadata, tensors: new Map([...places].map(([name, place]) => [name, stored(place)])) };
}

/** How many bytes lie before the tensors in a file of `fileBytes`, of which `start` has the first eight. */
export function headBytes(start: Uint8Array, fileBytes: number): number {
  if (fileBytes < LENGTH_BYTES) {
    throw error('too short', `at least ${LENGTH_BYTES} bytes`, String(fileBytes));
  }
  const view = new DataView(start.buffer, start.byteOffset, LENGTH_BYTES);
  const length = Number(view.getBigUint64(0, true)); // inexact only far beyond the limit
  const limit = Math.min(MAX_HEADER_BYTES, fileBytes - LENGTH_BYTES);
  if (length > limit) {
    throw error('bad header length', `at most ${limit} in a file of ${fileBytes} bytes`, String(length));
  }
  return LENGTH_BYTES + length;
}

/** What `head`, the bytes before the tensors, says of a file of `fileBytes`. The tensors themselves are not looked at. */
export function parseHeader(head: Uint8Array, fileBytes: number): SafetensorsHeader {
  const header = jsonOf(head.subarray(LENGTH_BYTES));
  const metadata = metadataOf(header);
  const places = new Map<string, StoredPlace>();
  for (const [name, info] of Object.entries(header)) {
    if (name !== METADATA) places.set(name, checkInfo(name, info, head.length, fileBytes));
  }
  checkCover(places, head.length, fileBytes);
  return { metadata, places };
}

function jsonOf(bytes: Uint8Array): Record<string, unknown> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw headerError('is not UTF-8', cause);
  }
  if (!text.startsWith('{')) throw headerError("does not start with '{'");
  return parseJson(text, HEADER_DEPTH, headerError) as Record<string, unknown>;
}

function metadataOf(header: Record<string, unknown>): Map<string, string> {
  const raw = Object.hasOwn(header, METADATA) ? header[METADATA] : {};
  if (!isPlainObject(raw)) throw error(`bad ${METADATA}`, 'an object of strings', show(raw));
  return new Map(
    Object.entries(raw).map(([key, value]) => {
      if (typeof value !== 'string') throw error(`bad ${METADATA} ${show(key)}`, 'a string', show(value));
      return [key, value];
    }),
  );
}

const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;

/** Offsets in the header count from its end, places from the start of the file. */
function checkInfo(name: string, info: unknown, start: number, fileBytes: number): StoredPlace {
  const at = `tensor ${show(name)}`;
  if (!isPlainObject(info)) {
    throw error(`${at}: bad entry`, 'an object of dtype, shape and data_offsets', show(info));
  }
  const { dtype: label, shape, data_offsets: offsets } = info;
  const dtype = dtypeNames.get(label as string);
  if (unsupported.has(label as string)) {
    throw new MiaError('ERR_UNSUPPORTED', 'safetensors', {
      message: `${at} has dtype ${label as string}`,
      expected: [...dtypeNames.keys()].join(' '),
    });
  }
  if (!dtype) throw error(`${at}: unknown dtype`, `one of ${[...dtypeNames.keys()].join(' ')}`, show(label));
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw error(`${at}: bad shape`, 'integers >= 0', show(shape));
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw error(`${at}: bad data_offsets`, 'two integers >= 0', show(offsets));
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > fileBytes - start) {
    throw error(`${at}: data_offsets leave the file`, `[0, ${fileBytes - start}]`, show(offsets));
  }
  const needed = byteLength(dtype, shape);
  if (needed !== end - begin) {
    throw error(`${at}: wrong length`, `${needed} bytes for ${dtype} ${show(shape)}`, `${end - begin}`);
  }
  return { dtype, shape, begin: start + begin, end: start + end };
}

/** Bytes of a shape; NaN, which equals no length, where they cannot be counted. */
function byteLength(dtype: ScalarDType, shape: readonly number[]): number {
  let bytes = bytesOf(dtype);
  for (const n of shape) bytes *= n;
  return bytes <= Number.MAX_SAFE_INTEGER ? bytes : NaN;
}

/** Every byte after the header belongs to one tensor. */
function checkCover(places: ReadonlyMap<string, StoredPlace>, start: number, fileBytes: number): void {
  const sorted = [...places].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  let covered = start;
  for (const [name, { begin, end }] of sorted) {
    if (begin !== covered) {
      const message = begin < covered ? 'overlaps the one before' : 'leaves a hole before it';
      throw error(`tensor ${show(name)} ${message}`, `data from ${covered - start}`, `${begin - start}`);
    }
    covered = end;
  }
  if (covered !== fileBytes) {
    throw error('bytes that belong to no tensor', `data of ${covered - start} bytes`, `${fileBytes - start}`);
  }
}

/** The elements of a stored tensor: a view where the bytes are aligned for it, else a copy. */
export function arrayOf({ dtype, data }: StoredTensor<DType>): TypedArray {
  const aligned = data.byteOffset % dtypes[dtype].array.BYTES_PER_ELEMENT === 0 ? data : new Uint8Array(data);
  const elements = elementsIn(dtype, data.length / dtypes[dtype].array.BYTES_PER_ELEMENT);
  return viewArray(dtype, aligned.buffer as ArrayBuffer, aligned.byteOffset, elements);
}

/**
 * A file for tensors of these dtypes and shapes, the same for the same input. Data starts at a multiple of 64 bytes, and
 * tensors lie in the order of the alignment that their sizes keep, so that each starts at a multiple of 64, or of its
 * size if that is less aligned, without holes.
 */
export function planSafetensors(
  tensors: Iterable<readonly [string, { readonly dtype: DType; readonly shape: readonly number[] }]>,
  metadata: Iterable<readonly [string, string]> = [],
): FilePlan<ScalarDType> {
  const sized = [...tensors].map(([name, { dtype: any, shape }]) => {
    const label = namesOfDTypes.get(any as ScalarDType);
    if (label === undefined) throw error(`tensor ${show(name)}: the format has no ${any}`);
    const dtype = any as ScalarDType;
    const bytes = byteLength(dtype, shape);
    if (!isCount(bytes)) throw error(`tensor ${show(name)}: bad shape`, 'integers >= 0', show(shape));
    return { name, label, dtype, shape, bytes };
  });
  sized.sort((a, b) => alignmentOf(b.bytes) - alignmentOf(a.bytes));
  const header = new Map<string, unknown>();
  const meta = new Map(metadata);
  if (meta.size > 0) header.set(METADATA, meta);
  let end = 0;
  const offsets = sized.map(({ name, label, dtype, shape, bytes }) => {
    if (header.has(name) || name === METADATA) throw error(`tensor name ${show(name)} is taken`);
    const begin = end;
    end += bytes;
    header.set(name, { dtype: label, shape, data_offsets: [begin, end] });
    return { name, dtype, shape, begin, end };
  });
  const head = headOf(header);
  const moved = offsets.map(({ name, dtype, shape, begin, end }) => {
    return [name, { dtype, shape, begin: head.length + begin, end: head.length + end }] as const;
  });
  return { head, places: new Map(moved), bytes: head.length + end };
}

/** The header's length and text, with spaces up to where data may start. */
function headOf(header: ReadonlyMap<string, unknown>): Uint8Array {
  const text = new TextEncoder().encode(jsonText(header, HEADER_DEPTH, headerError));
  const start = Math.ceil((LENGTH_BYTES + text.length) / ALIGNMENT) * ALIGNMENT;
  if (start - LENGTH_BYTES > MAX_HEADER_BYTES) {
    throw headerError(`of ${text.length} bytes is longer than the format allows`);
  }
  const head = allocate(start).fill(0x20);
  new DataView(head.buffer).setBigUint64(0, BigInt(start - LENGTH_BYTES), true);
  head.set(text, LENGTH_BYTES);
  return head;
}

/** A file of `tensors` and `metadata`, as `planSafetensors` lays it out. */
export function writeSafetensors(
  tensors: Iterable<readonly [string, StoredTensor]>,
  metadata: Iterable<readonly [string, string]> = [],
): Uint8Array {
  const given = [...tensors];
  const { head, places, bytes } = planSafetensors(given, metadata);
  const file = allocate(bytes);
  file.set(head);
  for (const [name, { dtype, shape, data }] of given) {
    const { begin, end } = places.get(name)!;
    if (end - begin !== data.length) {
      throw error(`tensor ${show(name)}: wrong length`, `${dtype} ${show(shape)}`, `${data.length} bytes`);
    }
    file.set(data, begin);
  }
  return file;
}

/** The largest power of two up to 64 that divides the size: what follows the tensor is aligned to it. */
function alignmentOf(bytes: number): number {
  const low = bytes % ALIGNMENT;
  return low === 0 ? ALIGNMENT : low & -low;
}

function allocate(bytes: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw new MiaError('ERR_OUT_OF_MEMORY', 'safetensors', {
      message: `no memory for ${bytes} bytes`,
      cause,
    });
  }
}
