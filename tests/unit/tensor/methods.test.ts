import { describe, expect, test } from 'vitest';
import type { DType } from '../../../lib/dtype.js';
import { binary, compare, floatUnary, logical, unary } from '../../../lib/ops/elementwise.js';
import { defaultOps } from '../../../lib/ops/index.js';
import { methods } from '../../../lib/tensor/methods.js';
import { Tensor } from '../../../lib/tensor/tensor.js';
import { fakeDevice } from '../fake-device.js';
import { zeros, type Any } from './helpers.js';

const device = fakeDevice();
const f32 = (...shape: number[]): Any => zeros(device, shape);
const i32 = (...shape: number[]): Any => zeros(device, shape, 'i32');
const bool = (...shape: number[]): Any => zeros(device, shape, 'bool');

/** Ops of a tape after its sources. */
const recorded = (t: Any): string =>
  t.tape.ops
    .filter((entry) => entry.inputs.length > 0)
    .map((entry) => entry.op)
    .join(' ');

type Case = [name: string, make: () => Any, expected: string, ops?: string];

/** What each call gives: `dtype [shape]`, and what it records. */
const cases: Case[] = [
  ['add broadcasts', () => f32(2, 1).add(f32(3)), 'f32 [2,3]', 'add'],
  ['add a number', () => i32(2).add(3), 'i32 [2]', 'add'],
  ['packed add', () => zeros(device, [4], 'f32x4').add(1), 'f32x4 [4]', 'add'],
  ['a comparison', () => i32(2, 1).lt(i32(3)), 'bool [2,3]', 'lt'],
  ['and', () => bool(2).and(bool(2)), 'bool [2]', 'and'],
  ['and a number', () => bool(2).and(1), 'bool [2]', 'and'],
  ['not', () => bool(2).not(), 'bool [2]', 'not'],
  ['condition.where', () => bool(2, 1).where(i32(3), 4), 'i32 [2,3]', 'where'],
  ['condition.where, number first', () => bool(2).where(4, i32(1)), 'i32 [2]', 'where'],
  ['condition.where of numbers', () => bool(2).where(1, 0), 'f32 [2]', 'where'],
  ['condition.where of bools', () => bool(2).where(bool(1), bool(2)), 'bool [2]', 'where'],
  ['x.where', () => i32(2).where(bool(3, 1), 4), 'i32 [3,2]', 'where'],
  ['clamp', () => f32(2, 3).clamp(0, f32(3)), 'f32 [2,3]', 'clamp'],
  ['leakyRelu', () => f32(2).leakyRelu(), 'f32 [2]', 'leakyRelu'],
  ['elu', () => f32(2).elu(0.5), 'f32 [2]', 'elu'],
  ['gelu', () => f32(2).gelu({ approximate: 'tanh' }), 'f32 [2]', 'gelu'],
  ['softmax', () => f32(2, 3).softmax(), 'f32 [2,3]', 'softmax'],
  ['logSoftmax', () => f32(2, 3).logSoftmax(0), 'f32 [2,3]', 'logSoftmax'],
  ['cumsum', () => i32(2, 3).cumsum(), 'i32 [2,3]', 'cumsum'],
  ['layerNorm', () => f32(2, 3).layerNorm(f32(3), f32(3)), 'f32 [2,3]', 'layerNorm'],
  ['layerNorm without b', () => f32(2, 3).layerNorm(f32(3), undefined, 1e-6), 'f32 [2,3]', 'layerNorm'],
  ['layerNorm alone', () => f32(2, 3).layerNorm(), 'f32 [2,3]', 'layerNorm'],
  ['rmsNorm', () => f32(2, 3).rmsNorm(f32(3), 1e-6), 'f32 [2,3]', 'rmsNorm'],
  ['rmsNorm without w', () => f32(2, 3).rmsNorm(null), 'f32 [2,3]', 'rmsNorm'],
  ['groupNorm', () => f32(2, 6, 5).groupNorm(3, f32(6), f32(6)), 'f32 [2,6,5]', 'groupNorm'],
  ['l2Norm', () => f32(2, 3).l2Norm(), 'f32 [2,3]', 'l2Norm'],

  ['sum of all', () => f32(2, 3).sum(), 'f32 []', 'sum'],
  ['sum of an axis', () => f32(2, 3, 4).sum(-2), 'f32 [2,4]', 'sum'],
  ['sum of axes, kept', () => f32(2, 3, 4).sum([0, -1], { keepDims: true }), 'f32 [1,3,1]', 'sum'],
  ['sum of no axes', () => f32(2, 3).sum([]), 'f32 [2,3]', 'sum'],
  ['sum of an empty axis', () => f32(2, 0).sum(-1), 'f32 [2]', 'sum'],
  ['mean', () => f32(2, 3).mean(0), 'f32 [3]', 'mean'],
  ['max of an axis', () => i32(2, 3).max(0), 'i32 [3]', 'max'],
  ['max of a tensor', () => i32(2, 3).max(i32(3)), 'i32 [2,3]', 'maximum'],
  ['maximum of a number', () => i32(2, 3).maximum(0), 'i32 [2,3]', 'maximum'],
  ['min of all', () => f32(2, 3).min(), 'f32 []', 'min'],
  ['min of a tensor', () => f32(2, 3).min(f32(3)), 'f32 [2,3]', 'minimum'],
  ['argmax', () => f32(2, 3).argmax(-1), 'i32 [2]', 'argmax'],
  ['argmax, kept', () => f32(2, 3).argmax(0, { keepDims: true }), 'i32 [1,3]', 'argmax'],
  ['argmax of all', () => f32(2, 3).argmax(), 'i32 []', 'reshape argmax'],
  [
    'argmin of all, kept',
    () => f32(2, 3).argmin(undefined, { keepDims: true }),
    'i32 [1,1]',
    'reshape argmin reshape',
  ],

  ['matmul', () => f32(5, 2, 3).matmul(f32(3, 4)), 'f32 [5,2,4]', 'matmul'],
  ['conv2d', () => f32(2, 3, 8, 9).conv2d(f32(4, 3, 3, 3), { stride: 2 }), 'f32 [2,4,3,4]', 'conv2d'],
  [
    'conv2d with bias',
    () => f32(1, 4, 5, 5).conv2d(f32(6, 2, 3, 3), { bias: f32(6), groups: 2, padding: 'same' }),
    'f32 [1,6,5,5]',
    'conv2d',
  ],
  ['maxPool2d', () => f32(2, 3, 8, 9).maxPool2d(2), 'f32 [2,3,4,4]', 'maxPool2d'],
  ['avgPool2d', () => f32(2, 3, 8, 9).avgPool2d([3, 2], { stride: 1 }), 'f32 [2,3,6,8]', 'avgPool2d'],
  ['matmul of vectors', () => f32(3).matmul(f32(3)), 'f32 []', 'matmul'],
  ['gather', () => f32(5, 3).gather(i32(2, 2)), 'f32 [2,2,3]', 'gather'],
  ['gather of an axis', () => f32(5, 3).gather(i32(7), -1), 'f32 [5,7]', 'gather'],
  ['embedding', () => f32(5, 3).embedding(i32(4)), 'f32 [4,3]', 'gather'],
  ['takeAlong', () => f32(5, 3).takeAlong(i32(5, 1), 1), 'f32 [5,1]', 'takeAlong'],
  ['scatter', () => f32(5, 3).scatter(i32(2), f32(2, 3)), 'f32 [5,3]', 'scatter'],
  ['scatter add', () => f32(5, 3).scatter(i32(2), f32(5, 2), 1, { mode: 'add' }), 'f32 [5,3]', 'scatter'],
  ['topk values', () => f32(5, 3).topk(2).values, 'f32 [5,2]', 'topk takeAlong'],
  ['topk indices', () => f32(5, 3).topk(2, 0, { largest: false }).indices, 'i32 [2,3]', 'topk'],
  ['sample', () => f32(5, 9).sample(f32(5, 9).gt(0), f32(5, 6)), 'i32 [5]', 'gt sample'],

  ['concat', () => f32(2, 3).concat([f32(1, 3), f32(4, 3)]), 'f32 [7,3]', 'concat'],
  ['Tensor.concat', () => Tensor.concat([f32(2, 3), f32(2, 1)], -1), 'f32 [2,4]', 'concat'],
  ['stack', () => f32(2, 3).stack([f32(2, 3)]), 'f32 [2,2,3]', 'reshape reshape concat'],
  ['Tensor.stack at the end', () => Tensor.stack([f32(2), f32(2), f32(2)], -1), 'f32 [2,3]'],
  ['split into equal parts', () => f32(6, 2).split(3)[1], 'f32 [2,2]', 'slice'],
  ['split by sizes', () => f32(2, 6).split([1, 0, 5], 1)[2], 'f32 [2,5]', 'slice'],
  ['pad', () => f32(2, 3).pad([[0, 1], [2, 0]]), 'f32 [3,5]', 'pad'], // prettier-ignore
  ['tile', () => f32(2, 3).tile([4, 1]), 'f32 [8,3]', 'reshape broadcastTo reshape'],
  ['tile to more axes', () => f32(2).tile([3, 2]), 'f32 [3,4]'],
  ['tile the last axis only', () => f32(2, 3).tile([2]), 'f32 [2,6]'],
  ['tile to nothing', () => f32(2, 3).tile([0, 1]), 'f32 [0,3]'],
  ['flip', () => f32(2, 3).flip(), 'f32 [2,3]', 'slice'],
  ['flip of nothing', () => f32(0, 3).flip(0), 'f32 [0,3]', 'slice'],

  ['reshape', () => f32(2, 6).reshape([3, -1]), 'f32 [3,4]', 'reshape'],
  ['squeeze', () => f32(1, 2, 1).squeeze(), 'f32 [2]', 'reshape'],
  ['squeeze of an axis', () => f32(1, 2, 1).squeeze(-1), 'f32 [1,2]', 'reshape'],
  ['unsqueeze', () => f32(2, 3).unsqueeze(1), 'f32 [2,1,3]', 'reshape'],
  ['unsqueeze at the end', () => f32(2, 3).unsqueeze(-1), 'f32 [2,3,1]', 'reshape'],
  ['permute', () => f32(2, 3, 4).permute([-1, 0, 1]), 'f32 [4,2,3]', 'permute'],
  ['transpose', () => f32(2, 3, 4).transpose(), 'f32 [2,4,3]', 'permute'],
  ['transpose of axes', () => f32(2, 3, 4).transpose(0, 2), 'f32 [4,3,2]', 'permute'],
  ['broadcastTo', () => f32(3, 1).broadcastTo([2, 3, 4]), 'f32 [2,3,4]', 'broadcastTo'],
  ['to', () => f32(2).to('i32'), 'i32 [2]', 'to'],
  ['to the same', () => f32(2).to('f32'), 'f32 [2]', ''],
  ['contiguous of what is', () => f32(2, 3).contiguous(), 'f32 [2,3]', ''],
  ['contiguous of a view', () => f32(2, 3).transpose().contiguous(), 'f32 [3,2]', 'permute contiguous'],
  [
    'contiguous of an offset',
    () =>
      f32(4)
        .slice([[2]])
        .contiguous(),
    'f32 [2]',
    'slice contiguous',
  ],
  ['cast', () => f32(6, 8).cast('f32x4'), 'f32x4 [6,2]', 'cast'],
  ['cast with a shape', () => f32(6, 8).cast('f32x4', [6, 2]), 'f32x4 [6,2]', 'cast'],
  ['cast back', () => zeros(device, [6, 2], 'f32x4').cast('f32'), 'f32 [6,8]', 'cast'],
  ['cast in columns', () => f32(6, 8).transpose().cast('f32x4'), 'f32x4 [2,6]', 'permute cast'],
  ['cast of bits', () => f32(2, 3).cast('i32'), 'i32 [2,3]', 'cast'],
];

