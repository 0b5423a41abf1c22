import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Truncated } from '../../../../lib/models/files/gguf-reader.js';
import { parseGguf, type Gguf } from '../../../../lib/models/files/gguf.js';
import { MiaError } from '../../../../lib/errors.js';
import { failure } from '../../ir/helpers.js';
import { bytes, makeGguf, string, u64, type Entry, type GgufParts, type GgufTensor } from './gguf-maker.js';

const parse = (file: Uint8Array): Gguf => parseGguf(file, file.length);
const f32: GgufTensor = { name: 'a', type: 'F32', dims: [3, 2], data: bytes(24) };

describe('parseGguf', () => {
  it('reads metadata of all types', () => {
    const metadata: Entry[] = [
      ['u8', 'u8', 200],
      ['i8', 'i8', -5],
      ['u16', 'u16', 60000],
      ['i16', 'i16', -300],
      ['u32', 'u32', 4e9],
      ['i32', 'i32', -2e9],
      ['u64', 'u64', 2n ** 40n],
      ['big', 'u64', 2n ** 63n],
      ['i64', 'i64', -(2n ** 40n)],
      ['f32', 'f32', 0.5],
      ['f64', 'f64', 0.1],
      ['yes', 'bool', true],
      ['text', 'string', 'grüße'],
      ['strings', 'array', ['a', '', 'ü'], 'string'],
      ['floats', 'array', [1, 2.5], 'f32'],
      ['bools', 'array', [true, false], 'bool'],
      ['none', 'array', [], 'i32'],
      ['nested', 'array', [[1, 2], [], [3]], 'array'],
    ];
    expect(Object.fromEntries(parse(makeGguf({ metadata })).metadata)).toEqual({
      u8: 200,
      i8: -5,
      u16: 60000,
      i16: -300,
      u32: 4e9,
      i32: -2e9,
      u64: 2 ** 40,
      big: 2n ** 63n,
      i64: -(2 ** 40),
      f32: 0.5,
      f64: 0.1,
      yes: true,
      text: 'grüße',
      strings: ['a', '', 'ü'],
      floats: Float32Array.of(1, 2.5),
      bools: Uint8Array.of(1, 0),
      none: new Int32Array(),
      nested: [Uint8Array.of(1, 2), new Uint8Array(), Uint8Array.of(3)],
    });
  });

  it('takes text that is not UTF-8, as some vocabularies have it', () => {
    const odd = string(Buffer.from([0x61, 0xff]));
    const file = makeGguf({ metadata: [['k', 'string', 'ab']] });
    file.set(odd, file.length - (file.length - 24 - 8 - 1 - 4));
    expect(parse(file).metadata.get('k')).toBe('a\ufffd');
  });

  it('finds tensors, shapes row-major, in versions 2 and 3 and at any alignment', () => {
    for (const version of [2, 3]) {
      for (const alignment of [1, 8, 32, 128]) {
        const q4k: GgufTensor = { name: 'q', type: 'Q4_K', dims: [256, 2, 2], data: bytes(4 * 144) };
        const file = makeGguf({
          version,
          alignment,
          metadata: [['general.alignment', 'u32', alignment]],
          tensors: [f32, q4k],
        });
        const { tensors, version: read } = parse(file);
        expect(read).toBe(version);
        const [a, q] = [tensors.get('a')!, tensors.get('q')!];
        expect(a).toMatchObject({ dtype: 'f32', shape: [2, 3] });
        expect(q).toMatchObject({ dtype: 'q4_k', shape: [2, 2, 256] });
        expect(new Uint8Array(file.subarray(a.begin, a.end))).toEqual(f32.data);
        expect(new Uint8Array(file.subarray(q.begin, q.end))).toEqual(q4k.data);
        expect(q.begin % alignment).toBe(0);
      }
    }
  });

  it.each([
    ['F32', 'f32', 4, 1], ['F16', 'f16', 2, 1], ['BF16', 'bf16', 2, 1], ['F64', 'f64', 8, 1],
    ['Q8_0', 'q8_0', 34, 32], ['Q4_0', 'q4_0', 18, 32], ['Q4_K', 'q4_k', 144, 256], ['Q6_K', 'q6_k', 210, 256],
    ['I8', 'i8', 1, 1], ['I16', 'i16', 2, 1], ['I32', 'i32', 4, 1], ['I64', 'i64', 8, 1],
  ])('knows %s', (type, dtype, size, block) => {
    const file = makeGguf({ tensors: [{ name: 'a', type, dims: [block, 3], data: bytes(size * 3) }] });
    const place = parse(file).tensors.get('a')!;
    expect(place).toMatchObject({ dtype, shape: [3, block] });
    expect(place.end - place.begin).toBe(size * 3);
  }); // prettier-ignore

  it.each([
    ['Q5_K', 'Q5_K'],
    ['Q4_1', 'Q4_1'],
    ['IQ4_NL', 'IQ4_NL'],
    ['MXFP4', 'MXFP4'],
    [4, '4'],
    [999, '999'],
  ])('says that it lacks type %s', (type, shown) => {
    const file = makeGguf({ tensors: [{ ...f32, type }] });
    const error = failure(() => parse(file), 'ERR_UNSUPPORTED');
    expect(error.message).toContain(`tensor 'a' is of type ${shown}: expected F32 F16 BF16`);
  });

  const bad: [string, GgufParts | Buffer, string][] = [
    ['no bytes', Buffer.alloc(0), "does not start with 'GGUF'"],
    ['another magic', Buffer.from('GGML\x03\0\0\0'), "does not start with 'GGUF'"],
    ['only a magic', Buffer.from('GGUF'), 'ends inside the version'],
    ['more tensors than the file has room for', { numTensors: 2n ** 40n }, 'too many tensors'],
    ['more metadata than the file has room for', { numEntries: 1000 }, 'too many metadata entries'],
    ['a count beyond 2^53', { numTensors: 2n ** 63n }, 'absurd'],
    ['fewer entries than counted', { metadata: [['a', 'u8', 1]], numEntries: 2 }, 'bad length of key 1'],
    ['fewer tensors than counted', { tensors: [f32], numTensors: 2 }, 'bad length of the name of tensor 1'],
    ['a key twice', { metadata: [['a', 'u8', 1], ['a', 'u8', 2]] }, "key 'a' is there twice"],
    ['an empty key', { metadata: [['', 'u8', 1]] }, 'bad length of key 0'],
    ['a key of 64 KiB', { metadata: [['k'.repeat(65536), 'u8', 1]] }, 'bad length of key 0'],
    ['a tensor twice', { tensors: [f32, f32] }, "tensor 'a' is there twice"],
    ['a name of 65 bytes', { tensors: [{ ...f32, name: 'n'.repeat(65) }] }, 'bad length of the name of tensor 0'],
    ['no dimensions', { tensors: [{ ...f32, dims: [] }] }, 'bad number of dimensions: expected 1 to 4, got 0'],
    ['five dimensions', { tensors: [{ ...f32, dims: [1, 1, 1, 1, 1] }] }, 'bad number of dimensions'],
    ['a size of 0', { tensors: [{ ...f32, dims: [0, 3] }] }, 'bad shape: expected sizes of at least 1, got [0, 3]'],
    ['a size of 2^63', { tensors: [{ ...f32, dims: [2n ** 63n] }] }, 'absurd'],
    ['sizes that overflow', { tensors: [{ ...f32, dims: [2 ** 32, 2 ** 32, 2 ** 32, 2 ** 32] }] }, 'leaves the file'],
    ['a cut block', { tensors: [{ ...f32, type: 'Q8_0', dims: [33] }] }, 'rows cut a block of Q8_0: expected multiples of 32'],
    ['an unaligned offset', { tensors: [{ ...f32, offset: 4 }] }, 'unaligned offset: expected a multiple of 32, got 4'],
    ['an offset beyond the file', { tensors: [{ ...f32, offset: 64 }] }, 'leaves the file'],
    ['an offset beyond 2^53', { tensors: [{ ...f32, offset: 2n ** 60n }] }, 'absurd'],
    ['tensors that overlap', { tensors: [f32, { ...f32, name: 'b', offset: 0 }] }, 'overlaps the one before'],
    ['alignment 0', { metadata: [['general.alignment', 'u32', 0]] }, 'bad general.alignment'],
    ['alignment 24', { metadata: [['general.alignment', 'u32', 24]] }, 'bad general.alignment: expected a power of two'],
    ['alignment in text', { metadata: [['general.alignment', 'string', '32']] }, 'bad general.alignment'],
  ]; // prettier-ignore
  it.each(bad)('refuses %s', (_, parts, message) => {
    const error = failure(() => parse(Buffer.isBuffer(parts) ? parts : makeGguf(parts)), 'ERR_FORMAT');
    expect(error.op).toBe('gguf');
    expect(error.message).toContain(message);
  });

  it.each([0, 1, 4, 0x03000000])('refuses version %d', (version) => {
    failure(() => parse(makeGguf({ version })), 'ERR_UNSUPPORTED');
  });

  it('refuses names and keys that are not UTF-8, unknown types, and arrays nested without end', () => {
    const head = (entries: number, ...rest: Buffer[]): Buffer =>
      Buffer.concat([makeGguf({ numEntries: entries }).subarray(0, 24), ...rest, Buffer.alloc(64)]);
    const u32 = (n: number): Buffer => Buffer.of(n, 0, 0, 0);
    const notText = head(1, string(Buffer.of(0xff)));
    expect(failure(() => parse(notText), 'ERR_FORMAT').message).toContain('key 0 is not UTF-8');
    const oddType = head(1, string('k'), u32(13));
    expect(failure(() => parse(oddType), 'ERR_FORMAT').message).toContain("key 'k' has an unknown type");
    const nested = Array.from({ length: 9 }, () => Buffer.concat([u32(9), u64(1)]));
    const deep = head(1, string('k'), u32(9), ...nested);
    expect(failure(() => parse(deep), 'ERR_FORMAT').message).toContain('nested deeper');
    const long = head(1, string('k'), u32(9), u32(8), u64(2n ** 52n));
    expect(failure(() => parse(long), 'ERR_FORMAT').message).toContain('ends inside');
  });

  it('says Truncated of every beginning, and reads tensors that lie beyond it', () => {
    const file = makeGguf({ metadata: [['k', 'array', ['a', 'b'], 'string']], tensors: [f32] });
    const { tensors } = parse(file);
    for (let n = 4; n < tensors.get('a')!.begin; n++) {
      let error: unknown;
      try {
        expect(parseGguf(file.subarray(0, n), file.length).tensors).toEqual(tensors); // what is cut is padding
      } catch (e) {
        error = e;
      }
      if (error !== undefined) expect(error).toBeInstanceOf(Truncated);
    }
    for (let n = 0; n < file.length - 8; n++) failure(() => parse(file.subarray(0, n)), 'ERR_FORMAT');
  });

  it('reads whatever the maker writes', () => {
    const tensor = fc.tuple(
      fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 4 }),
      fc.nat(255),
    );
    fc.assert(
      fc.property(
        fc.array(tensor, { maxLength: 6 }),
        fc.array(fc.string(), { maxLength: 5 }),
        (shapes, texts) => {
          const tensors = shapes.map(([dims, seed], i) => {
          const data = bytes(dims.reduce((a, b) => a * b, 2), seed);
          return { name: `t${i}`, type: 'F16', dims, data };
        }); // prettier-ignore
          const file = makeGguf({ tensors, metadata: [['texts', 'array', texts, 'string']] });
          const read = parse(file);
          expect(read.metadata.get('texts')).toEqual(texts.map((t) => Buffer.from(t).toString()));
          for (const { name, dims, data } of tensors) {
            const { shape, begin, end } = read.tensors.get(name)!;
            expect(shape).toEqual([...dims].reverse());
            expect(new Uint8Array(file.subarray(begin, end))).toEqual(data);
          }
        },
      ),
    );
    expect(() => parse(Buffer.from('GGUF'))).toThrow(MiaError);
  });
});
