import { describe, expect, test } from 'vitest';
import type { DType } from '../../../lib/dtype.js';
import type { Device } from '../../../lib/device.js';
import { Layout } from '../../../lib/layout/index.js';
import { Tensor } from '../../../lib/tensor/tensor.js';
import { fakeDevice } from '../fake-device.js';
import { expectRefusal, failure, zeros, type Refusal } from './helpers.js';

/** Values that are no tensor, no shape, no number: the compiler forbids them, JavaScript does not. */
type Wrong = never;
const wrong = (value: unknown): Wrong => value as Wrong;
const cyclic: unknown[] = [];
cyclic.push(cyclic);
const hostile = new Proxy({}, { get: () => { throw new Error('no'); } }); // prettier-ignore

type Row = [name: string, call: Refusal['call'], code: Refusal['code'], says: string];

const arithmetic: Row[] = [
  ['mixed dtypes', (t) => t([2]).add(wrong(t([2], 'i32'))), 'ERR_DTYPE', 'add: dtypes differ'],
  ['shapes that do not broadcast', (t) => t([2]).add(t([3])), 'ERR_SHAPE', 'add: shapes do not broadcast: [2] and [3]'],
  ['another device', (t) => t([2]).add(zeros(fakeDevice(), [2])), 'ERR_DEVICE', 'add: tensors live on different devices'],
  ['nothing', (t) => t([2]).add(wrong(undefined)), 'ERR_DTYPE', 'add: not a tensor: expected a tensor, got undefined'],
  ['an array', (t) => t([2]).mul(wrong([1, 2])), 'ERR_DTYPE', 'mul: not a tensor: expected a tensor, got [1, 2]'],
  ['a string', (t) => t([2]).mul(wrong('2')), 'ERR_DTYPE', "got '2'"],
  ['a bigint', (t) => t([2], 'i64').mul(wrong(2n)), 'ERR_DTYPE', 'got 2n'],
  ['an array in itself', (t) => t([2]).mul(wrong(cyclic)), 'ERR_DTYPE', 'got [['],
  ['an object that throws', (t) => t([2]).mul(wrong(hostile)), 'ERR_DTYPE', 'got an object'],
  ['an impostor', (t) => t([2]).mul(wrong(Object.create(Tensor.prototype))), 'ERR_DTYPE', 'got a Tensor'],
  ['a method on nothing', () => Tensor.prototype.softmax.call(wrong({ shape: [2] })), 'ERR_DTYPE', 'not a tensor'],
  ['a fraction for integers', (t) => t([2], 'i32').add(0.5), 'ERR_DTYPE', 'add: number does not fit i32: expected an integer, got 0.5'],
  ['NaN for integers', (t) => t([2], 'u8').mul(NaN), 'ERR_DTYPE', 'mul: number does not fit u8'],
  ['arithmetic of bools', (t) => t([2], 'bool').add(wrong(1)), 'ERR_DTYPE', 'add: cannot take bool'],
  ['logic of numbers', (t) => t([2]).and(wrong(t([2]))), 'ERR_DTYPE', 'and: cannot take f32'],
  ['softmax of integers', (t) => t([2], 'i32').softmax(), 'ERR_DTYPE', 'softmax: cannot take i32'],
  ['exp of integers', (t) => t([2], 'i32').exp(), 'ERR_DTYPE', 'exp: cannot take i32'],
  ['a comparison of packed', (t) => t([2], 'f32x4').lt(0), 'ERR_DTYPE', 'lt: cannot take f32x4; cast it to its lanes first'],
  ['an unknown dtype', (t) => t([2]).to(wrong('f33')), 'ERR_DTYPE', "to: unknown dtype"],
  ['a dtype from the prototype', (t) => t([2]).to(wrong('constructor')), 'ERR_DTYPE', 'to: unknown dtype'],
  ['clamp without hi', (t) => t([2]).clamp(0, wrong(undefined)), 'ERR_DTYPE', 'clamp: not a tensor'],
  ['where on numbers', (t) => t([2]).where(wrong(1), 2), 'ERR_DTYPE', 'where: not a tensor'],
  ['where by a float', (t) => t([2]).where(wrong(t([2])), 2), 'ERR_DTYPE', 'where: cannot take f32'],
  ['where of two dtypes', (t) => t([2], 'bool').where(t([2]), wrong(t([2], 'i32'))), 'ERR_DTYPE', 'where: dtypes differ'],
  ['a slope that is no number', (t) => t([2]).leakyRelu(wrong('0.1')), 'ERR_SHAPE', "leakyRelu: bad slope: expected a number, got '0.1'"],
  ['an infinite slope', (t) => t([2]).elu(Infinity), 'ERR_SHAPE', 'elu: bad alpha: expected a finite number'],
  ['an approximation unheard of', (t) => t([2]).gelu(wrong({ approximate: 'fast' })), 'ERR_SHAPE', "gelu: bad approximate: expected 'none' or 'tanh', got 'fast'"],
  ['an option unheard of', (t) => t([2]).sum(0, wrong({ keepdims: true })), 'ERR_SHAPE', "sum: unknown option: expected keepDims, got 'keepdims'"],
  ['options that are none', (t) => t([2]).sum(0, wrong(true)), 'ERR_SHAPE', 'sum: bad options: expected { keepDims }, got true'],
]; // prettier-ignore