describe('a method gives and records', () => {
  test.each(cases)('%s', (_, make, expected, ops) => {
    const t = make();
    expect(`${t.dtype} [${t.shape}]`).toBe(expected);
    if (ops !== undefined) expect(recorded(t)).toBe(ops);
    expect(t).toBeInstanceOf(Tensor);
    t.dispose();
  });
});

const groups: [Readonly<Record<string, { name: string }>>, DType][] = [
  [binary, 'f32'],
  [compare, 'f32'],
  [{ and: logical.and, or: logical.or }, 'bool'],
  [{ not: logical.not }, 'bool'],
  [unary, 'f32'],
  [floatUnary, 'f32'],
];
test('every elementwise record has its method, of its name', () => {
  for (const [group, dtype] of groups) {
    for (const { name } of Object.values(group)) {
      const x = zeros(device, [2], dtype);
      const method = methods[name];
      const y = method.call(
        x,
        ...(group === unary || group === floatUnary || name === 'not' ? [] : [zeros(device, [2], dtype)]),
      ) as Any;
      expect(recorded(y)).toBe(name);
      y.dispose();
    }
  }
});

/** Ops that only the planner records, or that are recorded under another method's name. */
const withoutMethod = 'leaf iota full copy product convolve assemble quantize dequantize'.split(' ');
test('every op that can be recorded is a method', () => {
  const names = [...defaultOps.keys()].filter((name) => !name.endsWith('Rows') && !/^scatter[SA]/.test(name));
  expect(names.filter((name) => !(name in methods)).sort()).toEqual(withoutMethod.sort());
});

