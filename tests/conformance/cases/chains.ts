/** Tensors from nothing, and small pieces of networks: what fuses before, after and across kernels. */
import { Tensor } from '../../../lib/index.js';
import { any, between, input, values, whole, type Case, type T, type Tolerance } from '../case.js';
import * as ref from '../reference/index.js';
import { isFloat, numberTypes, type Num, type RefType } from '../reference/numbers.js';

const from = (dtype: RefType, shape: readonly number[], f: (i: number) => number): ref.Ref => {
  const data = Array.from({ length: ref.sizeOf(shape) }, (_, i): Num => (isFloat(dtype) ? f(i) : BigInt(f(i))));
  return { dtype, shape, data };
};
const sources = numberTypes.flatMap((dtype): Case[] => [
  { name: `full ${dtype}`, inputs: [], run: (_, d) => Tensor.full(d, [3, 5], 7, dtype), expect: () => from(dtype, [3, 5], () => 7) },
  { name: `zeros ${dtype}`, inputs: [], run: (_, d) => Tensor.zeros(d, [17], dtype), expect: () => from(dtype, [17], () => 0) },
  { name: `ones ${dtype}`, inputs: [], run: (_, d) => Tensor.ones(d, [], dtype), expect: () => from(dtype, [], () => 1) },
  { name: `arange ${dtype}`, inputs: [], run: (_, d) => Tensor.arange(d, 100, dtype), expect: () => from(dtype, [100], (i) => i) },
  { name: `arange ${dtype} by steps`, inputs: [], run: (_, d) => Tensor.arange(d, 3, 60, 4, dtype), expect: () => from(dtype, [15], (i) => 3 + 4 * i) },
  { name: `arange ${dtype} in a chain`, inputs: [input(dtype, [4, 5])], run: ([x]) => Tensor.arange(x!.device, 20, dtype).reshape([4, 5]).add(x!), expect: ([x]) => ref.add(from(dtype, [4, 5], (i) => i), x!) },
]);
const odd: readonly Case[] = [
  { name: 'full bool', inputs: [], run: (_, d) => Tensor.full(d, [9], 1, 'bool'), expect: () => ({ dtype: 'bool', shape: [9], data: Array<bigint>(9).fill(1n) }) },
  { name: 'full f32 special', inputs: [], run: (_, d) => Tensor.full(d, [3], NaN).concat([Tensor.full(d, [2], -Infinity), Tensor.full(d, [2], -0)]), expect: () => ({ dtype: 'f32', shape: [7], data: [NaN, NaN, NaN, -Infinity, -Infinity, -0, -0] }) },
  { name: 'arange f32 long', inputs: [], run: (_, d) => Tensor.arange(d, 1025), expect: () => from('f32', [1025], (i) => i) },
  { name: 'arange f64 backwards', inputs: [], run: (_, d) => Tensor.arange(d, 5, -5, -2.5, 'f64'), expect: () => from('f64', [4], (i) => 5 - 2.5 * i) },
  { name: 'arange i32 transposed', inputs: [], run: (_, d) => Tensor.arange(d, 12, 'i32').reshape([3, 4]).transpose().flip(0), expect: () => ref.flip(ref.transpose(ref.reshape(from('i32', [12], (i) => i), [3, 4])), 0) },
  { name: 'arange i32 summed', inputs: [], run: (_, d) => Tensor.arange(d, 1000, 'i32').reshape([10, 100]).sum(0), expect: () => ref.sum(ref.reshape(from('i32', [1000], (i) => i), [10, 100]), 0) },
];

