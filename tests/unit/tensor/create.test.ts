import { describe, expect, test } from 'vitest';
import type { DType } from '../../../lib/dtype.js';
import { Layout } from '../../../lib/layout/index.js';
import { Tensor } from '../../../lib/tensor/tensor.js';
import { fakeDevice } from '../fake-device.js';
import { failure, type Any } from './helpers.js';

const device = fakeDevice();
const bytesOf = (t: Any): Uint8Array => t.peek('test').storage!.peek()!;
const wrong = (value: unknown): never => value as never;

describe('create', () => {
  const arrays: [ArrayBufferView, DType][] = [
    [new Float32Array(6), 'f32'],
    [new Float64Array(6), 'f64'],
    [new Int8Array(6), 'i8'],
    [new Uint8Array(6), 'u8'],
    [new Uint8ClampedArray(6), 'u8'],
    [Buffer.alloc(6), 'u8'],
    [new Int16Array(6), 'i16'],
    [new Uint16Array(6), 'u16'],
    [new Int32Array(6), 'i32'],
    [new Uint32Array(6), 'u32'],
    [new BigInt64Array(6), 'i64'],
    [new BigUint64Array(6), 'u64'],
    [new Float32Array(new SharedArrayBuffer(24)), 'f32'],
  ];
  test.each(arrays)('the dtype follows the array: %#', (data, dtype) => {
    using t = Tensor.create(device, [2, 3], data) as Any;
    expect([t.dtype, t.shape]).toEqual([dtype, [2, 3]]);
  });

  const asked: [DType, ArrayBufferView, number[]][] = [
    ['f16', new Uint16Array(6), [6]],
    ['bf16', new Uint16Array(6), [6]],
    ['bool', new Uint8Array(6), [6]],
    ['f32x4', new Float32Array(24), [6]],
    ['f16x4', new Uint16Array(24), [2, 3]],
    ['u8x4', new Uint8Array(8), [2]],
    ['u4x8', new Uint32Array(3), [3]],
    ['u8', new Uint8ClampedArray(2), [2]],
  ];
  test.each(asked)('%s lies in its array', (dtype, data, shape) => {
    using t = Tensor.create(device, shape, wrong(data), dtype);
    expect([t.dtype, t.shape]).toEqual([dtype, shape]);
  });

  test('borrows the memory of the array, and of a part of one', () => {
    const data = new Float32Array([0, 1, 2, 3]);
    using t = Tensor.create(device, [2], data.subarray(1, 3));
    data[2] = 7;
    expect(new Float32Array(bytesOf(t).slice().buffer)).toEqual(new Float32Array([1, 7]));
    expect(device.memory().liveBytes).toBe(8);
  });

  test('a class is what its memory is, not what it calls itself', () => {
    class Pretender extends Uint16Array {
      override get [Symbol.toStringTag](): never {
        return 'Float16Array' as never;
      }
    }
    using t = Tensor.create(device, [2], wrong(new Pretender([1, 2]))) as Any;
    expect([t.dtype, new Uint16Array(bytesOf(t).slice().buffer)]).toEqual(['u16', new Uint16Array([1, 2])]);
  });

  test('numbers are copied into the array of the dtype', () => {
    const bytes = (values: unknown, dtype?: DType): number[] => {
      using t = Tensor.create(device, [2], wrong(values), dtype);
      return [...bytesOf(t)];
    };
    expect(bytes([1, 2])).toEqual([...new Uint8Array(new Float32Array([1, 2]).buffer)]);
    expect(bytes([1, -2], 'i8')).toEqual([1, 254]);
    expect(bytes([1, 0], 'bool')).toEqual([1, 0]);
    expect(bytes([1, -2], 'i64')).toEqual([...new Uint8Array(new BigInt64Array([1n, -2n]).buffer)]);
    expect(bytes([1n, 2n ** 63n - 1n])).toEqual([
      ...new Uint8Array(new BigInt64Array([1n, 2n ** 63n - 1n]).buffer),
    ]);
    expect(bytes([1, -2], 'f16')).toEqual([0x00, 0x3c, 0x00, 0xc0]);
    expect(bytes([1, NaN], 'bf16')).toEqual([0x80, 0x3f, 0xc0, 0x7f]);
  });

  test('a Layout says where the elements lie; a shape means row-major', () => {
    using rows = Tensor.create(device, [2, 3], new Float32Array(6));
    using columns = Tensor.create(device, Layout.colMajor([2, 3]), new Float32Array(6));
    using padded = Tensor.create(device, new Layout([2, 3], [4, 1]), new Float32Array(7));
    using line = Tensor.create(device, new Layout(6), new Float32Array(6));
    using nested = Tensor.create(device, new Layout([[2, 2], 3]), new Float32Array(12));
    expect([rows, columns, padded, line, nested].map((t) => `${t.layout}`)).toEqual([
      '(2,3):(3,1)',
      '(2,3):(1,2)',
      '(2,3):(4,1)',
      '(6):(1)',
      '((2,2),3):((1,2),4)',
    ]);
    expect(nested.shape).toEqual([4, 3]);
    expect(line.shape).toEqual([6]);
  });

  test('empty and scalar tensors', () => {
    using empty = Tensor.create(device, [0, 3], new Float32Array(0));
    using scalar = Tensor.create(device, [], [7]);
    expect([empty.shape, scalar.shape]).toEqual([[0, 3], []]);
  });

  const detached = new Float32Array(6);
  structuredClone(detached, { transfer: [detached.buffer] });
  const emptyDetached = new Float32Array(0);
  structuredClone(emptyDetached, { transfer: [emptyDetached.buffer] });
  const resizable = new (ArrayBuffer as unknown as new (n: number, o: object) => ArrayBuffer)(8, {
    maxByteLength: 16,
  });

  type Row = [name: string, shape: unknown, data: unknown, dtype: unknown, code: string, says: string];
  const refusals: Row[] = [
    ['too short', [2, 3], new Float32Array(5), undefined, 'ERR_SHAPE', 'wrong length of data for f32 of shape [2, 3]: expected 6, got 5'],
    ['too long', [2], [1, 2, 3], undefined, 'ERR_SHAPE', 'expected 2, got 3'],
    ['lanes missing', [6], new Float32Array(6), 'f32x4', 'ERR_SHAPE', 'expected 24, got 6'],
    ['shorter than a layout', new Layout([2, 3], [4, 1]), new Float32Array(6), undefined, 'ERR_SHAPE', 'wrong length of data for f32 of layout (2,3):(4,1): expected 7, got 6'],
    ['a layout that goes back', new Layout([2], [-1]), new Float32Array(2), undefined, 'ERR_LAYOUT', 'reaches before the first element'],
    ['NaN size', [NaN], new Float32Array(2), undefined, 'ERR_SHAPE', 'bad size in shape: expected an integer >= 0, got NaN in [NaN]'],
    ['negative size', [-2], new Float32Array(2), undefined, 'ERR_SHAPE', 'bad size in shape'],
    ['fractional size', [1.5], new Float32Array(2), undefined, 'ERR_SHAPE', 'bad size in shape'],
    ['absurd size', [2 ** 52, 4], new Float32Array(2), undefined, 'ERR_SHAPE', 'shape is too large'],
    ['size as text', ['2'], new Float32Array(2), undefined, 'ERR_SHAPE', 'bad size in shape'],
    ['no shape', undefined, new Float32Array(2), undefined, 'ERR_SHAPE', 'bad shape: expected an array of sizes, got undefined'],
    ['a number as shape', 2, new Float32Array(2), undefined, 'ERR_SHAPE', 'bad shape'],
    ['no data', [2], undefined, undefined, 'ERR_DTYPE', 'bad data: expected a typed array or an array of numbers, got undefined'],
    ['a buffer as data', [2], new ArrayBuffer(8), undefined, 'ERR_DTYPE', 'got a ArrayBuffer'],
    ['a DataView as data', [2], new DataView(new ArrayBuffer(8)), undefined, 'ERR_DTYPE', 'got a DataView'],
    ['text in data', [2], [1, '2'], undefined, 'ERR_DTYPE', "element 1, '2', does not fit f32"],
    ['a hole in data', [2], new Array(2), undefined, 'ERR_DTYPE', 'element 0, undefined, does not fit f32'],
    ['a bigint among numbers', [2], [1, 2n], undefined, 'ERR_DTYPE', 'element 1, 2n, does not fit f32'],
    ['a fraction in integers', [2], [1, 0.5], 'i32', 'ERR_DTYPE', 'element 1, 0.5, does not fit i32'],
    ['out of range', [2], [1, 256], 'u8', 'ERR_DTYPE', 'element 1, 256, does not fit u8'],
    ['out of 64 bits', [1], [2n ** 64n], 'u64', 'ERR_DTYPE', 'does not fit u64'],
    ['two in bools', [2], [1, 2], 'bool', 'ERR_DTYPE', 'element 1, 2, does not fit bool'],
    ['floats asked of integers', [2], new Int32Array(2), 'f32', 'ERR_DTYPE', 'f32 does not lie in this array: expected a Float32Array, got a Int32Array'],
    ['f16 asked of floats', [2], new Float32Array(2), 'f16', 'ERR_DTYPE', 'f16 does not lie in this array: expected a Uint16Array'],
    ['a dtype unheard of', [2], new Float32Array(2), 'f8', 'ERR_DTYPE', "unknown dtype"],
    ['detached', [6], detached, undefined, 'ERR_SHAPE', 'the buffer of the data is detached'],
    ['detached and empty', [0], emptyDetached, undefined, 'ERR_SHAPE', 'the buffer of the data is detached'],
    ['resizable', [2], new Float32Array(resizable), undefined, 'ERR_SHAPE', 'could shrink'],
  ]; // prettier-ignore
  test.each(refusals)('refuses %s', (_, shape, data, dtype, code, says) => {
    const before = device.memory();
    const error = failure(() => Tensor.create(device, wrong(shape), wrong(data), wrong(dtype)));
    expect(error.message).toContain(`create: `);
    expect(error.message).toContain(says);
    expect(error).toMatchObject({ code, op: 'create' });
    expect(device.memory()).toMatchObject({ liveTensors: before.liveTensors, liveBytes: before.liveBytes });
  });
});

