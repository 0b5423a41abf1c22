/** Functions of two and three tensors, element by element, and numbers in place of one. */
import {
  any,
  between,
  computed,
  input,
  LONG,
  nextShape,
  pairsThen,
  shapeText,
  shapes,
  special,
  specialSlow,
  whole,
  type Case,
  type Fill,
  type T,
  type Tolerance,
} from '../case.js';
import type { Device, Tensor } from '../../../lib/index.js';
import * as ref from '../reference/index.js';
import { allTypes, numberTypes, type RefType } from '../reference/numbers.js';

interface BinaryOp {
  readonly name: string;
  readonly dtypes: readonly RefType[];
  readonly run: (a: T, b: T | number) => T;
  readonly expect: (a: ref.Ref, b: ref.Ref) => ref.Ref;
  readonly tolerance?: Tolerance;
  readonly left?: Fill;
  readonly right?: Fill;
}

const anyZero: Tolerance = { anyZero: true };
/** Whole numbers and zero too, so that equality and division by zero happen. */
const few = whole(-3, 3);

/** A bool is 0 or 1; nothing else is wanted of `few` there. */
const fewOf = (dtype: RefType): Fill => (dtype === 'bool' ? any : few);

const arithmetic: readonly BinaryOp[] = [
  { name: 'add', dtypes: numberTypes, run: (a, b) => a.add(b), expect: ref.add },
  { name: 'sub', dtypes: numberTypes, run: (a, b) => a.sub(b), expect: ref.sub },
  { name: 'mul', dtypes: numberTypes, run: (a, b) => a.mul(b), expect: ref.mul },
  { name: 'div', dtypes: numberTypes, run: (a, b) => a.div(b), expect: ref.div },
  { name: 'mod', dtypes: numberTypes, run: (a, b) => a.mod(b), expect: ref.mod, tolerance: { ulps: 1 } },
  {
    name: 'pow',
    dtypes: numberTypes,
    run: (a, b) => a.pow(b),
    expect: ref.pow,
    tolerance: { ulps: 2 },
    left: between(0, 4),
    right: between(0, 5),
  },
  {
    name: 'max',
    dtypes: numberTypes,
    run: (a, b) => (typeof b === 'number' ? a.maximum(b) : a.max(b)),
    expect: ref.maximum,
    tolerance: anyZero,
  },
  {
    name: 'min',
    dtypes: numberTypes,
    run: (a, b) => (typeof b === 'number' ? a.minimum(b) : a.min(b)),
    expect: ref.minimum,
    tolerance: anyZero,
  },
];

const comparisons: readonly BinaryOp[] = [
  { name: 'eq', dtypes: allTypes, run: (a, b) => a.eq(b), expect: ref.eq },
  { name: 'ne', dtypes: allTypes, run: (a, b) => a.ne(b), expect: ref.ne },
  { name: 'lt', dtypes: allTypes, run: (a, b) => a.lt(b), expect: ref.lt },
  { name: 'le', dtypes: allTypes, run: (a, b) => a.le(b), expect: ref.le },
  { name: 'gt', dtypes: allTypes, run: (a, b) => a.gt(b), expect: ref.gt },
  { name: 'ge', dtypes: allTypes, run: (a, b) => a.ge(b), expect: ref.ge },
];

const logic: readonly BinaryOp[] = [
  { name: 'and', dtypes: ['bool'], run: (a, b) => a.and(b), expect: ref.and },
  { name: 'or', dtypes: ['bool'], run: (a, b) => a.or(b), expect: ref.or },
];

const ops = [...arithmetic, ...comparisons, ...logic];

function row(
  op: BinaryOp,
  dtype: RefType,
  a: readonly number[],
  b: readonly number[],
  fills: [Fill, Fill],
  what = `${shapeText(a)} ${shapeText(b)}`,
): Case {
  return {
    name: `${op.name} ${dtype} ${what}`,
    inputs: [input(dtype, a, fills[0]), input(dtype, b, fills[1])],
    run: ([x, y]) => op.run(x, y),
    expect: ([x, y]) => op.expect(x, y),
    tolerance: op.tolerance,
  };
}

/** Axes of 1 and missing axes on both sides, in the middle and at the ends; rank 5; nothing. */
const broadcasts: readonly [readonly number[], readonly number[]][] = [
  [[3, 5], [5]],
  [
    [3, 1],
    [1, 5],
  ],
  [
    [2, 3, 4],
    [3, 1],
  ],
  [[7], []],
  [[], [513]],
  [[1], [65]],
  [
    [4, 1, 6],
    [1, 5, 1],
  ],
  [
    [2, 1, 3, 1, 2],
    [3, 1, 4, 1],
  ],
  [[0], [1]],
  [
    [3, 1],
    [1, 0],
  ],
  [
    [17, 31],
    [17, 1],
  ],
];

const table = (op: BinaryOp): Case[] =>
  op.dtypes.flatMap((dtype) => {
    const [left, right] = op.left ? [op.left, op.right!] : [fewOf(dtype), fewOf(dtype)];
    const shape = nextShape();
    return [
      row(op, dtype, [LONG], [LONG], [pairsThen(special, any), pairsThen(specialSlow, any)], 'special'),
      ...(computed(dtype) ? [row(op, dtype, shape, shape, [left, right])] : []),
    ];
  });