test('defaults of options are those of the docs', () => {
  const attrs = (t: Any): unknown => {
    const last = t.tape.ops.at(-1)!.attrs;
    t.dispose();
    return last;
  };
  expect(attrs(f32(2).leakyRelu())).toEqual({ slope: 0.01 });
  expect(attrs(f32(2).elu())).toEqual({ alpha: 1 });
  expect(attrs(f32(2).gelu())).toEqual({ approximate: 'none' });
  expect(attrs(f32(2).layerNorm())).toEqual({ eps: 1e-5 });
  expect(attrs(f32(2).rmsNorm())).toEqual({ eps: 1e-6 });
  expect(attrs(f32(2, 2).groupNorm(2))).toEqual({ eps: 1e-5, groups: 2 });
  expect(attrs(f32(2).l2Norm())).toEqual({ eps: 1e-12 });
  expect(attrs(f32(2, 3).softmax())).toEqual({ axis: 1 });
  expect(attrs(f32(2, 3).topk(2).indices)).toEqual({ axis: 1, k: 2, largest: true });
  expect(attrs(f32(2, 3).scatter(i32(1), f32(1, 3)))).toEqual({ axis: 0, mode: 'set' });
  const window = { stride: [1, 1], padding: [0, 0, 0, 0], dilation: [1, 1] };
  expect(attrs(f32(1, 2, 3, 3).conv2d(f32(1, 2, 2, 2)))).toEqual({ ...window, groups: 1 });
  const pool = { ...window, size: [2, 3], stride: [2, 3] };
  expect(attrs(f32(1, 2, 3, 3).maxPool2d([2, 3]))).toEqual(pool);
  expect(attrs(f32(1, 2, 3, 3).avgPool2d([2, 3]))).toEqual({ ...pool, countIncludePad: true });
  expect(attrs(f32(2, 6).reshape([3, -1]))).toEqual({ shape: [3, -1] });
});