const axes: Row[] = [
  [
    'an axis too far',
    (t) => t([2, 3]).softmax(2),
    'ERR_SHAPE',
    'softmax: no such axis: expected an integer in [-2, 2), got 2',
  ],
  ['a fractional axis', (t) => t([2]).sum(0.5), 'ERR_SHAPE', 'sum: no such axis'],
  ['a NaN axis', (t) => t([2]).cumsum(NaN), 'ERR_SHAPE', 'cumsum: no such axis'],
  ['an axis by name', (t) => t([2]).max(wrong('rows')), 'ERR_SHAPE', 'max: no such axis'],
  [
    'an axis of a scalar',
    (t) => t([]).softmax(),
    'ERR_SHAPE',
    'softmax: no such axis: expected a tensor with axes',
  ],
  ['an axis twice', (t) => t([2, 3]).mean([0, -2]), 'ERR_SHAPE', 'mean: axis 0 is named twice'],
  ['max of nothing', (t) => t([2, 0]).max(1), 'ERR_SHAPE', 'max: has no value over an empty axis'],
  ['argmax of nothing', (t) => t([0]).argmax(), 'ERR_SHAPE', 'argmax: has no value over an empty axis'],
  ['argmax over axes', (t) => t([2, 2]).argmax(wrong([0])), 'ERR_SHAPE', 'argmax: no such axis'],
  [
    'squeeze of two',
    (t) => t([2, 1]).squeeze(0),
    'ERR_SHAPE',
    'squeeze: axis 0 is not of size 1: got [2, 1]',
  ],
  [
    'unsqueeze too far',
    (t) => t([2]).unsqueeze(2),
    'ERR_SHAPE',
    'unsqueeze: no such axis: expected an integer in [-2, 2)',
  ],
  ['permute of fewer axes', (t) => t([2, 3]).permute([0]), 'ERR_SHAPE', 'permute: not a permutation'],
  ['permute by one axis twice', (t) => t([2, 3]).permute([0, 0]), 'ERR_SHAPE', 'permute: not a permutation'],
  ['permute by no list', (t) => t([2, 3]).permute(wrong('01')), 'ERR_SHAPE', 'permute: bad axes'],
  ['transpose of a vector', (t) => t([2]).transpose(), 'ERR_SHAPE', 'transpose: no such axis'],
  ['flip of no axis', (t) => t([2]).flip(1), 'ERR_SHAPE', 'flip: no such axis'],
];

