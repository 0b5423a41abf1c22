/** Datatypes of the Open Inference Protocol as typed arrays. */
import type { TypedArray } from '../../dtype.js';
import { show } from '../../errors.js';
import { Refusal } from '../refusal.js';

const arrays = {
  BOOL: Uint8Array,
  UINT8: Uint8Array,
  UINT16: Uint16Array,
  UINT32: Uint32Array,
  UINT64: BigUint64Array,
  INT8: Int8Array,
  INT16: Int16Array,
  INT32: Int32Array,
  INT64: BigInt64Array,
  FP32: Float32Array,
  FP64: Float64Array,
} as const;

/** Numbers, or texts: BYTES. */
export type Elements = TypedArray | readonly string[];
export type Datatype = keyof typeof arrays | 'BYTES';

export interface Tensor {
  readonly name: string;
  readonly datatype: Datatype;
  readonly shape: readonly number[];
  readonly data: Elements;
}

export const datatypes: readonly Datatype[] = [...(Object.keys(arrays) as (keyof typeof arrays)[]), 'BYTES'];

const bad = (name: string, message: string): Refusal =>
  new Refusal(400, `input '${name}': ${message}`, { code: 'invalid_value', param: name });

/** Values as JSON has them: exactly those that the datatype holds. */
export function fromValues(name: string, datatype: Datatype, values: readonly unknown[]): Elements {
  if (datatype === 'BYTES') {
    if (values.every((value) => typeof value === 'string')) return values;
    throw bad(name, 'BYTES are texts');
  }
  const big = datatype === 'INT64' || datatype === 'UINT64';
  const floats = datatype === 'FP32' || datatype === 'FP64';
  const given = datatype === 'BOOL' ? values.map((v) => (v === true ? 1 : v === false ? 0 : v)) : values;
  const stray = given.find((v) => typeof v !== 'number' || (!floats && !Number.isSafeInteger(v)));
  if (stray !== undefined) throw bad(name, `not ${datatype}: ${show(stray)}`);
  const data = big
    ? arrays[datatype].from((given as number[]).map(BigInt))
    : arrays[datatype].from(given as number[]);
  const lost = floats ? -1 : (given as number[]).findIndex((value, i) => Number(data[i]) !== value);
  if (lost >= 0) throw bad(name, `${String(given[lost])} is no ${datatype}`);
  return data;
}

/** Little-endian bytes; BYTES as texts, each after its length in four bytes. */
export function fromBytes(name: string, datatype: Datatype, bytes: Uint8Array): Elements {
  if (datatype === 'BYTES') return textsOf(name, bytes);
  const make = arrays[datatype];
  if (bytes.length % make.BYTES_PER_ELEMENT !== 0)
    throw bad(name, `${bytes.length} bytes are no whole number of ${datatype}`);
  return new make(new Uint8Array(bytes).buffer); // a copy: aligned
}

export function toBytes({ data }: Tensor): Uint8Array {
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return Buffer.concat(
    data.flatMap((text) => {
      const bytes = Buffer.from(text);
      const length = Buffer.alloc(4);
      length.writeUInt32LE(bytes.length);
      return [length, bytes];
    }),
  );
}

export const toValues = ({ data }: Tensor): readonly unknown[] => Array.from(data as ArrayLike<unknown>);

function textsOf(name: string, bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const decoder = new TextDecoder();
  const texts: string[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = at + 4 <= bytes.length ? view.getUint32(at, true) : Infinity;
    if (at + 4 + length > bytes.length) throw bad(name, 'BYTES end in the middle of a text');
    texts.push(decoder.decode(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return texts;
}
