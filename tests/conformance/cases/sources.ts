/** Tensors from nothing: alone, in chains, and as operands of kernels that read memory. */
import { Tensor } from '../../../lib/index.js';
import { input, whole, type Case, type T } from '../case.js';
import * as ref from '../reference/index.js';
import { isFloat, numberTypes, type Num, type RefType } from '../reference/numbers.js';

const from = (dtype: RefType, shape: readonly number[], f: (i: number) => number): ref.Ref => {
  const data = Array.from({ length: ref.sizeOf(shape) }, (_, i): Num =>
    isFloat(dtype) ? f(i) : BigInt(f(i)),
  );
  return { dtype, shape, data };
};
const sources = numberTypes.flatMap((dtype): Case[] => [
  {
    name: `full ${dtype}`,
    inputs: [],
    run: (_, d) => Tensor.full(d, [3, 5], 7, dtype),
    expect: () => from(dtype, [3, 5], () => 7),
  },
  {
    name: `zeros ${dtype}`,
    inputs: [],
    run: (_, d) => Tensor.zeros(d, [17], dtype),
    expect: () => from(dtype, [17], () => 0),
  },
  {
    name: `ones ${dtype}`,
    inputs: [],
    run: (_, d) => Tensor.ones(d, [], dtype),
    expect: () => from(dtype, [], () => 1),
  },
  {
    name: `arange ${dtype}`,
    inputs: [],
    run: (_, d) => Tensor.arange(d, 100, dtype),
    expect: () => from(dtype, [100], (i) => i),
  },
  {
    name: `arange ${dtype} by steps`,
    inputs: [],
    run: (_, d) => Tensor.arange(d, 3, 60, 4, dtype),
    expect: () => from(dtype, [15], (i) => 3 + 4 * i),
  },
  {
    name: `arange ${dtype} in a chain`,
    inputs: [input(dtype, [4, 5])],
    run: ([x]) => Tensor.arange(x.device, 20, dtype).reshape([4, 5]).add(x),
    expect: ([x]) =>
      ref.add(
        from(dtype, [4, 5], (i) => i),
        x,
      ),
  },
]);
const odd: readonly Case[] = [
  {
    name: 'full bool',
    inputs: [],
    run: (_, d) => Tensor.full(d, [9], 1, 'bool'),
    expect: () => ({ dtype: 'bool', shape: [9], data: Array<bigint>(9).fill(1n) }),
  },
  {
    name: 'full f32 special',
    inputs: [],
    run: (_, d) => Tensor.full(d, [3], NaN).concat([Tensor.full(d, [2], -Infinity), Tensor.full(d, [2], -0)]),
    expect: () => ({ dtype: 'f32', shape: [7], data: [NaN, NaN, NaN, -Infinity, -Infinity, -0, -0] }),
  },
  {
    name: 'arange f32 long',
    inputs: [],
    run: (_, d) => Tensor.arange(d, 1025),
    expect: () => from('f32', [1025], (i) => i),
  },
  {
    name: 'arange f64 backwards',
    inputs: [],
    run: (_, d) => Tensor.arange(d, 5, -5, -2.5, 'f64'),
    expect: () => from('f64', [4], (i) => 5 - 2.5 * i),
  },
  {
    name: 'arange i32 transposed',
    inputs: [],
    run: (_, d) => Tensor.arange(d, 12, 'i32').reshape([3, 4]).transpose().flip(0),
    expect: () =>
      ref.flip(
        ref.transpose(
          ref.reshape(
            from('i32', [12], (i) => i),
            [3, 4],
          ),
        ),
        0,
      ),
  },
  {
    name: 'arange i32 summed',
    inputs: [],
    run: (_, d) => Tensor.arange(d, 1000, 'i32').reshape([10, 100]).sum(0),
    expect: () =>
      ref.sum(
        ref.reshape(
          from('i32', [1000], (i) => i),
          [10, 100],
        ),
        0,
      ),
  },
];

/** Kernels that read memory need some even for values that come from nothing. */
const asOperands: readonly Case[] = [
  {
    name: 'matmul of ones',
    inputs: [input('f32', [5, 7])],
    run: ([x]) => x.matmul(Tensor.ones(x.device, [7, 3])),
    expect: ([x]) =>
      ref.matmul(
        x,
        from('f32', [7, 3], () => 1),
      ),
    tolerance: { ulps: 1, epsilons: 8 },
  },
  {
    name: 'matmul of counts',
    inputs: [],
    run: (_, d) =>
      Tensor.arange(d, 12)
        .reshape([3, 4])
        .matmul(Tensor.arange(d, 8).reshape([4, 2])),
    expect: () =>
      ref.matmul(
        from('f32', [3, 4], (i) => i),
        from('f32', [4, 2], (i) => i),
      ),
  },
  {
    name: 'gather at counts',
    inputs: [input('f32', [5, 7])],
    run: ([x]) => x.gather(Tensor.arange(x.device, 4, 'i32')),
    expect: ([x]) =>
      ref.gather(
        x,
        from('i32', [4], (i) => i),
      ),
  },
  {
    name: 'gather from counts',
    inputs: [input('i32', [6], whole(0, 4))],
    run: ([i]) => Tensor.arange(i.device, 15, 'i64').reshape([5, 3]).gather(i),
    expect: ([i]) =>
      ref.gather(
        from('i64', [5, 3], (k) => k),
        i,
      ),
  },
  {
    name: 'takeAlong at zeros',
    inputs: [input('f32', [5, 7])],
    run: ([x]) => x.takeAlong(Tensor.zeros(x.device, [5, 2], 'i32'), 1),
    expect: ([x]) =>
      ref.takeAlong(
        x,
        from('i32', [5, 2], () => 0),
        1,
      ),
  },
  {
    name: 'scatter of ones',
    inputs: [input('f32', [5, 7]), input('i32', [3], whole(0, 4))],
    run: ([x, i]) => x.scatter(i, Tensor.ones(x.device, [3, 7])),
    expect: ([x, i]) =>
      ref.scatter(
        x,
        i,
        from('f32', [3, 7], () => 1),
      ),
  },
  {
    name: 'scatter into counts',
    inputs: [input('i32', [3], whole(0, 4))],
    run: ([i]) =>
      Tensor.arange(i.device, 5, 'i32').scatter(i, Tensor.full(i.device, [3], 9, 'i32'), 0, {
        mode: 'add',
      }),
    expect: ([i]) =>
      ref.scatter(
        from('i32', [5], (k) => k),
        i,
        from('i32', [3], () => 9),
        0,
        'add',
      ),
  },
  {
    name: 'softmax of zeros',
    inputs: [],
    run: (_, d) => Tensor.zeros(d, [3, 4]).softmax(),
    expect: () => from('f32', [3, 4], () => 0.25),
  },
  {
    name: 'topk of counts',
    inputs: [],
    run: (_, d) => {
      const { values, indices } = Tensor.arange(d, 9).topk(3);
      return [values, indices] as T[];
    },
    expect: () => {
      const { values, indices } = ref.topk(
        from('f32', [9], (i) => i),
        3,
      );
      return [values, indices];
    },
  },
  {
    name: 'sum of ones',
    inputs: [],
    run: (_, d) => Tensor.ones(d, [3, 5], 'i64').sum(0),
    expect: () => from('i64', [5], () => 3),
  },
];

export const sourceCases: readonly Case[] = [...sources, ...odd, ...asOperands];