describe('made from nothing', () => {
  const summary = (t: Any): string => {
    const text = t.tape.ops.map((e) => `${e.op}${JSON.stringify(e.attrs)}`).join(' ');
    const made = `${t.dtype} [${t.shape}] ${text}`;
    t.dispose();
    return made;
  };

  test('zeros, ones, full', () => {
    expect(summary(Tensor.zeros(device, [2, 3]))).toBe(
      'f32 [2,3] full{"value":0,"dtype":"f32","shape":[2,3]}',
    );
    expect(summary(Tensor.ones(device, [], 'i64'))).toBe('i64 [] full{"value":1,"dtype":"i64","shape":[]}');
    expect(summary(Tensor.full(device, [2], Infinity))).toBe(
      'f32 [2] full{"value":"Infinity","dtype":"f32","shape":[2]}',
    );
  });

  test('arange', () => {
    const size = (...args: unknown[]): string => {
      const t = (Tensor.arange as (...a: unknown[]) => Any)(device, ...args);
      const ops = t.tape.ops.filter((e) => e.op !== 'full').map((e) => e.op);
      const made = `${t.dtype} [${t.shape}] ${ops.join(' ')}`;
      t.dispose();
      return made;
    };
    expect(size(5)).toBe('f32 [5] iota');
    expect(size(5, 'i32')).toBe('i32 [5] iota');
    expect(size(2, 5)).toBe('f32 [3] iota add');
    expect(size(0, 1, 0.25)).toBe('f32 [4] iota mul');
    expect(size(5, 0, -2, 'i32')).toBe('i32 [3] iota mul add');
    expect(size(0, 1, 0.3)).toBe('f32 [4] iota mul');
    expect(size(5, 0)).toBe('f32 [0] iota add');
    expect(size(-3)).toBe('f32 [0] iota');
  });

  const refusals: [string, () => unknown, string, string][] = [
    ['a fraction of integers', () => Tensor.full(device, [2], 0.5, 'i32'), 'ERR_DTYPE', 'full: number does not fit i32'],
    ['text', () => Tensor.full(device, [2], wrong('1')), 'ERR_SHAPE', 'full: bad value'],
    ['a NaN size', () => Tensor.zeros(device, [NaN]), 'ERR_SHAPE', 'zeros: bad size in shape'],
    ['an absurd shape', () => Tensor.ones(device, [2 ** 60]), 'ERR_SHAPE', 'ones: bad size'],
    ['a Layout', () => Tensor.zeros(device, wrong(new Layout([2]))), 'ERR_SHAPE', 'zeros: bad shape'],
    ['a step of zero', () => Tensor.arange(device, 0, 5, 0), 'ERR_SHAPE', 'arange: bad step'],
    ['an infinite range', () => Tensor.arange(device, Infinity), 'ERR_SHAPE', 'arange: bad stop'],
    ['a NaN start', () => Tensor.arange(device, NaN, 5), 'ERR_SHAPE', 'arange: bad start'],
    ['a range of bools', () => Tensor.arange(device, 2, 'bool'), 'ERR_DTYPE', 'arange: cannot count in bool'],
    ['a range of lanes', () => Tensor.arange(device, 2, 'f32x4'), 'ERR_DTYPE', 'arange: cannot count in f32x4'],
    ['a fractional step of integers', () => Tensor.arange(device, 0, 5, 0.5, 'i32'), 'ERR_DTYPE', 'arange: number does not fit i32'],
    ['an absurd range', () => Tensor.arange(device, 0, 1, 1e-300), 'ERR_SHAPE', 'arange: '],
  ]; // prettier-ignore
  test.each(refusals)('refuses %s', (_, call, code, says) => {
    const error = failure(call);
    expect(error.message).toContain(says);
    expect(error.code).toBe(code);
  });
});
