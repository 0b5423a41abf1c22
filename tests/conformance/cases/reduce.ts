/** Folds over one axis, several and all; running sums. */
import {
  any,
  between,
  computed,
  input,
  mixed,
  shapeText,
  special,
  whole,
  type Case,
  type Fill,
  type T,
  type Tolerance,
} from '../case.js';
import * as ref from '../reference/index.js';
import { floatTypes, isFloat, numberTypes, type RefType } from '../reference/numbers.js';

interface FoldOp {
  readonly name: string;
  readonly dtypes: readonly RefType[];
  readonly run: (x: T, axes: ref.Axes, keep: ref.Keep) => T;
  readonly expect: (x: ref.Ref, axes: ref.Axes, keep: ref.Keep) => ref.Ref;
  readonly fill?: Fill;
  /** For n elements folded. */
  readonly tolerance: (n: number) => Tolerance;
  /** Whether an empty range has a value. */
  readonly empty: boolean;
  readonly oneAxis?: boolean;
}

const exact = (): Tolerance => ({ anyZero: true });
/** Terms are below 3; a blocked sum loses far less than n epsilons, a naive one about sqrt(n) of them. */
const sums = (n: number): Tolerance => ({ ulps: 1, epsilons: n });

const ops: readonly FoldOp[] = [
  {
    name: 'sum',
    dtypes: numberTypes,
    run: (x, a, k) => x.sum(a, k),
    expect: ref.sum,
    tolerance: sums,
    empty: true,
  },
  {
    name: 'prod',
    dtypes: numberTypes,
    run: (x, a, k) => x.prod(a, k),
    expect: ref.prod,
    tolerance: sums,
    empty: true,
    fill: between(0.9, 1.1),
  },
  {
    name: 'mean',
    dtypes: floatTypes,
    run: (x, a, k) => x.mean(a, k),
    expect: ref.mean,
    tolerance: () => ({ ulps: 2, epsilons: 2, stored: 0.5 }),
    empty: true,
  },
  {
    name: 'max',
    dtypes: numberTypes,
    run: (x, a, k) => x.max(a, k),
    expect: ref.max,
    tolerance: exact,
    empty: false,
  },
  {
    name: 'min',
    dtypes: numberTypes,
    run: (x, a, k) => x.min(a, k),
    expect: ref.min,
    tolerance: exact,
    empty: false,
  },
  {
    name: 'argmax',
    dtypes: numberTypes,
    run: (x, a, k) => x.argmax(a as number, k),
    expect: (x, a, k) => ref.argmax(x, a as number, k),
    tolerance: exact,
    empty: false,
    oneAxis: true,
  },
  {
    name: 'argmin',
    dtypes: numberTypes,
    run: (x, a, k) => x.argmin(a as number, k),
    expect: (x, a, k) => ref.argmin(x, a as number, k),
    tolerance: exact,
    empty: false,
    oneAxis: true,
  },
];

const axesText = (axes: ref.Axes): string => (axes === undefined ? 'all' : JSON.stringify(axes));

function row(
  op: FoldOp,
  dtype: RefType,
  shape: readonly number[],
  axes: ref.Axes,
  fill: Fill,
  keepDims = false,
  what = '',
): Case {
  const folded = axes === undefined ? shape : [axes].flat().map((a) => shape.at(a)!);
  const keep = keepDims ? { keepDims } : {};
  return {
    name: `${op.name} ${dtype} ${shapeText(shape)} over ${axesText(axes)}${keepDims ? ' keepDims' : ''}${what}`,
    inputs: [input(dtype, shape, fill)],
    run: ([x]) => op.run(x, axes, keep),
    expect: ([x]) => op.expect(x, axes, keep),
    tolerance: op.tolerance(ref.sizeOf(folded)),
  };
}

/** Rows and columns, long and short, first, middle and last axes, several at once, all of them, none of them. */
const frames: readonly [shape: readonly number[], axes: ref.Axes][] = [
  [[1], undefined],
  [[7], 0],
  [[17], 0],
  [[513], undefined],
  [[1025], -1],
  [[3, 171], 1],
  [[3, 171], 0],
  [[171, 3], 0],
  [[171, 3], -1],
  [[1, 65], 0],
  [[65, 1], 0],
  [[2, 3, 5], 1],
  [
    [5, 8, 9],
    [0, 2],
  ],
  [
    [5, 8, 9],
    [0, 1],
  ],
  [
    [5, 8, 9],
    [1, 2],
  ],
  [
    [2, 3, 4, 5],
    [-1, -3],
  ],
  [
    [2, 1, 3, 2, 7],
    [0, 2, 4],
  ],
  [[2, 3, 4, 5], undefined],
  [[17, 31], []],
  [[], undefined],
];
const several = (axes: ref.Axes): boolean => Array.isArray(axes);

/** f32 meets every frame, the other types that kernels know some, those that convert a few. */
let turn = 0;
const table = ops.flatMap((op) =>
  op.dtypes.flatMap((dtype) => {
    const fitting = frames.filter(
      ([shape, axes]) => !op.oneAxis || (!several(axes) && !(axes === undefined && shape.length === 0)),
    );
    const every = dtype === 'f32' ? fitting.length : computed(dtype) ? 5 : 2;
    const chosen = Array.from({ length: every }, () => fitting[turn++ % fitting.length]);
    const rows = new Map(
      chosen.map(([shape, axes]) => [
        `${shape} ${axesText(axes)}`,
        row(op, dtype, shape, axes, op.fill ?? (isFloat(dtype) ? any : mixed), turn % 2 === 0),
      ]),
    );
    return [...rows.values()];
  }),
);