const shapesOfAdd = (['f32', 'i8'] as const).flatMap((dtype) =>
  shapes.map((shape) =>
    row(arithmetic[0], dtype, shape, shape, [any, any], `${shapeText(shape)} every shape`),
  ),
);
const stretched = broadcasts.flatMap(([a, b], i) =>
  [ops[i % ops.length], ops[(i + 1) % 4]].map((op, k) =>
    row(op, (['f32', 'i32', 'f16', 'u8', 'f64', 'i64'] as const)[(i + k) % 6], a, b, [
      op.left ?? few,
      op.right ?? few,
    ]),
  ),
);

/** A number stands for a scalar of the tensor's dtype. Halves may see it with more digits than they have. */
const numbers = arithmetic.concat(comparisons).flatMap((op, i) =>
  (['f32', 'f16', 'bf16', 'f64', 'i8', 'u16', 'i32', 'u32', 'i64', 'u64'] as const)
    .filter((_, k) => (i + k) % 3 === 0)
    .map((dtype): Case => ({
      name: `${op.name} ${dtype} with a number`,
      inputs: [input(dtype, [19], op.left ?? few)],
      run: ([x]) => op.run(x, 2),
      expect: ([x]) => op.expect(x, ref.scalar(2, dtype)),
      tolerance: op.tolerance,
    })),
);
const fraction = (['f32', 'f64'] as const).map((dtype): Case => ({
  name: `mul ${dtype} with a fraction`,
  inputs: [input(dtype, [19])],
  run: ([x]) => x.mul(0.1),
  expect: ([x]) => ref.mul(x, ref.scalar(0.1, dtype)),
}));
const halfFraction = (['f16', 'bf16'] as const).map((dtype): Case => ({
  name: `mul ${dtype} with a fraction`,
  inputs: [input(dtype, [19])],
  run: ([x]) => x.mul(0.1),
  expect: ([x]) => ref.mul(x, ref.scalar(0.1, dtype)),
  tolerance: { ulps: 1 },
}));

const not: readonly Case[] = shapes.map((shape) => ({
  name: `not bool ${shapeText(shape)}`,
  inputs: [input('bool', shape)],
  run: ([x]) => x.not(),
  expect: ([x]) => ref.not(x),
}));

/** A condition, for the compiler. */
const bool = (t: T): Tensor<Device, 'bool'> => t as Tensor<Device, 'bool'>;

const where = allTypes.flatMap((dtype): Case[] => {
  const shape = nextShape();
  const branches = [input(dtype, shape), input(dtype, shape, special)];
  const stretchable = [input('bool', [3, 1, 5]), input(dtype, [4, 1]), input(dtype, [5], special)];
  return [
    {
      name: `where ${dtype} ${shapeText(shape)}`,
      inputs: [input('bool', shape), ...branches],
      run: ([c, a, b]) => bool(c).where(a, b),
      expect: ([c, a, b]) => ref.where(c, a, b),
    },
    {
      name: `where ${dtype} broadcast`,
      inputs: stretchable,
      run: ([c, a, b]) => (dtype === 'bool' ? bool(c).where(a, b) : a.where(bool(c), b)),
      expect: ([c, a, b]) => ref.where(c, a, b),
    },
  ];
});
const whereNumbers: readonly Case[] = [
  {
    name: 'where of two numbers',
    inputs: [input('bool', [21])],
    run: ([c]) => bool(c).where(1.5, -2),
    expect: ([c]) => ref.where(c, ref.scalar(1.5, 'f32'), ref.scalar(-2, 'f32')),
  },
  ...(['f32', 'i64', 'u8'] as const).map((dtype): Case => ({
    name: `where ${dtype} or a number`,
    inputs: [input('bool', [21]), input(dtype, [21])],
    run: ([c, a]) => bool(c).where(a, 3),
    expect: ([c, a]) => ref.where(c, a, ref.scalar(3, dtype)),
  })),
];

const clamp = numberTypes.flatMap((dtype): Case[] => [
  {
    name: `clamp ${dtype} numbers`,
    inputs: [input(dtype, [LONG], whole(-9, 9))],
    tolerance: anyZero,
    run: ([x]) => x.clamp(1, 4),
    expect: ([x]) => ref.clamp(x, ref.scalar(1, dtype), ref.scalar(4, dtype)),
  },
  {
    name: `clamp ${dtype} tensors`,
    inputs: [
      input(dtype, [4, 37], special),
      input(dtype, [4, 1], whole(0, 2)),
      input(dtype, [37], whole(1, 5)),
    ],
    tolerance: anyZero,
    run: ([x, lo, hi]) => x.clamp(lo, hi),
    expect: ([x, lo, hi]) => ref.clamp(x, lo, hi),
  },
]);

export const binaryCases: readonly Case[] = [
  ...ops.flatMap(table),
  ...shapesOfAdd,
  ...stretched,
  ...numbers,
  ...fraction,
  ...halfFraction,
  ...not,
];
export const choiceCases: readonly Case[] = [...where, ...whereNumbers, ...clamp];
