import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, type ScalarDType } from '../../../lib/dtype.js';
import {
  arrayOf,
  parseSafetensors,
  writeSafetensors,
  type StoredTensor,
} from '../../../lib/ir/safetensors.js';
import { failure } from './helpers.js';
import { readSafetensors } from './safetensors-reader.js';

/** A file with this header, exactly as given, and this many bytes of data. */
function file(header: string | object, bodyBytes = 0, length?: number): Uint8Array {
  const text = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(length ?? text.length));
  return Buffer.concat([head, text, Buffer.alloc(bodyBytes, 7)]);
}
const f32 = (shape: unknown, ...offsets: unknown[]) => ({ dtype: 'F32', shape, data_offsets: offsets });

const scalars: ScalarDType[] = [
  'f64',
  'f32',
  'f16',
  'bf16',
  'i64',
  'i32',
  'i16',
  'i8',
  'u64',
  'u32',
  'u16',
  'u8',
  'bool',
];

const tensor: fc.Arbitrary<StoredTensor> = fc
  .tuple(fc.constantFrom(...scalars), fc.array(fc.nat(5), { maxLength: 4 }), fc.nat())
  .map(([dtype, shape, seed]) => ({
    dtype,
    shape,
    data: Uint8Array.from({ length: shape.reduce((a, b) => a * b, bytesOf(dtype)) }, (_, i) => seed + i * 13),
  }));
const files = fc.tuple(
  fc.uniqueArray(
    fc.tuple(
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', '1', '')),
      tensor,
    ),
    {
      selector: ([name]) => name,
      maxLength: 8,
    },
  ),
  fc.dictionary(fc.string(), fc.string()).map((d) => Object.entries(d)),
);

