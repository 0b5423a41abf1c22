/** Reads GGUF's fields from the first bytes of a file, and never beyond them. Little-endian. */
import { bytesOf, viewArray, type ScalarDType } from '../../dtype.js';
import { MiaError } from '../../errors.js';
import { valueTypes, type ValueType } from './gguf-types.js';

/** Arrays in arrays deeper than this are refused. */
const MAX_DEPTH = 4;

/** The bytes at hand end before the header does: the file is cut, or more of it must be fetched. */
export class Truncated extends MiaError {
  constructor(what: string) {
    super('ERR_FORMAT', 'gguf', `the file ends inside ${what}`);
  }
}

export function ggufError(message: string, expected?: string, actual?: string): MiaError {
  return new MiaError('ERR_FORMAT', 'gguf', { message, expected, actual });
}

export class GgufReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #text: Buffer;
  at = 0;

  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length); // slices of a Buffer are no copies
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.#text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.at = at;
  }

  get left(): number {
    return this.#bytes.length - this.at;
  }

  /** The place of the next `bytes`, which are passed over. */
  #take(bytes: number, what: string): number {
    if (bytes > this.left) throw new Truncated(what);
    const at = this.at;
    this.at += bytes;
    return at;
  }

  u32(what: string): number {
    return this.#view.getUint32(this.#take(4, what), true);
  }

  /** A count, length or offset: an integer that a number can say. */
  size(what: string): number {
    const value = this.#view.getBigUint64(this.#take(8, what), true);
    if (value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
    throw ggufError(`${what} is absurd`, 'less than 2^53', String(value));
  }

  /** A name, which must be UTF-8 of 1 to `most` bytes. */
  name(what: string, most: number): string {
    const length = this.size(`the length of ${what}`);
    if (length === 0 || length > most)
      throw ggufError(`bad length of ${what}`, `1 to ${most} bytes`, `${length}`);
    const at = this.#take(length, what);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
        this.#bytes.subarray(at, this.at),
      );
    } catch {
      throw ggufError(`${what} is not UTF-8`);
    }
  }

  type(what: string): ValueType {
    const number = this.u32(`the type of ${what}`);
    const type = valueTypes[number];
    if (type === undefined)
      throw ggufError(`${what} has an unknown type`, `0 to ${valueTypes.length - 1}`, `${number}`);
    return type;
  }

  /** Passes over a value after checking that it lies inside the bytes; what it returns reads it. */
  value(type: ValueType, what: string): () => unknown {
    const { at } = this;
    this.#skip(type, what, 0);
    return () => new GgufReader(this.#bytes, at).#read(type, what);
  }

  #skip(type: ValueType, what: string, depth: number): void {
    if (type === 'string') this.#take(this.size(what), what);
    else if (type !== 'array') this.#take(bytesOf(type), what);
    else {
      if (depth === MAX_DEPTH) throw ggufError(`${what}: arrays nested deeper than ${MAX_DEPTH}`);
      const { of, count } = this.#arrayStart(what);
      if (count > this.left / leastBytes(of)) throw new Truncated(what);
      if (of !== 'string' && of !== 'array') this.#take(count * bytesOf(of), what);
      else for (let i = 0; i < count; i++) this.#skip(of, what, depth + 1);
    }
  }

  #arrayStart(what: string): { of: ValueType; count: number } {
    return { of: this.type(what), count: this.size(what) };
  }

  #read(type: ValueType, what: string): unknown {
    if (type === 'string') return this.#string(what);
    if (type !== 'array') return this.#number(type, what);
    const { of, count } = this.#arrayStart(what);
    if (of === 'string' || of === 'array') return Array.from({ length: count }, () => this.#read(of, what));
    const at = this.#take(count * bytesOf(of), what);
    return viewArray(of, this.#bytes.slice(at, this.at).buffer, 0, count);
  }

  /** Text of other people's, which may not be UTF-8: what is not becomes U+FFFD. */
  #string(what: string): string {
    const length = this.size(what);
    const at = this.#take(length, what);
    return this.#text.toString('utf8', at, at + length);
  }

  #number(type: ScalarDType, what: string): number | bigint | boolean {
    const at = this.#take(bytesOf(type), what);
    const view = this.#view;
    switch (type) {
      case 'u8': return view.getUint8(at);
      case 'i8': return view.getInt8(at);
      case 'u16': return view.getUint16(at, true);
      case 'i16': return view.getInt16(at, true);
      case 'u32': return view.getUint32(at, true);
      case 'i32': return view.getInt32(at, true);
      case 'f32': return view.getFloat32(at, true);
      case 'f64': return view.getFloat64(at, true);
      case 'u64': return small(view.getBigUint64(at, true));
      case 'i64': return small(view.getBigInt64(at, true));
      default: return view.getUint8(at) !== 0;
    } // prettier-ignore
  }
}

/** What a value takes at least: a string its length, an array its element's type and its count. */
const leastBytes = (type: ValueType): number =>
  type === 'string' ? 8 : type === 'array' ? 12 : bytesOf(type);

/** As a number where that is exact. */
function small(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