const shapes: Row[] = [
  ['reshape to another count', (t) => t([2, 3]).reshape([4]), 'ERR_SHAPE', 'reshape: element count differs'],
  ['reshape with two holes', (t) => t([6]).reshape([-1, -1]), 'ERR_SHAPE', 'reshape: only one size may be -1'],
  ['reshape that does not divide', (t) => t([6]).reshape([4, -1]), 'ERR_SHAPE', 'reshape: element count differs'],
  ['reshape of nothing to a hole', (t) => t([0]).reshape([0, -1]), 'ERR_SHAPE', 'reshape: element count differs'],
  ['reshape to NaN', (t) => t([6]).reshape([NaN]), 'ERR_SHAPE', 'reshape: bad shape: expected an integer >= -1, got NaN'],
  ['reshape to a number', (t) => t([6]).reshape(wrong(6)), 'ERR_SHAPE', 'reshape: bad shape: expected an array of integers, got 6'],
  ['reshape to itself', (t) => t([6]).reshape(wrong(cyclic)), 'ERR_SHAPE', 'reshape: bad shape'],
  ['reshape to a Layout', (t) => t([6]).reshape(wrong(new Layout([6]))), 'ERR_SHAPE', 'got a Layout'],
  ['reshape to too many axes', (t) => t([1]).reshape(new Array<number>(13).fill(1)), 'ERR_SHAPE', 'reshape: shape is too large'],
  ['broadcast of another size', (t) => t([2]).broadcastTo([3]), 'ERR_SHAPE', 'broadcastTo: cannot stretch'],
  ['broadcast to absurd sizes', (t) => t([1]).broadcastTo([2 ** 40, 2 ** 40]), 'ERR_SHAPE', 'broadcastTo: shape is too large'],
  ['a product of absurd sizes', (t) => t([2 ** 30, 1]).add(t([1, 2 ** 30])), 'ERR_SHAPE', 'add: result is too large'],
  ['an outer product of absurd sizes', (t) => t([2 ** 30, 1]).matmul(t([1, 2 ** 30])), 'ERR_SHAPE', 'matmul: result is too large'],
  ['an index outside', (t) => t([2, 3]).slice([0, 3]), 'ERR_SHAPE', 'slice: bad index for axis 1 of size 3: expected an integer in [-3, 2], got 3'],
  ['a step of zero', (t) => t([2]).slice([[0, 2, 0]]), 'ERR_SHAPE', 'slice: bad step'],
  ['a fractional bound', (t) => t([2]).slice([[0.5]]), 'ERR_SHAPE', 'slice: bad bound: expected an integer, got 0.5'],
  ['a NaN bound', (t) => t([2]).slice([[NaN]]), 'ERR_SHAPE', 'slice: bad bound'],
  ['too many entries', (t) => t([2]).slice([0, 0]), 'ERR_SHAPE', 'slice: more entries than axes'],
  ['an entry too long', (t) => t([2]).slice(wrong([[0, 1, 1, 1]])), 'ERR_SHAPE', 'slice: bad entry for axis 0'],
  ['a string to slice', (t) => t([2]).slice(wrong('1:')), 'ERR_SHAPE', 'slice: bad entries'],
  ['a split that does not divide', (t) => t([5]).split(2), 'ERR_SHAPE', 'split: axis 0 does not divide: expected a divisor of 5, got 2'],
  ['a split that does not fill', (t) => t([5]).split([2, 2]), 'ERR_SHAPE', 'split: sizes do not fill axis 0: expected a sum of 5, got 4'],
  ['a split into zero', (t) => t([5]).split(0), 'ERR_SHAPE', 'split: bad count'],
  ['a split into absurdly many', (t) => t([0]).split(1e9), 'ERR_SHAPE', 'split: bad count'],
  ['a negative pad', (t) => t([2]).pad([[-1, 0]]), 'ERR_SHAPE', 'pad: bad pair'],
  ['too few pads', (t) => t([2, 2]).pad([[1, 0]]), 'ERR_SHAPE', 'pad: one [before, after] per axis'],
  ['half a pad', (t) => t([2]).pad(wrong([[1]])), 'ERR_SHAPE', 'pad: bad pair'],
  ['a pad that does not fit', (t) => t([2], 'i32').pad([[1, 1]], 0.5), 'ERR_DTYPE', 'pad: number does not fit i32'],
  ['a negative repeat', (t) => t([2]).tile([-1]), 'ERR_SHAPE', 'tile: bad repeats'],
  ['absurd repeats', (t) => t([2]).tile([2 ** 40, 2 ** 40]), 'ERR_SHAPE', 'tile: shape is too large'],
  ['a cast that does not divide', (t) => t([6, 3]).cast('f32x4'), 'ERR_SHAPE', 'cast: axis 1 does not divide'],
  ['a cast to another shape', (t) => t([6, 8]).cast('f32x4', [3, 4]), 'ERR_SHAPE', 'cast: result has another shape'],
  ['a cast of bools', (t) => t([6], 'bool').cast('u8'), 'ERR_DTYPE', 'cast: bool has no bytes'],
]; // prettier-ignore

/** r.wkv7(w, k, v, a, b, state) of these shapes. */
const recur: (t: Parameters<Refusal['call']>[0], shapes: number[][], dtype?: DType) => unknown = (
  t,
  shapes,
  dtype,
) => {
  const [r, ...rest] = shapes.map((shape) => t(shape, dtype));
  return Tensor.prototype.wkv7.apply(wrong(r), wrong(rest));
};
const six = (shape: number[]): number[][] => Array.from({ length: 6 }, () => shape);
const recurrent: Row[] = [
  ['rows of matrices', (t) => recur(t, [...six([4, 8]), [8, 8]]), 'ERR_SHAPE', 'wkv7: bad r: expected [..., rows, heads, 1 to 512], got [4, 8]'],
  ['heads of nothing', (t) => recur(t, [...six([4, 2, 0]), [2, 0, 0]]), 'ERR_SHAPE', 'wkv7: bad r'],
  ['heads of 513', (t) => recur(t, [...six([1, 1, 513]), [1, 513, 513]]), 'ERR_SHAPE', 'wkv7: bad r'],
  ['rows of another number', (t) => recur(t, [...six([4, 2, 8]).with(2, [3, 2, 8]), [2, 8, 8]]), 'ERR_SHAPE', 'wkv7: k does not fit r: expected [4, 2, 8], got [3, 2, 8]'],
  ['a state of other heads', (t) => recur(t, [...six([4, 2, 8]), [3, 8, 8]]), 'ERR_SHAPE', 'wkv7: the state does not fit: expected [2, 8, 8], got [3, 8, 8]'],
  ['a state without its batch', (t) => recur(t, [...six([5, 4, 2, 8]), [2, 8, 8]]), 'ERR_SHAPE', 'wkv7: the state does not fit: expected [5, 2, 8, 8]'],
  ['a recurrence of halves', (t) => recur(t, [...six([4, 2, 8]), [2, 8, 8]], 'f16'), 'ERR_DTYPE', 'wkv7: cannot take f16; convert with .to(): expected f32, got f16'],
  ['a recurrence from nowhere', (t) => recur(t, six([4, 2, 8])), 'ERR_SHAPE', 'wkv7: takes r, w, k, v, a, b and a state: expected 7 inputs, got 6'],
]; // prettier-ignore

