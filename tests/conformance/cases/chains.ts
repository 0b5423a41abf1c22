/** Small pieces of networks: what fuses before, after and across kernels. */
import { Tensor } from '../../../lib/index.js';
import { any, between, input, values, whole, type Case, type T, type Tolerance } from '../case.js';
import * as ref from '../reference/index.js';
import { isFloat, type RefType } from '../reference/numbers.js';

const near: Tolerance = { ulps: 8, epsilons: 64, stored: 4 };
const one = (dtype: RefType): ref.Ref => ref.scalar(1, dtype);

/** In the dtypes that a model may have. */
const floats = ['f32', 'f16', 'bf16', 'f64'] as const;
const pieces = floats.flatMap((dtype): Case[] => {
  const chain = (
    name: string,
    inputs: Case['inputs'],
    run: (t: T[]) => T | T[],
    expect: (r: ref.Ref[]) => ref.Ref | ref.Ref[],
    tolerance = near,
  ): Case => ({
    name: `${name} ${dtype}`,
    inputs,
    run,
    expect: (r) => rounded(expect(r.map(wide)), dtype),
    tolerance,
  });
  const small = between(-1, 1);
  return [
    chain(
      'linear layer',
      [input(dtype, [5, 33]), input(dtype, [33, 17], small), input(dtype, [17])],
      ([x, w, b]) => x.matmul(w).add(b).gelu(),
      ([x, w, b]) => ref.gelu(ref.add(ref.matmul(x, w), b)),
    ),
    chain(
      'linear layer with torch weights',
      [input(dtype, [5, 33]), input(dtype, [17, 33], small), input(dtype, [17])],
      ([x, w, b]) => x.matmul(w.transpose()).add(b).relu(),
      ([x, w, b]) => ref.relu(ref.add(ref.matmul(x, ref.transpose(w)), b)),
    ),
    chain(
      'attention scores',
      [
        input(dtype, [2, 3, 7, 8]),
        input(dtype, [2, 3, 9, 8]),
        input(dtype, [2, 3, 9, 8]),
        input(dtype, [7, 9], values(0, 0, 0, -1e4)),
      ],
      ([q, k, v, m]) => q.matmul(k.transpose()).mul(0.25).add(m).softmax().matmul(v),
      ([q, k, v, m]) =>
        ref.matmul(
          ref.softmax(ref.add(ref.mul(ref.matmul(q, ref.transpose(k)), ref.scalar(0.25, 'f64')), m)),
          v,
        ),
      { ulps: 16, epsilons: 64, stored: 16 },
    ),
    chain(
      'residual and layerNorm',
      [
        input(dtype, [4, 37]),
        input(dtype, [4, 37]),
        input(dtype, [37], between(0.5, 1.5)),
        input(dtype, [37]),
      ],
      ([x, y, w, b]) => x.clone().add(y).layerNorm(w, b).add(x),
      ([x, y, w, b]) => ref.add(ref.layerNorm(ref.add(x, y), w, b), x),
      { ulps: 8, epsilons: 64, stored: 16 },
    ),
    chain(
      'gated unit',
      [input(dtype, [3, 20]), input(dtype, [20, 26], small)],
      ([x, w]) => {
        const [a, b] = x.matmul(w).split(2, 1) as [T, T];
        return a.silu().mul(b);
      },
      ([x, w]) => {
        const [a, b] = ref.split(ref.matmul(x, w), 2, 1) as [ref.Ref, ref.Ref];
        return ref.mul(ref.silu(a), b);
      },
      { ulps: 8, epsilons: 128, stored: 32 },
    ),
    chain(
      'variance by hand',
      [input(dtype, [6, 19])],
      ([x]) => {
        const d = x.clone().sub(x.mean(1, { keepDims: true }));
        return d.clone().mul(d).mean(1).sqrt();
      },
      ([x]) => {
        const d = ref.sub(x, ref.mean(x, 1, { keepDims: true }));
        return ref.sqrt(ref.mean(ref.mul(d, d), 1));
      },
    ),
    chain(
      'a value used by three',
      [input(dtype, [3, 41])],
      ([x]) => {
        const e = x.exp();
        return [e.clone().sum(1), e.clone().max(0), e.add(1).log()] as T[];
      },
      ([x]) => {
        const e = ref.exp(x);
        return [ref.sum(e, 1), ref.max(e, 0), ref.log(ref.add(e, one('f64')))];
      },
      { ulps: 4, epsilons: 200, stored: 24 },
    ),
    chain(
      'fold of a product, kept dims',
      [input(dtype, [5, 1, 13]), input(dtype, [1, 7, 13])],
      ([x, y]) => x.mul(y).sum(2).div(13),
      ([x, y]) => ref.div(ref.sum(ref.mul(x, y), 2), ref.scalar(13, 'f64')),
    ),
    chain(
      'columns folded after a transpose',
      [input(dtype, [33, 18])],
      ([x]) => x.transpose().abs().max(0).neg(),
      ([x]) => ref.neg(ref.max(ref.abs(ref.transpose(x)), 0)),
    ),
    chain(
      'gather of a computed table',
      [input(dtype, [9, 12]), input('i32', [2, 3], whole(0, 8))],
      ([x, i]) => x.mul(2).gather(i).add(1),
      ([x, i]) => ref.add(ref.gather(ref.mul(x, ref.scalar(2, 'f64')), i), one('f64')),
    ),
    chain(
      'one hot by scatter',
      [input('i32', [6], whole(0, 8)), input(dtype, [6])],
      ([i, v]) => Tensor.zeros(i.device, [9], dtype).scatter(i, v, 0, { mode: 'add' }).mul(3),
      ([i, v]) =>
        ref.mul(
          ref.scatter({ dtype: 'f64', shape: [9], data: Array<number>(9).fill(0) }, i, v, 0, 'add'),
          ref.scalar(3, 'f64'),
        ),
    ),
    chain(
      'mask and choose',
      [input(dtype, [7, 18]), input(dtype, [18])],
      ([x, y]) =>
        x
          .clone()
          .where(x.clone().gt(y.clone()).and(x.lt(2)), y)
          .add(1),
      ([x, y]) =>
        ref.add(ref.where(ref.and(ref.gt(x, y), ref.lt(x, ref.scalar(2, 'f64'))), x, y), one('f64')),
    ),
    chain(
      'a long chain',
      [input(dtype, [531], between(0.5, 2)), input(dtype, [531], between(0.5, 2))],
      ([x, y]) => x.add(y.clone()).mul(0.5).sqrt().log().add(3).div(y).tanh().mul(2).sub(0.25).abs(),
      ([x, y]) =>
        ref.abs(
          ref.sub(
            ref.mul(
              ref.tanh(
                ref.div(ref.add(ref.log(ref.sqrt(ref.mul(ref.add(x, y), half))), ref.scalar(3, 'f64')), y),
              ),
              ref.scalar(2, 'f64'),
            ),
            ref.scalar(0.25, 'f64'),
          ),
        ),
    ),
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
  name: 'a sum of 40 tensors',
  inputs: Array.from({ length: 40 }, () => input('i32', [37])),
  run: (t) => t.reduce((a, b) => a.add(b)),
  expect: (r) => r.reduce(ref.add),
};
const manyValues: Case = {
  name: '70 values alive at once',
  inputs: [input('i64', [37], any)],
  large: true,
  run: ([x]) => {
    const parts = Array.from({ length: 70 }, (_, i) => x.clone().mul(i + 2));
    x.dispose();
    const forward = parts.map((p) => p.clone()).reduce((a, b) => a.add(b));
    return parts.reduce((a, b) => a.mul(b)).add(forward);
  },
  expect: ([x]) => {
    const parts = Array.from({ length: 70 }, (_, i) => ref.mul(x, ref.scalar(i + 2, 'i64')));
    return ref.add(parts.reduce(ref.mul), parts.reduce(ref.add));
  },
};

export const chainCases: readonly Case[] = [...pieces, wideStep, manyValues];
