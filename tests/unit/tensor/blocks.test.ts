/** Tensors of block dtypes: what may be seen of them, what is refused and how, files of them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cpu, CpuBuilder } from '../../../lib/cpu/device.js';
import type { BlockDType, DType } from '../../../lib/dtype.js';
import { Layout } from '../../../lib/layout/index.js';
import { apply, defineOp } from '../../../lib/tensor/custom.js';
import { compile, Program } from '../../../lib/tensor/compile.js';
import { spec } from '../../../lib/tensor/spec.js';
import { Tape } from '../../../lib/tensor/tape.js';
import { Tensor } from '../../../lib/tensor/tensor.js';
import { fakeDevice } from '../fake-device.js';
import { readSafetensors } from '../ir/safetensors-reader.js';
import { failure, type Any } from './helpers.js';

/** 3 rows of 2 blocks of q8_0: d is 1, 2, 3... by block, and element i of a block is i. */
const bytes = (): Uint8Array => {
  const out = new Uint8Array(6 * 34);
  const ones = [0x3c00, 0x4000, 0x4200, 0x4400, 0x4500, 0x4600];
  ones.forEach((d, b) => {
    out.set([d & 255, d >> 8], b * 34);
    for (let i = 0; i < 32; i++) out[b * 34 + 2 + i] = i;
  });
  return out;
};
const number = (row: number, column: number): number =>
  (2 * row + Math.floor(column / 32) + 1) * (column % 32);

let device: Cpu;
beforeAll(async () => void (device = await Cpu.create()));
afterAll(() => device.close());
const q8 = (): Tensor<Cpu, 'q8_0', [3, 64]> => Tensor.create(device, [3, 64], bytes(), 'q8_0');
const values = async (t: Any): Promise<number[]> => [...((await t.to('f32').back()) as Float32Array)];

test('blocks by hand say what they say', async () => {
  const q4 = Uint8Array.of(0x00, 0xb8, ...Array.from({ length: 16 }, (_, i) => i + 16 * (15 - i))); // d = -0.5
  expect(await values(Tensor.create(device, [32], q4, 'q4_0'))).toEqual([
    ...Array.from({ length: 16 }, (_, i) => -0.5 * (i - 8)),
    ...Array.from({ length: 16 }, (_, i) => -0.5 * (15 - i - 8)),
  ]);
  expect(await values(q8())).toEqual(
    Array.from({ length: 192 }, (_, i) => number(Math.floor(i / 64), i % 64)),
  );
});

describe('memory', () => {
  test('is lent as raw bytes and comes back as such', async () => {
    expect(await q8().back()).toEqual(bytes());
    const [all, some] = await Tensor.backAll([q8(), q8().slice([[1, 3], [32, 64]])]); // prettier-ignore
    expect(all).toEqual(bytes());
    expect(some).toEqual(Uint8Array.of(...bytes().subarray(3 * 34, 4 * 34), ...bytes().subarray(5 * 34)));
  });
  test('may start anywhere', async () => {
    const shifted = new Uint8Array(6 * 34 + 1);
    shifted.set(bytes(), 1);
    const t = Tensor.create(device, [3, 64], shifted.subarray(1), 'q8_0');
    const x = Tensor.ones(device, [1, 64]);
    expect([...(await x.matmul(t.transpose()).back())]).toEqual([1488, 3472, 5456]);
  });
  test('stays blocks where it is kept', async () => {
    const t = await Tensor.ones(device, [4, 256]).to('q4_k').realize();
    expect(device.memory().liveBytes).toBe(4 * 144);
    t.dispose();
  });
});