const attending: Row[] = [
  ['attention of matrices', (t) => t([4, 8]).attention(t([4, 8]), t([4, 8])), 'ERR_SHAPE', 'attention: q, k and v need the same axes: expected [..., heads, positions, features], got [4, 8], [4, 8], [4, 8]'],
  ['attention of other batches', (t) => t([2, 1, 4, 8]).attention(t([3, 1, 4, 8]), t([3, 1, 4, 8])), 'ERR_SHAPE', 'attention: batch axes differ'],
  ['keys without values', (t) => t([1, 4, 8]).attention(t([1, 5, 8]), t([1, 4, 8])), 'ERR_SHAPE', 'attention: k and v differ in heads or positions'],
  ['keys of other features', (t) => t([1, 4, 8]).attention(t([1, 4, 9]), t([1, 4, 8])), 'ERR_SHAPE', 'attention: q and k differ in features'],
  ['heads that do not divide', (t) => t([3, 4, 8]).attention(t([2, 4, 8]), t([2, 4, 8])), 'ERR_SHAPE', 'attention: 2 heads of k do not divide 3 of q'],
  ['heads too large', (t) => t([1, 1, 4096]).attention(t([1, 1, 4096]), t([1, 1, 8])), 'ERR_SHAPE', 'attention: bad number of features: expected from 1 to 2048'],
  ['attention of integers', (t) => t([1, 4, 8], 'i32').attention(t([1, 4, 8], 'i32'), t([1, 4, 8], 'i32')), 'ERR_DTYPE', 'attention: cannot take i32'],
  ['keys wider than queries', (t) => t([1, 4, 8], 'f16').attention(wrong(t([1, 4, 8])), wrong(t([1, 4, 8]))), 'ERR_DTYPE', 'attention: k and v do not go with q of f16; convert with .to(): expected both f16, got f32 and f32'],
  ['keys and values of two dtypes', (t) => t([1, 4, 8]).attention(t([1, 4, 8], 'f16'), t([1, 4, 8], 'bf16')), 'ERR_DTYPE', 'got f16 and bf16'],
  ['attention to nothing', (t) => t([1, 4, 8]).attention(wrong(undefined), t([1, 4, 8])), 'ERR_DTYPE', 'attention: not a tensor'],
  ['a mask that does not fit', (t) => t([1, 4, 8]).attention(t([1, 4, 8]), t([1, 4, 8]), { mask: t([3, 4], 'bool') }), 'ERR_SHAPE', 'broadcastTo: cannot stretch'],
  ['a mask of integers', (t) => t([1, 4, 8]).attention(t([1, 4, 8]), t([1, 4, 8]), { mask: t([4, 4], 'i32') }), 'ERR_DTYPE', 'attention: mask has another dtype: expected bool or f32, got i32'],
  ['a mask that is no tensor', (t) => t([1, 4, 8]).attention(t([1, 4, 8]), t([1, 4, 8]), { mask: wrong(true) }), 'ERR_DTYPE', 'attention: not a tensor'],
  ['lengths of another batch', (t) => t([2, 1, 4, 8]).attention(t([2, 1, 4, 8]), t([2, 1, 4, 8]), { lengths: t([3], 'i32') }), 'ERR_SHAPE', 'attention: lengths does not fit: expected [2], got [3]'],
  ['lengths that are floats', (t) => t([1, 4, 8]).attention(t([1, 4, 8]), t([1, 4, 8]), { lengths: t([]) }), 'ERR_DTYPE', 'attention: lengths has another dtype: expected i32, got f32'],
  ['offsets of a batch', (t) => t([2, 1, 4, 8]).attention(t([2, 1, 4, 8]), t([2, 1, 4, 8]), { offsets: t([3], 'i32') }), 'ERR_SHAPE', 'attention: offsets do not fit'],
  ['offsets with a mask', (t) => t([1, 4, 8]).attention(t([1, 4, 8]), t([1, 4, 8]), { offsets: t([3], 'i32'), mask: t([4, 4], 'bool') }), 'ERR_SHAPE', 'attention: offsets exclude mask, lengths and table: got mask, offsets'],
  ['a table with a mask', (t) => t([1, 4, 8]).attention(t([3, 1, 2, 8]), t([3, 1, 2, 8]), { table: t([2], 'i32'), mask: t([1], 'bool') }), 'ERR_SHAPE', 'attention: a table excludes a mask: got mask, table'],
  ['a table of another batch', (t) => t([2, 1, 4, 8]).attention(t([3, 1, 2, 8]), t([3, 1, 2, 8]), { table: t([3, 2], 'i32') }), 'ERR_SHAPE', 'attention: table does not fit: expected [2, 2], got [3, 2]'],
  ['a table of floats', (t) => t([1, 4, 8]).attention(t([3, 1, 2, 8]), t([3, 1, 2, 8]), { table: t([2]) }), 'ERR_DTYPE', 'attention: table has another dtype: expected i32, got f32'],
  ['a table over keys that are no blocks', (t) => t([1, 4, 8]).attention(t([1, 4, 8]), t([1, 4, 8]), { table: t([2], 'i32') }), 'ERR_SHAPE', 'attention: with a table k and v are blocks'],
  ['a window of nothing', (t) => t([1, 4, 8]).attention(t([1, 4, 8]), t([1, 4, 8]), { window: 0 }), 'ERR_SHAPE', 'attention: bad window: expected an integer >= 1, got 0'],
  ['a softcap of nothing', (t) => t([1, 4, 8]).attention(t([1, 4, 8]), t([1, 4, 8]), { softcap: 0 }), 'ERR_SHAPE', 'attention: bad softcap: expected a number > 0, got 0'],
  ['an infinite scale', (t) => t([1, 4, 8]).attention(t([1, 4, 8]), t([1, 4, 8]), { scale: Infinity }), 'ERR_SHAPE', 'attention: bad scale: expected a finite number'],
  ['causal by word', (t) => t([1, 4, 8]).attention(t([1, 4, 8]), t([1, 4, 8]), { causal: wrong('yes') }), 'ERR_SHAPE', 'attention: bad causal: expected true or false'],
  ['dropout', (t) => t([1, 4, 8]).attention(t([1, 4, 8]), t([1, 4, 8]), wrong({ dropout: 0.1 })), 'ERR_SHAPE', "attention: unknown option"],
  ['rope of integers', (t) => t([4, 8], 'i32').rope(t([4], 'i32')), 'ERR_DTYPE', 'rope: cannot take i32'],
  ['rope at fractions', (t) => t([4, 8]).rope(wrong(t([4]))), 'ERR_DTYPE', 'rope: positions must be integers'],
  ['rope of a scalar', (t) => t([]).rope(t([], 'i32')), 'ERR_SHAPE', 'rope: needs at least 1 axis'],
  ['rope at other positions', (t) => t([2, 4, 8]).rope(t([3, 2, 4], 'i32')), 'ERR_SHAPE', 'rope: positions do not fit: expected a shape that broadcasts to [2, 4], got [3, 2, 4]'],
  ['rope of odd features', (t) => t([4, 7]).rope(t([4], 'i32')), 'ERR_SHAPE', 'rope: bad dims: expected an even number, got 7'],
  ['rope of more than there is', (t) => t([4, 8]).rope(t([4], 'i32'), { dims: 10 }), 'ERR_SHAPE', 'rope: bad dims: expected an integer in [2, 8], got 10'],
  ['rope by no base', (t) => t([4, 8]).rope(t([4], 'i32'), { base: 0 }), 'ERR_SHAPE', 'rope: bad base: expected a number > 0, got 0'],
  ['rope by other frequencies', (t) => t([4, 8]).rope(t([4], 'i32'), { frequencies: t([8]) }), 'ERR_SHAPE', 'rope: frequencies do not fit: expected [4], got [8]'],
  ['rope by halves', (t) => t([4, 8]).rope(t([4], 'i32'), { frequencies: t([4], 'f16') }), 'ERR_DTYPE', 'rope: frequencies must be f32'],
]; // prettier-ignore

