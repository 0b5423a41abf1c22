/**
 * The GGUF format (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), versions 2 and 3: metadata by key, then
 * what tensors there are, then their data, each at a multiple of the alignment.
 */
import { blockOf, bytesFor } from '../../dtype.js';
import { MiaError, show } from '../../errors.js';
import { GgufReader, ggufError } from './gguf-reader.js';
import { dtypeOfGgml, ggmlNames } from './gguf-types.js';
import { LazyMap } from './lazy-map.js';
import type { Place } from './tensor.js';

export interface Gguf {
  readonly version: number;
  /** Numbers, booleans, strings; bigints beyond 2^53; arrays of numbers as typed arrays, of strings as arrays. */
  readonly metadata: ReadonlyMap<string, unknown>;
  readonly tensors: ReadonlyMap<string, Place>;
}

const MAGIC = 0x46554747; // 'GGUF'
const VERSIONS = [2, 3];
const DEFAULT_ALIGNMENT = 32;
/** Of the format's description. */
const MAX_KEY_BYTES = 65535;
const MAX_NAME_BYTES = 64;
const MAX_DIMS = 4;
/** Far beyond any model; a map could not hold what a hostile file may count. */
const MAX_ENTRIES = 2 ** 18;
/** A metadata entry is at least a key, a type and a byte; a tensor's at least a name, one size, a type and an offset. */
const LEAST_ENTRY = 14;
const LEAST_TENSOR = 33;

export const isGgufStart = (start: Uint8Array): boolean =>
  start.length >= 4 && new DataView(start.buffer, start.byteOffset).getUint32(0, true) === MAGIC;

/**
 * What a file of `fileBytes` says in front of its data. `start` has its first bytes: `Truncated` is thrown if they are too
 * few. Otherwise throws ERR_FORMAT, or ERR_UNSUPPORTED for versions and types of tensors that Mia lacks.
 */
export function parseGguf(start: Uint8Array, fileBytes: number): Gguf {
  const reader = new GgufReader(start);
  if (!isGgufStart(start)) throw ggufError("does not start with 'GGUF'");
  reader.at = 4;
  const version = checkVersion(reader.u32('the version'));
  const numTensors = countOf(reader, 'tensors', LEAST_TENSOR, fileBytes);
  const numEntries = countOf(reader, 'metadata entries', LEAST_ENTRY, fileBytes);
  const metadata = readMetadata(reader, numEntries);
  const alignment = alignmentOf(metadata);
  const infos = new Map<string, TensorInfo>();
  for (let i = 0; i < numTensors; i++) {
    const name = reader.name(`the name of tensor ${i}`, MAX_NAME_BYTES);
    if (infos.has(name)) throw ggufError(`tensor ${show(name)} is there twice`);
    infos.set(name, readInfo(reader, `tensor ${show(name)}`, alignment));
  }
  const dataBegin = Math.ceil(reader.at / alignment) * alignment;
  const tensors = new Map([...infos].map(([name, info]) => [name, place(name, info, dataBegin, fileBytes)]));
  checkOverlap(tensors);
  return { version, metadata, tensors };
}

function checkVersion(version: number): number {
  if (VERSIONS.includes(version)) return version;
  const isBig = version !== 0 && (version & 0xffff) === 0;
  throw new MiaError('ERR_UNSUPPORTED', 'gguf', {
    message: isBig ? 'a big-endian file' : 'a version that Mia does not read',
    expected: `little-endian version ${VERSIONS.join(' or ')}`,
    actual: isBig ? undefined : `${version}`,
  });
}

/** How many there are, at most as many as the file has room for. */
function countOf(reader: GgufReader, what: string, least: number, fileBytes: number): number {
  const count = reader.size(`the count of ${what}`);
  const most = Math.min(MAX_ENTRIES, Math.floor(fileBytes / least));
  if (count > most)
    throw ggufError(`too many ${what} for a file of ${fileBytes} bytes`, `at most ${most}`, `${count}`);
  return count;
}

function readMetadata(reader: GgufReader, count: number): ReadonlyMap<string, unknown> {
  const makers = new Map<string, () => unknown>();
  for (let i = 0; i < count; i++) {
    const key = reader.name(`key ${i}`, MAX_KEY_BYTES);
    if (makers.has(key)) throw ggufError(`key ${show(key)} is there twice`);
    makers.set(key, reader.value(reader.type(`key ${show(key)}`), `key ${show(key)}`));
  }
  return new LazyMap(makers);
}

function alignmentOf(metadata: ReadonlyMap<string, unknown>): number {
  const value = metadata.get('general.alignment') ?? DEFAULT_ALIGNMENT;
  if (typeof value === 'number' && value >= 1 && value <= 2 ** 30 && Number.isInteger(Math.log2(value)))
    return value;
  throw ggufError('bad general.alignment', 'a power of two', show(value));
}

interface TensorInfo extends Omit<Place, 'begin' | 'end'> {
  readonly offset: number;
}

function readInfo(reader: GgufReader, what: string, alignment: number): TensorInfo {
  const rank = reader.u32(what);
  if (rank < 1 || rank > MAX_DIMS)
    throw ggufError(`${what}: bad number of dimensions`, `1 to ${MAX_DIMS}`, `${rank}`);
  const sizes = Array.from({ length: rank }, () => reader.size(what));
  if (sizes.includes(0)) throw ggufError(`${what}: bad shape`, 'sizes of at least 1', show(sizes));
  const number = reader.u32(what);
  const offset = reader.size(what);
  const label = ggmlNames.get(number);
  const dtype = dtypeOfGgml.get(label ?? '');
  if (!dtype) {
    throw new MiaError('ERR_UNSUPPORTED', 'gguf', {
      message: `${what} is of type ${label ?? number}`,
      expected: [...dtypeOfGgml.keys()].join(' '),
    });
  }
  if (sizes[0] % blockOf(dtype) !== 0) {
    throw ggufError(`${what}: rows cut a block of ${label}`, `multiples of ${blockOf(dtype)}`, `${sizes[0]}`);
  }
  if (offset % alignment !== 0) {
    throw ggufError(`${what}: unaligned offset`, `a multiple of ${alignment}`, `${offset}`);
  }
  return { dtype, shape: sizes.reverse(), offset };
}

/** In the file, if it has room for the tensor. */
function place(
  name: string,
  { dtype, shape, offset }: TensorInfo,
  dataBegin: number,
  fileBytes: number,
): Place {
  const begin = dataBegin + offset;
  const bytes = bytesFor(dtype, shape.reduce((a, b) => a * b, 1)); // prettier-ignore
  if (!(begin + bytes <= fileBytes)) {
    const where = `${bytes} bytes at ${begin}`;
    throw ggufError(`tensor ${show(name)} leaves the file`, `an end within ${fileBytes} bytes`, where);
  }
  return { dtype, shape, begin, end: begin + bytes };
}

function checkOverlap(tensors: ReadonlyMap<string, Place>): void {
  let end = 0;
  for (const [name, place] of [...tensors].sort(([, a], [, b]) => a.begin - b.begin)) {
    if (place.begin < end)
      throw ggufError(`tensor ${show(name)} overlaps the one before`, `data from ${end}`, `${place.begin}`);
    end = place.end;
  }
}