describe('views', () => {
  const numbers = (rows: readonly number[], columns: readonly number[]): number[] =>
    rows.flatMap((r) => columns.map((c) => number(r, c)));
  const all = Array.from({ length: 64 }, (_, i) => i);
  test.each<[string, (t: Any) => Any, number[]]>([
    ['rows', (t) => t.slice([[1, 3]]), numbers([1, 2], all)],
    ['a row', (t) => t.slice([1]), numbers([1], all)],
    ['rows backwards', (t) => t.flip(0), numbers([2, 1, 0], all)],
    ['the second block of rows', (t) => t.slice([null, [32, 64]]), numbers([0, 1, 2], all.slice(32))],
    ['rows of blocks', (t) => t.reshape([3, 2, 32]), numbers([0, 1, 2], all)],
    ['one run', (t) => t.reshape([-1]), numbers([0, 1, 2], all)],
    ['more axes', (t) => t.unsqueeze(0).unsqueeze(2), numbers([0, 1, 2], all)],
    ['there and back', (t) => t.transpose().transpose(), numbers([0, 1, 2], all)],
    ['rows repeated', (t) => t.slice([[0, 1]]).broadcastTo([2, 64]), numbers([0, 0], all)],
    ['tiles', (t) => t.tile([2, 1]), numbers([0, 1, 2, 0, 1, 2], all)],
    ['parts joined', (t) => Tensor.concat([t.clone(), t.flip(0)]), numbers([0, 1, 2, 2, 1, 0], all)],
    ['a stack', (t) => Tensor.stack([t.clone(), t]), numbers([0, 1, 2, 0, 1, 2], all)],
  ])('%s', async (_, view, expected) => {
    const t = view(q8());
    expect(t.dtype).toBe('q8_0');
    expect(await values(t)).toEqual(expected);
  });
  test('of column-major memory', async () => {
    const t = Tensor.create(device, new Layout([64, 3], [1, 64]), bytes(), 'q8_0');
    expect([...(await Tensor.ones(device, [2, 64]).matmul(t).back())]).toEqual([
      1488, 3472, 5456, 1488, 3472, 5456,
    ]);
  });
  test('without elements', async () => {
    const t = Tensor.create(device, [0, 64], new Uint8Array(0), 'q8_0');
    expect(await Tensor.ones(device, [2, 64]).matmul(t.transpose()).back()).toEqual(new Float32Array(0));
  });
});

