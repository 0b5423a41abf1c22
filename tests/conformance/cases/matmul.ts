/** Matrix products: vectors, matrices, batches that broadcast, edges of blocks, empty sums. */
import { between, input, mixed, shapeText, whole, type Case, type Fill } from '../case.js';
import * as ref from '../reference/index.js';
import { isFloat, numberTypes, type RefType } from '../reference/numbers.js';

type Frame = readonly [a: readonly number[], b: readonly number[]];

const vectors: readonly Frame[] = [
  [[1], [1]],
  [[17], [17]],
  [[5], [5, 7]],
  [[3, 5], [5]],
  [[4], [2, 4, 3]],
  [[2, 3, 4], [4]],
];
/** M around register blocks of 6, 8 and 12 rows, N around 8, 16, 32 and 64 lanes, K around unrolling and packing. */
const matrices: readonly Frame[] = [
  [
    [1, 1],
    [1, 1],
  ],
  [
    [2, 3],
    [3, 4],
  ],
  [
    [1, 64],
    [64, 65],
  ],
  [
    [4, 33],
    [33, 17],
  ],
  [
    [5, 16],
    [16, 16],
  ],
  [
    [6, 7],
    [7, 16],
  ],
  [
    [7, 8],
    [8, 15],
  ],
  [
    [8, 9],
    [9, 8],
  ],
  [
    [12, 5],
    [5, 64],
  ],
  [
    [13, 31],
    [31, 33],
  ],
  [
    [17, 63],
    [63, 31],
  ],
  [
    [33, 64],
    [64, 1],
  ],
  [
    [65, 3],
    [3, 67],
  ],
  [
    [3, 300],
    [300, 5],
  ],
  [
    [31, 257],
    [257, 65],
  ],
];
const batches: readonly Frame[] = [
  [
    [2, 3, 4],
    [2, 4, 5],
  ],
  [
    [2, 3, 4],
    [4, 5],
  ],
  [
    [3, 4],
    [2, 4, 5],
  ],
  [
    [2, 1, 3, 4],
    [5, 4, 2],
  ],
  [
    [1, 3, 4],
    [6, 4, 5],
  ],
  [
    [2, 3, 1, 5, 7],
    [1, 3, 2, 7, 4],
  ],
  [
    [9, 1, 8],
    [9, 8, 1],
  ],
  [
    [3, 17, 16],
    [3, 16, 33],
  ],
];
const empty: readonly Frame[] = [
  [
    [3, 0],
    [0, 4],
  ],
  [
    [0, 3],
    [3, 4],
  ],
  [
    [3, 4],
    [4, 0],
  ],
  [[0], [0]],
  [
    [0, 2, 3],
    [0, 3, 2],
  ],
  [
    [2, 3, 0],
    [2, 0, 5],
  ],
];

const floats: Fill = between(-2, 2);
function row(dtype: RefType, [a, b]: Frame, fill: Fill = isFloat(dtype) ? floats : mixed, what = ''): Case {
  return {
    name: `matmul ${dtype} ${shapeText(a)} x ${shapeText(b)}${what}`,
    inputs: [input(dtype, a, fill), input(dtype, b, fill)],
    run: ([x, y]) => x.matmul(y),
    expect: ([x, y]) => ref.matmul(x, y),
    tolerance: { ulps: 1, epsilons: 2 * a.at(-1)! },
  };
}

/** f32 has kernels of its own and meets everything; the other types share a simpler one. */
const frames: Frame[] = [...vectors, ...matrices, ...batches, ...empty];
let turn = 0;
const table = numberTypes.flatMap((dtype) => {
  const count = dtype === 'f32' ? frames.length : dtype === 'i8' || dtype === 'u16' ? 4 : 9;
  return Array.from({ length: count }, () => row(dtype, frames[turn++ % frames.length]));
});

/** Whole numbers: sums are exact whatever their order, so every block boundary must be, too. */
const exact = (['f32', 'f16', 'bf16', 'f64'] as const).map((dtype): Case => ({
  ...row(
    dtype,
    [
      [19, 70],
      [70, 37],
    ],
    whole(-1, 1),
    ' exact',
  ),
  tolerance: { anyZero: true },
}));
/** Beyond what one block of the kernels holds, in each direction; with an epilogue the result goes through scratch. */
const beyond: readonly Frame[] = [
  [
    [67, 530],
    [530, 66],
  ],
  [
    [3, 530],
    [530, 130],
  ],
  [
    [49, 20],
    [20, 40],
  ],
  [
    [145, 9],
    [9, 70],
  ],
  [
    [261, 8],
    [8, 33],
  ],
  [
    [1030, 5],
    [5, 17],
  ],
  [
    [6, 5],
    [5, 600],
  ],
];
const large = beyond
  .flatMap((frame): Case[] => [
    { ...row('f32', frame), large: true },
    {
      ...row('f32', frame, whole(-3, 3), ' and an epilogue'),
      large: true,
      run: ([a, b]) => a.matmul(b).abs().add(1),
      expect: ([a, b]) => ref.add(ref.abs(ref.matmul(a, b)), ref.scalar(1, 'f32')),
    },
  ])
  .concat(
    {
      ...row('f64', [
        [33, 300],
        [300, 66],
      ]),
      large: true,
    },
    {
      ...row('bf16', [
        [50, 300],
        [300, 40],
      ]),
      large: true,
    },
  );
const specials: Case = {
  ...row(
    'f32',
    [
      [5, 9],
      [9, 17],
    ],
    (_, i) => (i === 12 ? NaN : i === 20 ? Infinity : (i % 5) - 2),
    ' with specials',
  ),
  tolerance: { ulps: 1 },
};

/** Layouts that kernels take without packing, said in the case itself. */
const transposed = (['f32', 'f16', 'f64', 'i32'] as const).flatMap((dtype): Case[] => [
  {
    name: `matmul ${dtype} of transposes`,
    inputs: [input(dtype, [33, 13], whole(-3, 3)), input(dtype, [19, 33], whole(-3, 3))],
    run: ([a, b]) => a.transpose().matmul(b.transpose()),
    expect: ([a, b]) => ref.matmul(ref.transpose(a), ref.transpose(b)),
    tolerance: { anyZero: true },
  },
  {
    name: `matmul ${dtype} of a broadcast row`,
    inputs: [input(dtype, [1, 9], whole(-3, 3)), input(dtype, [9, 17], whole(-3, 3))],
    run: ([a, b]) => a.broadcastTo([6, 9]).matmul(b),
    expect: ([a, b]) => ref.matmul(ref.broadcastTo(a, [6, 9]), b),
    tolerance: { anyZero: true },
  },
  {
    name: `matmul ${dtype} with itself`,
    inputs: [input(dtype, [18, 18], whole(-3, 3))],
    run: ([a]) => a.clone().matmul(a.transpose()),
    expect: ([a]) => ref.matmul(a, ref.transpose(a)),
    tolerance: { anyZero: true },
  },
  {
    name: `matmul ${dtype} of a reshape that no layout says`,
    inputs: [input(dtype, [6, 5], whole(-3, 3)), input(dtype, [10, 4], whole(-3, 3))],
    run: ([a, b]) => a.transpose().reshape([3, 10]).matmul(b),
    expect: ([a, b]) => ref.matmul(ref.reshape(ref.transpose(a), [3, 10]), b),
    tolerance: { anyZero: true },
  },
]);

export const matmulCases: readonly Case[] = [...table, ...exact, ...large, specials, ...transposed];