const products: Row[] = [
  ['K that differs', (t) => t([64, 8]).matmul(t([32, 4])), 'ERR_SHAPE', 'matmul: K differs: lhs [64, 8], rhs [32, 4]'],
  ['matmul of a scalar', (t) => t([]).matmul(t([2])), 'ERR_SHAPE', 'matmul: needs at least 1 axis'],
  ['matmul of a number', (t) => t([2]).matmul(wrong(2)), 'ERR_DTYPE', 'matmul: not a tensor'],
  ['float indices', (t) => t([2]).gather(wrong(t([2]))), 'ERR_DTYPE', 'gather: indices must be integers'],
  ['an array of indices', (t) => t([2]).gather(wrong([0, 1])), 'ERR_DTYPE', 'gather: not a tensor'],
  ['indices of another shape', (t) => t([2, 3]).takeAlong(t([3, 1], 'i32'), 1), 'ERR_SHAPE', 'takeAlong: indices must have the shape'],
  ['updates that do not fit', (t) => t([2, 3]).scatter(t([1], 'i32'), t([2, 3])), 'ERR_SHAPE', 'scatter: updates do not fit: expected [1, 3], got [2, 3]'],
  ['a mode unheard of', (t) => t([2]).scatter(t([1], 'i32'), t([1]), 0, wrong({ mode: 'mul' })), 'ERR_SHAPE', "scatter: bad mode: expected 'set' or 'add'"],
  ['more than there are', (t) => t([2]).topk(3), 'ERR_SHAPE', 'topk: bad k: expected an integer in [0, 2], got 3'],
  ['half an element', (t) => t([2]).topk(0.5), 'ERR_SHAPE', 'topk: bad k'],
  ['a concat of other shapes', (t) => t([2, 3]).concat([t([2, 4])]), 'ERR_SHAPE', 'concat: shapes differ outside axis 0'],
  ['a concat with nothing', (t) => t([2]).concat(wrong([undefined])), 'ERR_DTYPE', 'concat: not a tensor'],
  ['a concat of nothing', () => Tensor.concat(wrong([])), 'ERR_SHAPE', 'concat: needs at least one tensor'],
  ['a concat of one tensor', (t) => Tensor.concat(wrong(t([2]))), 'ERR_SHAPE', 'concat: bad tensors: expected an array of tensors, got a Tensor'],
  ['a stack of other shapes', (t) => t([2, 3]).stack([t([3, 2])]), 'ERR_SHAPE', 'stack: shapes differ: expected [2, 3], got [3, 2]'],
  ['a stack of nothing', () => Tensor.stack(wrong([])), 'ERR_SHAPE', 'stack: needs at least one tensor'],
  ['weights that do not fit', (t) => t([2, 3]).layerNorm(t([2])), 'ERR_SHAPE', 'layerNorm: weights do not fit: expected [3], got [2]'],
  ['b without w', (t) => t([2, 3]).layerNorm(undefined, t([3])), 'ERR_SHAPE', 'layerNorm: b needs w before it'],
  ['eps for weights', (t) => t([2, 3]).layerNorm(wrong(1e-5)), 'ERR_DTYPE', 'layerNorm: not a tensor'],
  ['an eps that is none', (t) => t([2, 3]).rmsNorm(undefined, NaN), 'ERR_SHAPE', 'rmsNorm: bad eps'],
  ['no groups', (t) => t([2, 3]).groupNorm(0), 'ERR_SHAPE', 'groupNorm: bad groups'],
  ['groups that do not divide', (t) => t([2, 3]).groupNorm(2), 'ERR_SHAPE', 'groupNorm: groups do not divide'],
]; // prettier-ignore