describe('parseSafetensors', () => {
  it('reads a file made by hand, without copying', () => {
    const bytes = file(
      {
        __metadata__: { format: 'pt' },
        a: f32([2, 1], 4, 12),
        b: { dtype: 'BOOL', shape: [4], data_offsets: [0, 4] },
      },
      12,
    );
    const { metadata, tensors } = parseSafetensors(bytes);
    expect([...metadata]).toEqual([['format', 'pt']]);
    expect([...tensors.keys()]).toEqual(['a', 'b']);
    expect(tensors.get('a')).toMatchObject({ dtype: 'f32', shape: [2, 1] });
    expect(tensors.get('b')).toMatchObject({ dtype: 'bool', shape: [4] });
    const { data } = tensors.get('a')!;
    expect([data.buffer, data.byteOffset, data.length]).toEqual([
      bytes.buffer,
      bytes.byteOffset + bytes.length - 8,
      8,
    ]);
  });

  it('reads an empty file, scalars, empty tensors and trailing spaces', () => {
    expect(parseSafetensors(file('{}')).tensors.size).toBe(0);
    const odd = file(
      `${JSON.stringify({ s: f32([], 0, 4), e: f32([3, 0], 4, 4), e0: f32([0], 0, 0) })}   \n`,
      4,
    );
    expect([...parseSafetensors(odd).tensors.values()].map((t) => t.data.length)).toEqual([4, 0, 0]);
  });

  const cases: [string, unknown, string][] = [
    ['no bytes', new Uint8Array(), 'too short'],
    ['seven bytes', new Uint8Array(7), 'too short'],
    ['no Uint8Array', 'abc', "not bytes: expected a Uint8Array, got 'abc'"],
    ['an ArrayBuffer', new ArrayBuffer(8), 'not bytes'],
    ['a header beyond the file', file('{}', 0, 3), 'bad header length'],
    ['a header of 2^64 - 1', new Uint8Array(64).fill(255), 'bad header length'],
    ['a header beyond the limit', Buffer.concat([file('{', 100_000_100, 100_000_001)]), 'at most 100000000'],
    ['an empty header', file(''), "does not start with '{'"],
    ['leading space', file(' {}'), "does not start with '{'"],
    ['a byte order mark', file('\ufeff{}'), "does not start with '{'"],
    ['a list', file('[]'), "does not start with '{'"],
    ['no UTF-8', Buffer.concat([file('', 0, 3), Buffer.from([0x7b, 0xff, 0x7d])]), 'is not UTF-8'],
    ['broken JSON', file('{"a":}'), 'is not JSON'],
    ['text after the header', file('{}{}'), 'is not JSON'],
    [
      'a name twice',
      file(
        '{"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]},"a":{"dtype":"U8","shape":[0],"data_offsets":[0,0]}}',
      ),
      'names a key twice',
    ],
    ['deep nesting', file(`{"a":${'['.repeat(1e6)}`), 'is nested deeper than 3'],
    ['metadata that is no object', file({ __metadata__: [] }), 'bad __metadata__'],
    [
      'metadata that is no text',
      file({ __metadata__: { a: 1 } }),
      "bad __metadata__ 'a': expected a string, got 1",
    ],
    ['an entry that is no object', file({ a: 1 }), "tensor 'a': bad entry"],
    ['null', file({ a: null }), "tensor 'a': bad entry"],
    ['an unknown dtype', file({ a: { dtype: 'F7', shape: [0], data_offsets: [0, 0] } }), 'unknown dtype'],
    [
      'a dtype of Object',
      file({ a: { dtype: 'constructor', shape: [0], data_offsets: [0, 0] } }),
      'unknown dtype',
    ],
    ['no dtype', file({ a: { shape: [0], data_offsets: [0, 0] } }), 'unknown dtype'],
    ['no shape', file({ a: { dtype: 'F32', data_offsets: [0, 4] } }, 4), 'bad shape'],
    ['a negative size', file({ a: f32([-1], 0, 4) }, 4), 'bad shape'],
    ['half a size', file({ a: f32([0.5], 0, 2) }, 2), 'bad shape'],
    ['a size in text', file({ a: f32(['1'], 0, 4) }, 4), 'bad shape'],
    ['a size beyond 2^53', file({ a: f32([2 ** 53], 0, 4) }, 4), 'bad shape'],
    ['sizes whose product overflows', file({ a: f32([2 ** 40, 2 ** 40], 0, 4) }, 4), 'wrong length'],
    [
      'sizes whose product wraps to the length',
      file({ a: f32([2 ** 32, 2 ** 32, 1], 0, 0) }),
      'wrong length',
    ],
    ['no offsets', file({ a: { dtype: 'F32', shape: [1] } }, 4), 'bad data_offsets'],
    ['three offsets', file({ a: f32([1], 0, 4, 4) }, 4), 'bad data_offsets'],
    ['offsets in text', file({ a: f32([1], '0', '4') }, 4), 'bad data_offsets'],
    ['offsets that go back', file({ a: f32([1], 4, 0) }, 4), 'leave the file'],
    ['offsets beyond the file', file({ a: f32([2], 0, 8) }, 4), 'leave the file'],
    [
      'too little data for the shape',
      file({ a: f32([2], 0, 4) }, 4),
      'wrong length: expected 8 bytes for f32 [2], got 4',
    ],
    ['tensors that overlap', file({ a: f32([2], 0, 8), b: f32([1], 4, 8) }, 8), "tensor 'b' overlaps"],
    ['the same bytes twice', file({ a: f32([1], 0, 4), b: f32([1], 0, 4) }, 4), "tensor 'b' overlaps"],
    ['a hole', file({ a: f32([1], 0, 4), b: f32([1], 8, 12) }, 12), "tensor 'b' leaves a hole"],
    ['a hole at the start', file({ a: f32([1], 4, 8) }, 8), "tensor 'a' leaves a hole"],
    ['bytes after the last tensor', file({ a: f32([1], 0, 4) }, 5), 'bytes that belong to no tensor'],
    ['data without tensors', file('{}', 1), 'bytes that belong to no tensor'],
  ];
  it.each(cases)('refuses %s', (_, bytes, message) => {
    const error = failure(() => parseSafetensors(bytes as Uint8Array), 'ERR_FORMAT');
    expect(error.op).toBe('safetensors');
    expect(error.message).toContain(message);
  });

  it.each(['F8_E4M3', 'F8_E5M2', 'F4', 'C64'])('knows %s, and that Mia has none', (dtype) => {
    const bytes = file({ a: { dtype, shape: [0], data_offsets: [0, 0] } });
    const error = failure(() => parseSafetensors(bytes), 'ERR_UNSUPPORTED');
    expect(error.message).toContain(`tensor 'a' has dtype ${dtype}`);
  });

  it('refuses every truncation', () => {
    const whole = writeSafetensors(
      [['a', { dtype: 'f32', shape: [3], data: new Uint8Array(12) }]],
      [['k', 'v']],
    );
    for (let n = 0; n < whole.length; n++)
      failure(() => parseSafetensors(whole.subarray(0, n)), 'ERR_FORMAT');
  });
});

