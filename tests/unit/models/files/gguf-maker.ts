/** Writes GGUF files from the format's description, apart from the reader: right ones, and wrong ones on purpose. */
import { ggmlNames, valueTypes, type ValueType } from '../../../../lib/models/files/gguf-types.js';

export type Entry = readonly [key: string, type: ValueType, value: unknown, of?: ValueType];

export interface GgufTensor {
  readonly name: string;
  /** ggml's name, or a number. */
  readonly type: string | number;
  /** As the file has them: the fastest first. */
  readonly dims: readonly (number | bigint)[];
  readonly data: Uint8Array;
  /** Where it is said to lie, if not where it does. */
  readonly offset?: number | bigint;
}

export interface GgufParts {
  readonly version?: number;
  readonly metadata?: readonly Entry[];
  readonly tensors?: readonly GgufTensor[];
  readonly alignment?: number;
  readonly numTensors?: number | bigint;
  readonly numEntries?: number | bigint;
}

const u32 = (n: number): Buffer => Buffer.from(Uint32Array.of(n).buffer);
export const u64 = (n: number | bigint): Buffer => Buffer.from(BigUint64Array.of(BigInt(n)).buffer);
export const string = (text: string | Buffer): Buffer => {
  if (typeof text !== 'string' && !Buffer.isBuffer(text)) throw new TypeError('not text'); // as fuzzing has it
  const bytes = Buffer.from(text as string);
  return Buffer.concat([u64(bytes.length), bytes]);
};

const numbers = {
  u8: Uint8Array,
  i8: Int8Array,
  u16: Uint16Array,
  i16: Int16Array,
  u32: Uint32Array,
  i32: Int32Array,
  f32: Float32Array,
  f64: Float64Array,
} as const;

function encode(type: ValueType, value: unknown, of?: ValueType): Buffer {
  if (type === 'string') return string(value as string);
  if (type === 'bool') return Buffer.of(Number(value));
  if (type === 'u64') return u64(value as number);
  if (type === 'i64') return Buffer.from(BigInt64Array.of(BigInt(value as number)).buffer);
  if (type !== 'array') return Buffer.from(numbers[type].of(value as number).buffer);
  const values = value as unknown[];
  const element = of!;
  const nested = element === 'array' ? 'u8' : undefined;
  const head = Buffer.concat([u32(valueTypes.indexOf(element)), u64(values.length)]);
  return Buffer.concat([head, ...values.map((v) => encode(element, v, nested))]);
}

const pad = (bytes: number, to: number): Buffer => Buffer.alloc((to - (bytes % to)) % to);
const typeNumber = (type: string | number): number =>
  typeof type === 'number' ? type : [...ggmlNames].find(([, name]) => name === type)![0];

export function makeGguf({
  version = 3,
  metadata = [],
  tensors = [],
  alignment = 32,
  numTensors = tensors.length,
  numEntries = metadata.length,
}: GgufParts): Buffer {
  const head: Buffer[] = [Buffer.from('GGUF'), u32(version), u64(numTensors), u64(numEntries)];
  for (const [key, type, value, of] of metadata) {
    head.push(string(key), u32(valueTypes.indexOf(type)), encode(type, value, of));
  }
  const body: Buffer[] = [];
  let at = 0;
  for (const { name, type, dims, data, offset = at } of tensors) {
    head.push(string(name), u32(dims.length), ...dims.map(u64), u32(typeNumber(type)), u64(offset));
    const padded = Buffer.concat([data, pad(data.length, alignment)]);
    body.push(padded);
    at += padded.length;
  }
  const start = Buffer.concat(head);
  return Buffer.concat([start, pad(start.length, alignment), ...body]);
}

/** Values that differ from byte to byte. */
export const bytes = (length: number, seed = 1): Uint8Array =>
  Uint8Array.from({ length }, (_, i) => seed + i * 13);

const norm = (name: string, n: number): GgufTensor => ({ name, type: 'F32', dims: [n], data: bytes(n * 4) });
const linear = (name: string, rows: number, columns: number): GgufTensor => ({
  name,
  type: 'Q8_0',
  dims: [columns, rows],
  data: bytes((rows * columns * 34) / 32, 5),
});

/** A tiny decoder of a family: two layers, hidden size 32, four heads of 8, two of keys and values. */
export function tinyModel(
  architecture: string,
  metadata: readonly Entry[] = [],
  more: readonly GgufTensor[] = [],
): GgufParts {
  const layer = (i: number): GgufTensor[] => [
    norm(`blk.${i}.attn_norm.weight`, 32),
    linear(`blk.${i}.attn_q.weight`, 32, 32),
    linear(`blk.${i}.attn_k.weight`, 16, 32),
    linear(`blk.${i}.attn_v.weight`, 16, 32),
    linear(`blk.${i}.attn_output.weight`, 32, 32),
    norm(`blk.${i}.ffn_norm.weight`, 32),
    linear(`blk.${i}.ffn_up.weight`, 64, 32),
    linear(`blk.${i}.ffn_down.weight`, 32, 64),
  ];
  const own = (key: string): string => `${architecture}.${key}`;
  return {
    metadata: [
      ['general.architecture', 'string', architecture],
      [own('context_length'), 'u32', 128],
      [own('embedding_length'), 'u32', 32],
      [own('block_count'), 'u32', 2],
      [own('feed_forward_length'), 'u32', 64],
      [own('attention.head_count'), 'u32', 4],
      [own('attention.head_count_kv'), 'u32', 2],
      [own('attention.layer_norm_rms_epsilon'), 'f32', 0.5],
      [own('rope.freq_base'), 'f32', 500000],
      ['tokenizer.ggml.tokens', 'array', ['a', 'b', 'ü'], 'string'],
      ['tokenizer.ggml.bos_token_id', 'u32', 1],
      ['tokenizer.ggml.eos_token_id', 'u32', 2],
      ...metadata,
    ],
    tensors: [
      linear('token_embd.weight', 3, 32),
      norm('output_norm.weight', 32),
      ...layer(0),
      ...layer(1),
      ...more,
    ],
  };
}
export { linear, norm };