type Row = [name: string, call: (t: Any) => unknown, code: string, says: string];
const wrong = (value: unknown): never => value as never;
const f32 = (t: Any, shape: number[], dtype: DType = 'f32'): Any => Tensor.zeros(t.device, shape, dtype);
const refusals: Row[] = [
  ['a sum', (t) => t.add(wrong(1)), 'ERR_DTYPE', "add: cannot take q8_0; decode it first, with .to('f32')"],
  ['a comparison', (t) => t.lt(wrong(t.clone())), 'ERR_DTYPE', 'lt: cannot take q8_0'],
  ['a fold', (t) => t.sum(), 'ERR_DTYPE', 'sum: cannot take q8_0'],
  ['a row function', (t) => t.softmax(), 'ERR_DTYPE', 'softmax: cannot take q8_0'],
  ['a choice', (t) => f32(t, [3, 64], 'bool').where(t, wrong(t.clone())), 'ERR_DTYPE', 'where: cannot take q8_0'],
  ['a scatter', (t) => t.scatter(f32(t, [3], 'i32'), wrong(t.clone())), 'ERR_DTYPE', 'scatter: cannot take q8_0'],
  ['single elements', (t) => t.takeAlong(f32(t, [3, 1], 'i32'), 1), 'ERR_DTYPE', 'takeAlong: cannot take q8_0'],
  ['a frame', (t) => t.pad([[0, 1], [0, 0]]), 'ERR_DTYPE', 'pad: cannot take q8_0'],
  ['zeros', (t) => Tensor.zeros(t.device, [3, 64], 'q8_0'), 'ERR_DTYPE', 'cannot take q8_0'],
  ['a count', (t) => Tensor.arange(t.device, 32, 'q4_0'), 'ERR_DTYPE', 'arange: cannot count in q4_0'],
  ['numbers', (t) => Tensor.create(t.device, [32], Array<number>(34).fill(1), 'q8_0'), 'ERR_DTYPE', "create f32 and convert with .to('q8_0')"],
  ['floats as blocks', (t) => Tensor.create(t.device, [32], wrong(new Float32Array(34)), 'q8_0'), 'ERR_DTYPE', 'q8_0 does not lie in this array: expected a Uint8Array'],
  ['half a block', (t) => Tensor.create(t.device, [2, 48], new Uint8Array(102), 'q8_0'), 'ERR_SHAPE', 'create: the last axis is not whole blocks of q8_0: expected a multiple of 32, got [2, 48]'],
  ['a scalar', (t) => Tensor.create(t.device, [], new Uint8Array(34), 'q8_0'), 'ERR_SHAPE', 'not whole blocks'],
  ['a byte too few', (t) => Tensor.create(t.device, [2, 32], new Uint8Array(67), 'q8_0'), 'ERR_SHAPE', 'wrong length of data for q8_0 of shape [2, 32]: expected 68, got 67'],
  ['a layout that cuts', (t) => Tensor.create(t.device, new Layout([32, 4], [4, 1]), new Uint8Array(136), 'q8_0'), 'ERR_LAYOUT', 'create: would cut blocks of q8_0'],
  ['a nested layout', (t) => Tensor.create(t.device, new Layout([[2, 32]], [[32, 1]]), new Uint8Array(68), 'q8_0'), 'ERR_LAYOUT', 'would cut blocks'],
  ['part of a block', (t) => t.slice([null, [0, 16]]), 'ERR_LAYOUT', 'slice: would cut blocks of q8_0: 32 elements along one axis lie together in 34 bytes'],
  ['a block between blocks', (t) => t.slice([null, [16, 48]]), 'ERR_LAYOUT', 'slice: would cut'],
  ['every other element', (t) => t.slice([null, [0, 64, 2]]), 'ERR_LAYOUT', 'slice: would cut'],
  ['one element', (t) => t.slice([0, 0]), 'ERR_LAYOUT', 'slice: would cut'],
  ['elements backwards', (t) => t.flip(), 'ERR_LAYOUT', 'slice: would cut'],
  ['short rows', (t) => t.reshape([12, 16]), 'ERR_LAYOUT', 'reshape: would cut'],
  ['rows of a transpose', (t) => t.transpose().reshape([-1]), 'ERR_LAYOUT', 'reshape: would cut'],
  ['bytes', (t) => t.cast('u8'), 'ERR_DTYPE', "cast: the bytes of q8_0 are no elements; use .to('f32')"],
  ['blocks of bytes', (t) => f32(t, [34], 'u8').cast('q8_0'), 'ERR_DTYPE', 'cast: the bytes of q8_0'],
  ['a transpose made contiguous', (t) => t.transpose().contiguous(), 'ERR_LAYOUT', 'contiguous: blocks of q8_0 must run along the last axis; transpose back first: expected axis 1, got axis 0'],
  ['a transpose decoded', (t) => t.transpose().to('f32'), 'ERR_LAYOUT', 'dequantize: blocks of q8_0 must run along the last axis'],
  ['integers from blocks', (t) => t.to('i8'), 'ERR_DTYPE', 'dequantize: blocks convert from and to f32, f16 and bf16'],
  ['other blocks', (t) => t.to('q4_0'), 'ERR_DTYPE', 'quantize: blocks convert from and to'],
  ['blocks of doubles', (t) => f32(t, [32], 'f64').to('q8_0'), 'ERR_DTYPE', 'quantize: blocks convert from and to'],
  ['blocks of short rows', (t) => f32(t, [32, 8]).to('q8_0'), 'ERR_SHAPE', 'quantize: the last axis is not whole blocks of q8_0: expected a multiple of 32, got [32, 8]'],
  ['small rows in large blocks', (t) => f32(t, [2, 128]).to('q6_k'), 'ERR_SHAPE', 'a multiple of 256'],
  ['blocks of a number', (t) => f32(t, []).to('q8_0'), 'ERR_SHAPE', 'quantize: needs at least 1 axis'],
  ['elements at indices', (t) => t.gather(f32(t, [2], 'i32'), 1), 'ERR_SHAPE', 'gather: cannot pick inside blocks of q8_0'],
  ['rows of a transpose at indices', (t) => t.transpose().gather(f32(t, [2], 'i32')), 'ERR_LAYOUT', 'gather: blocks of q8_0 must run along the last axis'],
  ['blocks along N', (t) => f32(t, [2, 3]).matmul(t), 'ERR_LAYOUT', 'matmul: blocks of q8_0 must run along K: give w [N, K] as w.transpose(): expected axis 0, got axis 1 of [3, 64]'],
  ['blocks on the left', (t) => t.matmul(f32(t, [64, 2])), 'ERR_DTYPE', 'matmul: cannot take q8_0'],
  ['halves and blocks', (t) => f32(t, [2, 64], 'f16').matmul(t.transpose()), 'ERR_DTYPE', 'matmul: dtypes differ'],
  ['halves and f32', (t) => f32(t, [2, 64], 'f16').matmul(f32(t, [64, 2])), 'ERR_DTYPE', 'matmul: dtypes differ'],
  ['f32 and wide integers', (t) => f32(t, [2, 64]).matmul(f32(t, [64, 2], 'i32')), 'ERR_DTYPE', 'matmul: dtypes differ'],
  ['f32 and bytes', (t) => f32(t, [2, 64]).matmul(f32(t, [64, 2], 'u8')), 'ERR_DTYPE', 'matmul: dtypes differ'],
  ['another K', (t) => f32(t, [2, 32]).matmul(t.transpose()), 'ERR_SHAPE', 'matmul: K differs'],
  ['an open size of half a block', () => spec('q8_0', [null, 48]), 'ERR_SHAPE', 'spec: the last axis is not whole blocks'],
]; // prettier-ignore