describe('writeSafetensors', () => {
  it('comes back equal, for this reader and another one', () => {
    fc.assert(
      fc.property(files, ([tensors, metadata]) => {
        const bytes = writeSafetensors(tensors, metadata);
        const mine = parseSafetensors(bytes);
        expect(new Map(mine.metadata)).toEqual(new Map(metadata));
        expect(new Map(mine.tensors)).toEqual(new Map(tensors));
        const other = readSafetensors(bytes);
        expect(other.metadata).toEqual(Object.fromEntries(metadata));
        for (const [name, { shape, data }] of tensors) {
          if (name === '__proto__') continue; // the other reader's rest pattern makes it a prototype
          const found = other.tensors.get(name)!;
          expect([found.shape, new Uint8Array(found.data)]).toEqual([shape, data]);
        }
      }),
    );
  });

  it('aligns data to 64 bytes where the sizes allow it, and every element to its size', () => {
    fc.assert(
      fc.property(files, ([tensors, metadata]) => {
        const bytes = writeSafetensors(tensors, metadata);
        for (const [name, { dtype, data }] of parseSafetensors(bytes).tensors) {
          const whole = tensors.find(([n]) => n === name)![1].data.length % 64 === 0;
          if (data.length > 0) expect(data.byteOffset % (whole ? 64 : bytesOf(dtype))).toBe(0);
        }
      }),
    );
  });

  it('pads the header with spaces and writes the same bytes for the same input', () => {
    const write = (): Uint8Array =>
      writeSafetensors(new Map([['a', { dtype: 'u8', shape: [1], data: new Uint8Array([9]) } as const]]));
    const text = Buffer.from(write()).toString('latin1', 8);
    expect(text).toBe(`${'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}'.padEnd(56)}\t`);
    expect(write()).toEqual(write());
  });

  const one: StoredTensor = { dtype: 'f32', shape: [1], data: new Uint8Array(4) };
  it.each<[string, [string, StoredTensor][], string]>([
    [
      'a name twice',
      [
        ['a', one],
        ['a', one],
      ],
      "'a' is taken",
    ],
    ['the name of the metadata', [['__metadata__', one]], "'__metadata__' is taken"],
    ['data of another length', [['a', { ...one, shape: [2] }]], 'wrong length'],
  ])('refuses %s', (_, tensors, message) => {
    expect(failure(() => writeSafetensors(tensors), 'ERR_FORMAT').message).toContain(message);
  });
});

describe('arrayOf', () => {
  it('is a view where aligned, else a copy, of the same elements', () => {
    const bytes = new Uint8Array(Float32Array.of(1, 2, 3).buffer);
    const shifted = new Uint8Array(13);
    shifted.set(bytes, 1);
    const aligned = arrayOf({ dtype: 'f32', shape: [3], data: bytes });
    const copied = arrayOf({ dtype: 'f32', shape: [3], data: shifted.subarray(1) });
    expect(aligned.buffer).toBe(bytes.buffer);
    expect(copied.buffer).not.toBe(shifted.buffer);
    const buffer = arrayOf({ dtype: 'f32', shape: [3], data: Buffer.from(shifted.buffer, 1) }); // its slice() is a view
    for (const array of [aligned, copied, buffer]) expect(array).toEqual(Float32Array.of(1, 2, 3));
    expect(arrayOf({ dtype: 'bf16', shape: [2], data: bytes.subarray(0, 4) })).toBeInstanceOf(Uint16Array);
  });
});