/** An image [1, 4, 5, 6] and filters for it. */
const image = [1, 4, 5, 6];
const windows: Row[] = [
  ['an image without N', (t) => t([4, 5, 6]).conv2d(t([2, 4, 3, 3])), 'ERR_SHAPE', 'conv2d: x has other axes: expected [N, C, H, W], got [4, 5, 6]'],
  ['filters without C', (t) => t(image).conv2d(t([2, 3, 3])), 'ERR_SHAPE', 'conv2d: w has other axes: expected [O, C / groups, kh, kw], got [2, 3, 3]'],
  ['C that differs', (t) => t(image).conv2d(t([2, 3, 3, 3])), 'ERR_SHAPE', 'conv2d: C differs: x [1, 4, 5, 6], w [2, 3, 3, 3]: expected 3 channels in x, got 4'],
  ['groups that do not divide O', (t) => t(image).conv2d(t([3, 2, 3, 3]), { groups: 2 }), 'ERR_SHAPE', 'conv2d: groups do not divide O: expected a divisor of 3, got 2'],
  ['no groups of filters', (t) => t(image).conv2d(t([2, 4, 3, 3]), { groups: 0 }), 'ERR_SHAPE', 'conv2d: bad groups: expected an integer >= 1, got 0'],
  ['filters that are no tensor', (t) => t(image).conv2d(wrong([1])), 'ERR_DTYPE', 'conv2d: not a tensor'],
  ['filters of another dtype', (t) => t(image).conv2d(wrong(t([2, 4, 3, 3], 'f16'))), 'ERR_DTYPE', 'conv2d: dtypes differ'],
  ['an image of bools', (t) => t(image, 'bool').conv2d(wrong(t([2, 4, 3, 3], 'bool'))), 'ERR_DTYPE', 'conv2d: cannot take bool'],
  ['a bias by pixel', (t) => t(image).conv2d(t([2, 4, 3, 3]), { bias: t([2, 1, 1]) }), 'ERR_SHAPE', 'conv2d: bias does not fit: expected [2], got [2, 1, 1]'],
  ['a bias that is a number', (t) => t(image).conv2d(t([2, 4, 3, 3]), { bias: wrong(1) }), 'ERR_DTYPE', 'conv2d: not a tensor'],
  ['a filter that does not fit', (t) => t(image).conv2d(t([2, 4, 3, 3]), { dilation: 3 }), 'ERR_SHAPE', 'conv2d: the window is larger than the image: expected at most [5, 6] with padding, got [7, 7]'],
  ['a filter of nothing', (t) => t(image).conv2d(t([2, 4, 0, 3])), 'ERR_SHAPE', 'conv2d: bad size'],
  ['a stride of zero', (t) => t(image).conv2d(t([2, 4, 3, 3]), { stride: 0 }), 'ERR_SHAPE', 'conv2d: bad stride: expected an integer >= 1, got 0'],
  ['three strides', (t) => t(image).conv2d(t([2, 4, 3, 3]), { stride: wrong([1, 1, 1]) }), 'ERR_SHAPE', 'conv2d: bad stride: expected a number or [h, w], got [1, 1, 1]'],
  ['an absurd stride', (t) => t(image).conv2d(t([2, 4, 3, 3]), { stride: 2 ** 40 }), 'ERR_SHAPE', 'conv2d: bad stride'],
  ['a fractional dilation', (t) => t(image).conv2d(t([2, 4, 3, 3]), { dilation: 1.5 }), 'ERR_SHAPE', 'conv2d: bad dilation'],
  ['a negative padding', (t) => t(image).conv2d(t([2, 4, 3, 3]), { padding: -1 }), 'ERR_SHAPE', 'conv2d: bad padding'],
  ['a padding of three sides', (t) => t(image).conv2d(t([2, 4, 3, 3]), { padding: wrong([1, 1, 1]) }), 'ERR_SHAPE', 'conv2d: bad padding: expected [h, w] or [[top, bottom], [left, right]], got [1, 1, 1]'],
  ['a padding unheard of', (t) => t(image).conv2d(t([2, 4, 3, 3]), { padding: wrong('full') }), 'ERR_SHAPE', "conv2d: bad padding: expected 'same', 'valid' or numbers, got 'full'"],
  ["'same' with a stride", (t) => t(image).conv2d(t([2, 4, 3, 3]), { padding: 'same', stride: 2 }), 'ERR_SHAPE', "conv2d: padding 'same' needs stride 1"],
  ['absurdly many windows', (t) => t([1, 1, 1, 1]).conv2d(t([1, 1, 1, 1]), { padding: 2 ** 30 }), 'ERR_SHAPE', 'conv2d: shape is too large'],
  ['an option of another framework', (t) => t(image).conv2d(t([2, 4, 3, 3]), wrong({ strides: 2 })), 'ERR_SHAPE', 'conv2d: unknown option'],
  ['a pool without a size', (t) => t(image).maxPool2d(wrong(undefined)), 'ERR_SHAPE', 'maxPool2d: bad size'],
  ['a pool of a matrix', (t) => t([5, 6]).maxPool2d(2), 'ERR_SHAPE', 'maxPool2d: x has other axes'],
  ['a pool of nothing', (t) => t([1, 1, 0, 4]).maxPool2d(2, { padding: 1 }), 'ERR_SHAPE', 'maxPool2d: has no value over an empty image'],
  ['a pool larger than the image', (t) => t(image).avgPool2d([2, 7]), 'ERR_SHAPE', 'avgPool2d: the window is larger than the image'],
  ['more padding than half a window', (t) => t(image).maxPool2d(3, { padding: 2 }), 'ERR_SHAPE', 'maxPool2d: too much padding: expected at most half the size, got [2, 2, 2, 2] for [3, 3]'],
  ['a mean of integers', (t) => t(image, 'i32').avgPool2d(2), 'ERR_DTYPE', 'avgPool2d: cannot take i32'],
  ['a dilated mean', (t) => t(image).avgPool2d(2, wrong({ dilation: 2 })), 'ERR_SHAPE', 'avgPool2d: unknown option'],
  ['a count that is no flag', (t) => t(image).avgPool2d(2, { countIncludePad: wrong(1) }), 'ERR_SHAPE', 'avgPool2d: bad countIncludePad: expected true or false, got 1'],
]; // prettier-ignore