/** Kernels that read memory need some even for values that come from nothing. */
const asOperands: readonly Case[] = [
  { name: 'matmul of ones', inputs: [input('f32', [5, 7])], run: ([x]) => x!.matmul(Tensor.ones(x!.device, [7, 3])), expect: ([x]) => ref.matmul(x!, from('f32', [7, 3], () => 1)), tolerance: { ulps: 1, epsilons: 8 } },
  { name: 'matmul of counts', inputs: [], run: (_, d) => Tensor.arange(d, 12).reshape([3, 4]).matmul(Tensor.arange(d, 8).reshape([4, 2])), expect: () => ref.matmul(from('f32', [3, 4], (i) => i), from('f32', [4, 2], (i) => i)) },
  { name: 'gather at counts', inputs: [input('f32', [5, 7])], run: ([x]) => x!.gather(Tensor.arange(x!.device, 4, 'i32')), expect: ([x]) => ref.gather(x!, from('i32', [4], (i) => i)) },
  { name: 'gather from counts', inputs: [input('i32', [6], whole(0, 4))], run: ([i]) => Tensor.arange(i!.device, 15, 'i64').reshape([5, 3]).gather(i!), expect: ([i]) => ref.gather(from('i64', [5, 3], (k) => k), i!) },
  { name: 'takeAlong at zeros', inputs: [input('f32', [5, 7])], run: ([x]) => x!.takeAlong(Tensor.zeros(x!.device, [5, 2], 'i32'), 1), expect: ([x]) => ref.takeAlong(x!, from('i32', [5, 2], () => 0), 1) },
  { name: 'scatter of ones', inputs: [input('f32', [5, 7]), input('i32', [3], whole(0, 4))], run: ([x, i]) => x!.scatter(i!, Tensor.ones(x!.device, [3, 7])), expect: ([x, i]) => ref.scatter(x!, i!, from('f32', [3, 7], () => 1)) },
  { name: 'scatter into counts', inputs: [input('i32', [3], whole(0, 4))], run: ([i]) => Tensor.arange(i!.device, 5, 'i32').scatter(i!, Tensor.full(i!.device, [3], 9, 'i32'), 0, { mode: 'add' }), expect: ([i]) => ref.scatter(from('i32', [5], (k) => k), i!, from('i32', [3], () => 9), 0, 'add') },
  { name: 'softmax of zeros', inputs: [], run: (_, d) => Tensor.zeros(d, [3, 4]).softmax(), expect: () => from('f32', [3, 4], () => 0.25) },
  { name: 'topk of counts', inputs: [], run: (_, d) => { const { values, indices } = Tensor.arange(d, 9).topk(3); return [values, indices] as T[]; }, expect: () => { const { values, indices } = ref.topk(from('f32', [9], (i) => i), 3); return [values, indices]; } },
  { name: 'sum of ones', inputs: [], run: (_, d) => Tensor.ones(d, [3, 5], 'i64').sum(0), expect: () => from('i64', [5], () => 3) },
];

const near: Tolerance = { ulps: 8, epsilons: 64, stored: 4 };
const one = (dtype: RefType): ref.Ref => ref.scalar(1, dtype);