/** NaN, infinities, zeros of both signs and ties, in rows and in columns; a NaN far from the beginning. */
const peaks = ops
  .filter((op) => /max|min/.test(op.name))
  .flatMap((op, k) =>
    numberTypes.flatMap((dtype, i) => [
      row(op, dtype, [12, 31], (i + k) % 2, mixed, false, ' with specials'),
      row(op, dtype, [5, 67], (i + k + 1) % 2, whole(-2, 2), false, ' with ties'),
      ...(isFloat(dtype)
        ? [
            row(
              op,
              dtype,
              [700],
              undefined,
              (r, i, n, d) => (i === 600 ? NaN : any(r, i, n, d)),
              false,
              ' with one NaN late',
            ),
          ]
        : []),
    ]),
  );
const sumSpecials = ['sum', 'prod', 'mean'].flatMap((name) =>
  floatTypes.map((dtype) =>
    row(
      ops.find((op) => op.name === name)!,
      dtype,
      [9, 3],
      1,
      (_, i) =>
        [
          1,
          2,
          3,
          Infinity,
          1,
          1,
          -Infinity,
          Infinity,
          0,
          NaN,
          1,
          1,
          -0,
          -0,
          -0,
          Infinity,
          0,
          2,
          1,
          -1,
          1,
          -Infinity,
          1,
          2,
          0,
          0,
          0,
        ][i],
      false,
      ' with infinities',
    ),
  ),
);

/** Few results of many elements take two phases; many columns take several blocks. */
const nearOne = between(0.999, 1.001);
const long = ops.flatMap((op) => {
  const fill = op.name === 'prod' ? nearOne : any;
  return [
    row(op, 'f32', [40009], undefined, op.name === 'prod' ? nearOne : whole(-9, 9), false, ' long'),
    row(op, op.dtypes.includes('i64') ? 'i64' : 'f64', [3, 6007], 1, any, true, ' long rows'),
    row(op, 'f32', [6007, 3], 0, fill, true, ' long columns'),
    row(op, 'f32', [5, 2060], 0, fill, false, ' many columns'),
  ].map((c): Case => ({ ...c, large: true }));
});
const tenths: Case = {
  name: 'sum f32 of 30011 tenths is blocked',
  inputs: [input('f32', [30011], () => 0.1)],
  run: ([x]) => x.sum(),
  expect: ([x]) => ref.sum(x),
  large: true,
  tolerance: { ulps: 16 }, // one running sum would be off by hundreds
};
const halfSum = (['f16', 'bf16'] as const).map((dtype): Case => ({
  name: `sum ${dtype} accumulates in f32`,
  inputs: [input(dtype, [4000], () => 1)],
  run: ([x]) => x.sum(),
  expect: ([x]) => ref.sum(x),
}));
const halfMean: Case = {
  name: 'mean f16 whose sum leaves the range',
  inputs: [input('f16', [4, 400], () => 300)],
  run: ([x]) => x.mean(1),
  expect: ([x]) => ref.mean(x, 1),
  tolerance: { ulps: 1 },
};

const empty = ops
  .filter((op) => op.empty)
  .flatMap((op) =>
    (['f32', 'i32'] as const)
      .filter((d) => op.dtypes.includes(d))
      .flatMap((dtype) => [
        row(op, dtype, [0], undefined, any, false, ' empty'),
        row(op, dtype, [3, 0], 1, any, true, ' empty'),
        row(op, dtype, [0, 3], 0, any, false, ' empty'),
      ]),
  );
const noRows = ops.map((op) => row(op, 'f32', [0, 3], 1, any, false, ' no rows'));
const wholeArg = (['argmax', 'argmin'] as const).flatMap((name): Case[] => [
  {
    name: `${name} f32 [3, 5] flattened`,
    inputs: [input('f32', [3, 5])],
    run: ([x]) => x[name](undefined, { keepDims: true }),
    expect: ([x]) => ({ ...ref[name]({ ...x, shape: [15] }, 0), shape: [1, 1] }),
  },
]);

const cumsum = numberTypes.flatMap((dtype): Case[] => {
  const places: readonly [readonly number[], number][] =
    dtype === 'f32'
      ? [
          [[1], 0],
          [[17], -1],
          [[513], 0],
          [[3, 171], 1],
          [[171, 3], 0],
          [[2, 3, 5], 1],
          [[2, 3, 4, 5], -2],
          [[4, 6007], 1],
          [[0], 0],
          [[3, 0, 2], 0],
        ]
      : [
          [[65], 0],
          [[5, 8, 9], 1],
        ];
  return places.map(([shape, axis]) => ({
    name: `cumsum ${dtype} ${shapeText(shape)} along ${axis}`,
    inputs: [input(dtype, shape)],
    run: ([x]) => x.cumsum(axis),
    expect: ([x]) => ref.cumsum(x, axis),
    tolerance: { ulps: 1, epsilons: shape.at(axis)! },
    large: shape.includes(6007),
  }));
});
const cumsumSpecial: Case = {
  name: 'cumsum f32 with specials',
  inputs: [input('f32', [3, 37], special)],
  run: ([x]) => x.slice([null, [4, 12]]).cumsum(),
  expect: ([x]) => ref.cumsum(ref.slice(x, [null, [4, 12]])),
  tolerance: { ulps: 2 },
};

export const reduceCases: readonly Case[] = [
  ...table,
  ...peaks,
  ...sumSpecials,
  ...long,
  tenths,
  ...halfSum,
  halfMean,
  ...empty,
  ...noRows,
  ...wholeArg,
];
export const cumsumCases: readonly Case[] = [...cumsum, cumsumSpecial];