describe('refused', () => {
  test.each(refusals)('%s', (_, call, code, says) => {
    const fake = fakeDevice();
    const t = Tensor.create(fake, [3, 64], bytes(), 'q8_0') as Any;
    const error = failure(() => call(t));
    expect(error.message).toContain(says);
    expect(error.code).toBe(code);
  });
  test('bytes of a transpose', async () => {
    await expect(q8().transpose().back()).rejects.toMatchObject({ code: 'ERR_LAYOUT' });
  });
});

describe('files', () => {
  test('keep blocks as bytes that other readers open', async () => {
    const x = Tensor.ones(device, [2, 64]);
    const tape = x.matmul(q8().transpose()).tape;
    const saved = tape.toBytes();
    const { tensors } = readSafetensors(saved);
    const leaf = tensors.get('leaf.0')!;
    expect([leaf.dtype, leaf.shape]).toEqual(['U8', [3, 2, 34]]);
    expect(Buffer.from(leaf.data)).toEqual(Buffer.from(bytes()));
    const loaded = Tape.fromBytes(saved);
    expect(loaded.toString()).toBe(tape.toString());
    expect(loaded.toBytes()).toEqual(saved);
    const [y] = loaded.bind(device);
    expect([...((await y.back()) as Float32Array)]).toEqual([1488, 3472, 5456, 1488, 3472, 5456]);
    const [z] = loaded.bind(device, { 'leaf.0': bytes() });
    z.dispose();
    expect(failure(() => loaded.bind(device, [bytes().subarray(1)])).message).toContain(
      '204 numbers, got 203',
    );
  });
  test.each<[string, (t: Any) => Any]>([
    ['transposed', (t) => t.transpose()],
    ['of a part', (t) => t.slice([[1, 3], [32, 64]])], // prettier-ignore
    ['column-major', () => Tensor.create(device, new Layout([64, 3], [1, 64]), bytes(), 'q8_0')],
  ])('keep a value %s', async (_, view) => {
    const t = await view(q8()).realize();
    const loaded = Tape.fromBytes(t.tape.toBytes());
    const [again] = loaded.bind(device);
    const decoded = (u: Any): Promise<number[]> =>
      values(u.layout.isRowMajor || u.shape[0] === 2 ? u : u.transpose());
    expect(again.shape).toEqual(t.shape);
    expect(await decoded(again)).toEqual(await decoded(t));
  });
  test.each([
    [
      'another shape of whole blocks',
      (text: string) => text.replaceAll('[3,64]', '[6,32]').replaceAll('[3,2,34]', '[6,1,34]'),
      undefined,
    ],
    ['short rows', (text: string) => text.replaceAll('[3,64]', '[12,16]'), 'cuts blocks of q8_0'],
    ['another dtype', (text: string) => text.replaceAll('q8_0', 'q4_0'), "is not its leaf's"],
    [
      'another number of bytes',
      (text: string) => text.replaceAll('[3,2,34]', '[3,34,2]'),
      "is not its leaf's",
    ],
  ])('with %s', (_, change, says) => {
    const saved = q8().tape.toBytes();
    const length = Number(new DataView(saved.buffer).getBigUint64(0, true));
    const text = new TextDecoder().decode(saved.subarray(8, 8 + length)).replaceAll('\\"', '"');
    expect(change(text)).not.toBe(text);
    const raw = change(new TextDecoder().decode(saved.subarray(8, 8 + length)).trimEnd());
    const header = new TextEncoder().encode(raw.padEnd(length));
    const file = new Uint8Array(8 + header.length + saved.length - 8 - length);
    new DataView(file.buffer).setBigUint64(0, BigInt(header.length), true);
    file.set(header, 8);
    file.set(saved.subarray(8 + length), 8 + header.length);
    if (says === undefined) expect(Tape.fromBytes(file).ops[0].shape).toEqual([6, 32]);
    else {
      const error = failure(() => Tape.fromBytes(file));
      expect(error.message).toContain(says);
      expect(error.code).toBe('ERR_FORMAT');
    }
  });
  test('of programs keep weights and take blocks as inputs', async () => {
    const program = await compile(
      device,
      { x: spec('f32', [null, 64]), w: spec('q8_0', [null, 64]) },
      (i) => ({
        y: i.x.matmul(q8().transpose()),
        w: i.w.clone(),
        z: i.w.to('f32'),
      }),
    );
    const x = new Float32Array(64).fill(1);
    const loaded = await Program.fromBytes(device, (await program.run({ x, w: bytes() }), program.toBytes()));
    for (const p of [program, loaded]) {
      const { y, z, w } = (await p.run({ x, w: bytes().subarray(0, 68) })) as Record<string, Float32Array>;
      expect([...y]).toEqual([1488, 3472, 5456]);
      expect([...z]).toEqual(Array.from({ length: 64 }, (_, i) => number(0, i)));
      expect(w).toEqual(bytes().subarray(0, 68));
      await expect(p.run({ x, w: bytes().subarray(0, 34) })).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    }
    await program.dispose();
    await loaded.dispose();
  });
});