/** In the dtypes that a model may have. */
const floats = ['f32', 'f16', 'bf16', 'f64'] as const;
const pieces = floats.flatMap((dtype): Case[] => {
  const chain = (name: string, inputs: Case['inputs'], run: (t: T[]) => T | T[], expect: (r: ref.Ref[]) => ref.Ref | ref.Ref[], tolerance = near): Case =>
    ({ name: `${name} ${dtype}`, inputs, run, expect: (r) => rounded(expect(r.map(wide)), dtype), tolerance });
  const small = between(-1, 1);
  return [
    chain('linear layer', [input(dtype, [5, 33]), input(dtype, [33, 17], small), input(dtype, [17])],
      ([x, w, b]) => x!.matmul(w!).add(b!).gelu(), ([x, w, b]) => ref.gelu(ref.add(ref.matmul(x!, w!), b!))),
    chain('linear layer with torch weights', [input(dtype, [5, 33]), input(dtype, [17, 33], small), input(dtype, [17])],
      ([x, w, b]) => x!.matmul(w!.transpose()).add(b!).relu(), ([x, w, b]) => ref.relu(ref.add(ref.matmul(x!, ref.transpose(w!)), b!))),
    chain('attention scores', [input(dtype, [2, 3, 7, 8]), input(dtype, [2, 3, 9, 8]), input(dtype, [2, 3, 9, 8]), input(dtype, [7, 9], values(0, 0, 0, -1e4))],
      ([q, k, v, m]) => q!.matmul(k!.transpose()).mul(0.25).add(m!).softmax().matmul(v!),
      ([q, k, v, m]) => ref.matmul(ref.softmax(ref.add(ref.mul(ref.matmul(q!, ref.transpose(k!)), ref.scalar(0.25, 'f64')), m!)), v!), { ulps: 16, epsilons: 64, stored: 16 }),
    chain('residual and layerNorm', [input(dtype, [4, 37]), input(dtype, [4, 37]), input(dtype, [37], between(0.5, 1.5)), input(dtype, [37])],
      ([x, y, w, b]) => x!.clone().add(y!).layerNorm(w!, b!).add(x!), ([x, y, w, b]) => ref.add(ref.layerNorm(ref.add(x!, y!), w, b), x!), { ulps: 8, epsilons: 64, stored: 16 }),
    chain('gated unit', [input(dtype, [3, 20]), input(dtype, [20, 26], small)],
      ([x, w]) => { const [a, b] = x!.matmul(w!).split(2, 1) as [T, T]; return a.silu().mul(b); },
      ([x, w]) => { const [a, b] = ref.split(ref.matmul(x!, w!), 2, 1) as [ref.Ref, ref.Ref]; return ref.mul(ref.silu(a), b); }, { ulps: 8, epsilons: 128, stored: 32 }),
    chain('variance by hand', [input(dtype, [6, 19])],
      ([x]) => { const d = x!.clone().sub(x!.mean(1, { keepDims: true })); return d.clone().mul(d).mean(1).sqrt(); },
      ([x]) => { const d = ref.sub(x!, ref.mean(x!, 1, { keepDims: true })); return ref.sqrt(ref.mean(ref.mul(d, d), 1)); }),
    chain('a value used by three', [input(dtype, [3, 41])],
      ([x]) => { const e = x!.exp(); return [e.clone().sum(1), e.clone().max(0), e.add(1).log()] as T[]; },
      ([x]) => { const e = ref.exp(x!); return [ref.sum(e, 1), ref.max(e, 0), ref.log(ref.add(e, one('f64')))]; }, { ulps: 4, epsilons: 200, stored: 24 }),
    chain('fold of a product, kept dims', [input(dtype, [5, 1, 13]), input(dtype, [1, 7, 13])],
      ([x, y]) => x!.mul(y!).sum(2).div(13), ([x, y]) => ref.div(ref.sum(ref.mul(x!, y!), 2), ref.scalar(13, 'f64'))),
    chain('columns folded after a transpose', [input(dtype, [33, 18])],
      ([x]) => x!.transpose().abs().max(0).neg(), ([x]) => ref.neg(ref.max(ref.abs(ref.transpose(x!)), 0))),
    chain('gather of a computed table', [input(dtype, [9, 12]), input('i32', [2, 3], whole(0, 8))],
      ([x, i]) => x!.mul(2).gather(i!).add(1), ([x, i]) => ref.add(ref.gather(ref.mul(x!, ref.scalar(2, 'f64')), i!), one('f64'))),
    chain('one hot by scatter', [input('i32', [6], whole(0, 8)), input(dtype, [6])],
      ([i, v]) => Tensor.zeros(i!.device, [9], dtype).scatter(i!, v!, 0, { mode: 'add' }).mul(3),
      ([i, v]) => ref.mul(ref.scatter({ dtype: 'f64', shape: [9], data: Array<number>(9).fill(0) }, i!, v!, 0, 'add'), ref.scalar(3, 'f64'))),
    chain('mask and choose', [input(dtype, [7, 18]), input(dtype, [18])],
      ([x, y]) => x!.clone().where(x!.clone().gt(y!.clone()).and(x!.lt(2)), y!).add(1),
      ([x, y]) => ref.add(ref.where(ref.and(ref.gt(x!, y!), ref.lt(x!, ref.scalar(2, 'f64'))), x!, y!), one('f64'))),
    chain('a long chain', [input(dtype, [531], between(0.5, 2)), input(dtype, [531], between(0.5, 2))],
      ([x, y]) => x!.add(y!.clone()).mul(0.5).sqrt().log().add(3).div(y!).tanh().mul(2).sub(0.25).abs(),
      ([x, y]) => ref.abs(ref.sub(ref.mul(ref.tanh(ref.div(ref.add(ref.log(ref.sqrt(ref.mul(ref.add(x!, y!), half))), ref.scalar(3, 'f64')), y!)), ref.scalar(2, 'f64')), ref.scalar(0.25, 'f64')))),
  ];
});
const half = ref.scalar(0.5, 'f64');
/** Floats are followed in float64 through the whole chain and rounded once. */
const wide = (x: ref.Ref): ref.Ref => (isFloat(x.dtype) ? { ...x, dtype: 'f64' } : x);
const rounded = (x: ref.Ref | ref.Ref[], dtype: RefType): ref.Ref | ref.Ref[] => {
  const narrow = (r: ref.Ref): ref.Ref => (r.dtype === 'f64' ? ref.to(r, dtype) : r);
  return Array.isArray(x) ? x.map(narrow) : narrow(x);
};

/** Many inputs and many members in one step: more registers than a tile program has must split, not fail. */
const wideStep: Case = {
  name: 'a sum of 40 tensors', inputs: Array.from({ length: 40 }, () => input('i32', [37])),
  run: (t) => t.reduce((a, b) => a.add(b)), expect: (r) => r.reduce(ref.add),
};
const manyValues: Case = {
  name: '70 values alive at once', inputs: [input('i64', [37], any)],
  run: ([x]) => {
    const parts = Array.from({ length: 70 }, (_, i) => x!.clone().mul(i + 2));
    x!.dispose();
    const forward = parts.map((p) => p.clone()).reduce((a, b) => a.add(b));
    return parts.reduce((a, b) => a.mul(b)).add(forward);
  },
  expect: ([x]) => {
    const parts = Array.from({ length: 70 }, (_, i) => ref.mul(x!, ref.scalar(i + 2, 'i64')));
    return ref.add(parts.reduce(ref.mul), parts.reduce(ref.add));
  },
};

export const sourceCases: readonly Case[] = [...sources, ...odd, ...asOperands];
export const chainCases: readonly Case[] = [...pieces, wideStep, manyValues];