describe.each([
  ['arithmetic', arithmetic],
  ['axes', axes],
  ['shapes', shapes],
  ['attention', attending],
  ['recurrences', recurrent],
  ['products', products],
  ['windows', windows],
] as const)('bad input of %s', (_, rows) => {
  test.each(rows)('%s', (_name, call, code, says) => {
    expectRefusal({ call, code, says });
  });
});

test('messages stay short whatever is in them', () => {
  const deep = (n: number): unknown => (n === 0 ? 1 : new Array(50).fill(deep(n - 1)));
  const t = zeros(fakeDevice(), [2]);
  expect(failure(() => t.add(wrong(deep(4)))).message.length).toBeLessThan(2000);
  expect(failure(() => t.add(wrong('x'.repeat(1e6)))).message.length).toBeLessThan(200);
});

test('a closed device', async () => {
  const device: Device = fakeDevice();
  const t = zeros(device, [2]);
  await device.close();
  const calls: [() => unknown, string][] = [
    [() => t.add(1), 'add: the cpu device of tensor'],
    [() => t.clone(), 'clone: the cpu device of tensor'],
    [() => t.mermaid(), 'tape: the cpu device of tensor'],
    [() => Tensor.zeros(device, [2]), 'zeros: the cpu device is closed'],
    [() => Tensor.create(device, [2], new Float32Array(2)), 'create: the cpu device is closed'],
    [() => Tensor.arange(device, 2), 'arange: the cpu device is closed'],
  ];
  for (const [call, says] of calls) {
    const error = failure(call);
    expect(error.code).toBe('ERR_CLOSED');
    expect(error.message).toContain(says);
  }
  await expect(t.back()).rejects.toMatchObject({ code: 'ERR_CLOSED', op: 'back' });
  t.dispose();
  expect(device.memory().liveTensors).toBe(0);
});

