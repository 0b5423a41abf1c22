/**
 * The safetensors format (https://huggingface.co/docs/safetensors): eight bytes of header length, a JSON header that
 * says where each tensor lies, and the tensors, row-major and little-endian, without holes.
 */
import { bytesOf, viewArray, type ScalarDType, type TypedArray } from '../dtype.js';
import { MiaError, show } from '../errors.js';
import { isPlainObject, jsonText, parseJson, type Fail } from './json.js';

/** A tensor of a file: its shape in elements and its bytes in row-major order. */
export interface StoredTensor {
  readonly dtype: ScalarDType;
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

export interface Safetensors {
  readonly metadata: ReadonlyMap<string, string>;
  /** In the order of the header. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
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
 * Throws ERR_FORMAT.
 */
export function parseSafetensors(bytes: Uint8Array): Safetensors {
  if (!(bytes instanceof Uint8Array)) throw error('not bytes', 'a Uint8Array', show(bytes));
  // A Buffer's parts would be Buffers, whose methods mean other things.
  const { header, body } = split(new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length));
  const metadata = metadataOf(header);
  const tensors = new Map<string, StoredTensor>();
  const places: Place[] = [];
  for (const [name, info] of Object.entries(header)) {
    if (name === METADATA) continue;
    const { dtype, shape, begin, end } = checkInfo(name, info, body.length);
    tensors.set(name, { dtype, shape, data: body.subarray(begin, end) });
    places.push({ name, begin, end });
  }
  checkCover(places, body.length);
  return { metadata, tensors };
}

function split(bytes: Uint8Array): { header: Record<string, unknown>; body: Uint8Array } {
  if (bytes.length < LENGTH_BYTES) {
    throw error('too short', `at least ${LENGTH_BYTES} bytes`, String(bytes.length));
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, LENGTH_BYTES);
  const length = Number(view.getBigUint64(0, true)); // inexact only far beyond the limit
  const limit = Math.min(MAX_HEADER_BYTES, bytes.length - LENGTH_BYTES);
  if (length > limit) {
    throw error('bad header length', `at most ${limit} in a file of ${bytes.length} bytes`, String(length));
  }
  const start = LENGTH_BYTES + length;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      bytes.subarray(LENGTH_BYTES, start),
    );
  } catch (cause) {
    throw headerError('is not UTF-8', cause);
  }
  if (!text.startsWith('{')) throw headerError("does not start with '{'");
  return {
    header: parseJson(text, HEADER_DEPTH, headerError) as Record<string, unknown>,
    body: bytes.subarray(start),
  };
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

interface Place {
  readonly name: string;
  readonly begin: number;
  readonly end: number;
}

const isCount = (n: unknown): n is number => Number.isSafeInteger(n) && (n as number) >= 0;

function checkInfo(name: string, info: unknown, bodyBytes: number) {
  const at = `tensor ${show(name)}`;
  if (!isPlainObject(info)) {
    throw error(`${at}: bad entry`, 'an object of dtype, shape and data_offsets', show(info));
  }
  const { dtype: label, shape, data_offsets: offsets } = info;
  const dtype = dtypeNames.get(label as string);
  if (!dtype) throw error(`${at}: unknown dtype`, `one of ${[...dtypeNames.keys()].join(' ')}`, show(label));
  if (!Array.isArray(shape) || !shape.every(isCount)) {
    throw error(`${at}: bad shape`, 'integers >= 0', show(shape));
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isCount)) {
    throw error(`${at}: bad data_offsets`, 'two integers >= 0', show(offsets));
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end || end > bodyBytes) {
    throw error(`${at}: data_offsets leave the file`, `[0, ${bodyBytes}]`, show(offsets));
  }
  const needed = byteLength(dtype, shape);
  if (needed !== end - begin) {
    throw error(`${at}: wrong length`, `${needed} bytes for ${dtype} ${show(shape)}`, `${end - begin}`);
  }
  return { dtype, shape, begin, end };
}

/** Bytes of a shape; NaN, which equals no length, where they cannot be counted. */
function byteLength(dtype: ScalarDType, shape: readonly number[]): number {
  let bytes = bytesOf(dtype);
  for (const n of shape) bytes *= n;
  return bytes <= Number.MAX_SAFE_INTEGER ? bytes : NaN;
}

/** Every byte of the body belongs to one tensor. */
function checkCover(places: Place[], bodyBytes: number): void {
  places.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of places) {
    if (begin !== covered) {
      const message = begin < covered ? 'overlaps the one before' : 'leaves a hole before it';
      throw error(`tensor ${show(name)} ${message}`, `data from ${covered}`, `${begin}`);
    }
    covered = end;
  }
  if (covered !== bodyBytes) {
    throw error('bytes that belong to no tensor', `data of ${covered} bytes`, `${bodyBytes}`);
  }
}

/** The elements of a stored tensor: a view where the bytes are aligned for it, else a copy. */
export function arrayOf({ dtype, data }: StoredTensor): TypedArray {
  const aligned = data.byteOffset % bytesOf(dtype) === 0 ? data : new Uint8Array(data);
  return viewArray(dtype, aligned.buffer as ArrayBuffer, aligned.byteOffset, aligned.length / bytesOf(dtype));
}

/**
 * A file of `tensors` and `metadata`, the same bytes for the same input. Data starts at a multiple of 64 bytes, and
 * tensors lie in the order of the alignment that their sizes keep, so that each starts at a multiple of 64, or of its
 * size if that is less aligned, without holes.
 */
export function writeSafetensors(
  tensors: Iterable<readonly [string, StoredTensor]>,
  metadata: Iterable<readonly [string, string]> = [],
): Uint8Array {
  const placed = [...tensors].sort(([, a], [, b]) => alignmentOf(b.data) - alignmentOf(a.data));
  const header = new Map<string, unknown>();
  const meta = new Map(metadata);
  if (meta.size > 0) header.set(METADATA, meta);
  let end = 0;
  for (const [name, { dtype, shape, data }] of placed) {
    if (header.has(name) || name === METADATA) throw error(`tensor name ${show(name)} is taken`);
    if (byteLength(dtype, shape) !== data.length) {
      throw error(`tensor ${show(name)}: wrong length`, `${dtype} ${show(shape)}`, `${data.length} bytes`);
    }
    const begin = end;
    end += data.length;
    header.set(name, { dtype: namesOfDTypes.get(dtype), shape, data_offsets: [begin, end] });
  }
  const text = new TextEncoder().encode(jsonText(header, HEADER_DEPTH, headerError));
  const start = Math.ceil((LENGTH_BYTES + text.length) / ALIGNMENT) * ALIGNMENT;
  if (start - LENGTH_BYTES > MAX_HEADER_BYTES) {
    throw headerError(`of ${text.length} bytes is longer than the format allows`);
  }
  const file = allocate(start + end);
  new DataView(file.buffer).setBigUint64(0, BigInt(start - LENGTH_BYTES), true);
  file.set(text, LENGTH_BYTES);
  file.fill(0x20, LENGTH_BYTES + text.length, start);
  let at = start;
  for (const [, { data }] of placed) {
    file.set(data, at);
    at += data.length;
  }
  return file;
}

/** The largest power of two up to 64 that divides the size: what follows the tensor is aligned to it. */
function alignmentOf({ length }: Uint8Array): number {
  const low = length % ALIGNMENT;
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