test('custom ops see raw blocks, and make them', async () => {
  const swap = defineOp({ name: 'swapRows', doc: 'two rows swapped', infer: ([x]) => x });
  const cpu = await new CpuBuilder()
    .addDefaultOps()
    .addOp(swap, ([x], y) => {
      const half = x.length / 2;
      (y as Uint8Array).set((x as Uint8Array).subarray(half));
      (y as Uint8Array).set((x as Uint8Array).subarray(0, half), half);
    })
    .build();
  const t = Tensor.create(cpu, [3, 64], bytes(), 'q8_0').slice([[0, 2], [32, 64]]); // prettier-ignore
  const swapped = apply(swap, [t]) as Any;
  expect([swapped.dtype, swapped.shape]).toEqual(['q8_0', [2, 32]]);
  const row = (r: number): number[] => Array.from({ length: 32 }, (_, i) => number(r, 32 + i));
  expect(await values(swapped)).toEqual([...row(1), ...row(0)]);
  const lanes = apply(swap, [Tensor.create(cpu, [2], Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8), 'f32x4')]);
  expect([...((await lanes.back()) as Float32Array)]).toEqual([5, 6, 7, 8, 1, 2, 3, 4]);
  await cpu.close();
});

test.each<BlockDType>(['q8_0', 'q4_0', 'q4_k', 'q6_k'])(
  '%s weights are constants of a program',
  async (type) => {
    const w = Float32Array.from({ length: 512 }, (_, i) => ((i * 37) % 101) / 50 - 1);
    const program = await compile(device, { x: spec('f32', [2, 256]) }, ({ x }) => ({
      y: x.matmul(Tensor.create(device, [2, 256], w).to(type).transpose()),
    }));
    expect((await program.explain()).steps.map((s) => s.kernel)).toEqual([`linear.${type}.f32`]);
    await program.dispose();
  },
);