test('numbers become scalars of the dtype, infinities and NaN as text', () => {
  const value = (t: Any): unknown => {
    const entry = t.tape.ops.find((e) => e.op === 'full' && e.shape.length === 0)!;
    t.dispose();
    return [entry.attrs.value, entry.dtype];
  };
  expect(value(f32(2).mul(0.5))).toEqual([0.5, 'f32']);
  expect(value(i32(2).mul(3))).toEqual([3, 'i32']);
  expect(value(f32(2).maximum(-Infinity))).toEqual(['-Infinity', 'f32']);
  expect(value(f32(2).add(NaN))).toEqual(['NaN', 'f32']);
});

describe('slice, as NumPy', () => {
  type Entries = Parameters<Any['slice']>[0];
  const slices: [Entries, number[], [number, number, number][]][] = [
    [[], [4, 5], [[0, 4, 1], [0, 5, 1]]],
    [[[1, 3]], [2, 5], [[1, 2, 1], [0, 5, 1]]],
    [[[-2, null]], [2, 5], [[2, 2, 1], [0, 5, 1]]],
    [[[-100, 100]], [4, 5], [[0, 4, 1], [0, 5, 1]]],
    [[[0, Infinity]], [4, 5], [[0, 4, 1], [0, 5, 1]]],
    [[[3, 1]], [0, 5], [[0, 0, 1], [0, 5, 1]]],
    [[null, [0, 5, 2]], [4, 3], [[0, 4, 1], [0, 3, 2]]],
    [[null, [null, null, -1]], [4, 5], [[0, 4, 1], [4, 5, -1]]],
    [[null, [3, null, -2]], [4, 2], [[0, 4, 1], [3, 2, -2]]],
    [[null, [-1, 0, -1]], [4, 4], [[0, 4, 1], [4, 4, -1]]],
    [[null, [100, -100, -2]], [4, 3], [[0, 4, 1], [4, 3, -2]]],
    [[[1]], [3, 5], [[1, 3, 1], [0, 5, 1]]],
    [[-1], [5], [[3, 1, 1], [0, 5, 1]]],
    [[2, 3], [], [[2, 1, 1], [3, 1, 1]]],
    [[[0, 2], 0], [2], [[0, 2, 1], [0, 1, 1]]],
  ]; // prettier-ignore
  test.each(slices)('%j', (entries, shape, ranges) => {
    const t = f32(4, 5).slice(entries);
    expect(t.shape).toEqual(shape);
    expect(t.tape.ops.find((e) => e.op === 'slice')!.attrs).toEqual({ ranges });
    t.dispose();
  });
});

test('cast comes back where the packed axis has size 1', () => {
  const device = fakeDevice();
  const x = () => Tensor.create(device, [3, 4], new Float32Array(12));
  expect(x().cast('f32x4').cast('f32').shape).toEqual([3, 4]);
  expect(x().cast('f32x4').cast('f32', [3, 4]).shape).toEqual([3, 4]);
  expect(x().reshape([4, 3, 1]).transpose(0, 1).contiguous().reshape([12, 1]).cast('f32x4').shape).toEqual([
    3, 1,
  ]);
});