const devices = {
  undefined,
  null: null,
  text: 'cpu',
  empty: {},
  kind: { kind: 'cpu' },
  core: { core: {} },
  hostile,
  cyclic,
};
test.each(Object.keys(devices))('no device: %s', (name) => {
  const device = devices[name as keyof typeof devices];
  const makers: (() => unknown)[] = [
    () => Tensor.zeros(wrong(device), [2]),
    () => Tensor.create(wrong(device), [2], new Float32Array(2)),
    () => Tensor.arange(wrong(device), 2),
  ];
  for (const make of makers) expect(failure(make)).toMatchObject({ code: 'ERR_DEVICE' });
});

test('a device without the op', () => {
  const device = fakeDevice({ ops: new Map() });
  expect(failure(() => Tensor.zeros(device, [2]))).toMatchObject({ code: 'ERR_UNSUPPORTED' });
  expect(failure(() => Tensor.create(device, [2], new Float32Array(2)))).toMatchObject({
    code: 'ERR_UNSUPPORTED',
  });
});

test('backAll of what is no list of tensors', async () => {
  const t = zeros(fakeDevice(), [2]);
  await expect(Tensor.backAll(wrong(t))).rejects.toMatchObject({ code: 'ERR_SHAPE' });
  await expect(Tensor.backAll(wrong([t, 1]))).rejects.toMatchObject({ code: 'ERR_DTYPE' });
  await expect(Tensor.backAll([t, t])).rejects.toMatchObject({ code: 'ERR_TENSOR_MOVED' });
  await expect(Tensor.backAll([t, zeros(fakeDevice(), [2])])).rejects.toMatchObject({ code: 'ERR_DEVICE' });
  expect(t.moved).toBe(false);
  expect(await Tensor.backAll([])).toEqual([]);
});

test('a cast where no axis walks memory element by element', () => {
  const device = fakeDevice();
  const t = zeros(device, [6, 8]).slice([null, [0, 8, 2]]);
  expect(failure(() => t.cast('f32x4'))).toMatchObject({ code: 'ERR_LAYOUT', op: 'cast' });
  expect(t.contiguous().cast('f32x4').shape).toEqual([6, 1]);
});

test('dtypes of any name', () => {
  const device = fakeDevice();
  for (const dtype of ['', 'F32', 'float32', '__proto__', 5, {}, cyclic]) {
    expect(failure(() => zeros(device, [2], wrong(dtype) as DType))).toMatchObject({ code: 'ERR_DTYPE' });
  }
});
