/** Functions of one tensor, element by element. */
import {
  any,
  between,
  computed,
  input,
  LONG,
  nextShape,
  shapeText,
  shapes,
  specialThen,
  type Case,
  type Fill,
  type T,
  type Tolerance,
} from '../case.js';
import * as ref from '../reference/index.js';
import { floatTypes, numberTypes, signedTypes, type RefType } from '../reference/numbers.js';

const signed: readonly RefType[] = [...floatTypes, ...signedTypes];
const exactly: Tolerance = {};
const anyZero: Tolerance = { anyZero: true };
const within = (ulps: number, epsilons = 0): Tolerance => ({ ulps, epsilons });

interface UnaryOp {
  readonly name: string;
  readonly dtypes: readonly RefType[];
  readonly run: (x: T) => T;
  readonly expect: (x: ref.Ref) => ref.Ref;
  readonly tolerance: Tolerance;
  /** Ordinary values of the domain. */
  readonly fill?: Fill;
}

/** Tolerances of f32 functions are those that native/simd promises; where an op subtracts, in epsilons too. */
const ops: readonly UnaryOp[] = [
  { name: 'neg', dtypes: numberTypes, run: (x) => x.neg(), expect: ref.neg, tolerance: exactly },
  { name: 'abs', dtypes: numberTypes, run: (x) => x.abs(), expect: ref.abs, tolerance: exactly },
  { name: 'sign', dtypes: numberTypes, run: (x) => x.sign(), expect: ref.sign, tolerance: anyZero },
  { name: 'relu', dtypes: signed, run: (x) => x.relu(), expect: ref.relu, tolerance: anyZero },
  { name: 'exp', dtypes: floatTypes, run: (x) => x.exp(), expect: ref.exp, tolerance: within(2) },
  {
    name: 'log',
    dtypes: floatTypes,
    run: (x) => x.log(),
    expect: ref.log,
    tolerance: within(2),
    fill: between(0.01, 8),
  },
  {
    name: 'sqrt',
    dtypes: floatTypes,
    run: (x) => x.sqrt(),
    expect: ref.sqrt,
    tolerance: exactly,
    fill: between(0, 9),
  },
  {
    name: 'rsqrt',
    dtypes: floatTypes,
    run: (x) => x.rsqrt(),
    expect: ref.rsqrt,
    tolerance: within(1),
    fill: between(0.01, 9),
  },
  { name: 'sin', dtypes: floatTypes, run: (x) => x.sin(), expect: ref.sin, tolerance: within(2) },
  { name: 'cos', dtypes: floatTypes, run: (x) => x.cos(), expect: ref.cos, tolerance: within(2) },
  { name: 'tanh', dtypes: floatTypes, run: (x) => x.tanh(), expect: ref.tanh, tolerance: within(5) },
  { name: 'erf', dtypes: floatTypes, run: (x) => x.erf(), expect: ref.erfOf, tolerance: within(5) },
  {
    name: 'sigmoid',
    dtypes: floatTypes,
    run: (x) => x.sigmoid(),
    expect: ref.sigmoidOf,
    tolerance: within(4, 1),
  },
  { name: 'silu', dtypes: floatTypes, run: (x) => x.silu(), expect: ref.silu, tolerance: within(4, 1) },
  {
    name: 'softplus',
    dtypes: floatTypes,
    run: (x) => x.softplus(),
    expect: ref.softplus,
    tolerance: within(4, 1),
  },
  { name: 'floor', dtypes: floatTypes, run: (x) => x.floor(), expect: ref.floor, tolerance: exactly },
  { name: 'ceil', dtypes: floatTypes, run: (x) => x.ceil(), expect: ref.ceil, tolerance: exactly },
  { name: 'round', dtypes: floatTypes, run: (x) => x.round(), expect: ref.round, tolerance: exactly },
  {
    name: 'leakyRelu',
    dtypes: floatTypes,
    run: (x) => x.leakyRelu(),
    expect: (x) => ref.leakyRelu(x),
    tolerance: within(1),
  },
  {
    name: 'leakyRelu 0.25',
    dtypes: floatTypes,
    run: (x) => x.leakyRelu(0.25),
    expect: (x) => ref.leakyRelu(x, 0.25),
    tolerance: exactly,
  },
  {
    name: 'elu',
    dtypes: floatTypes,
    run: (x) => x.elu(),
    expect: (x) => ref.elu(x),
    tolerance: within(2, 1),
  },
  {
    name: 'elu 0.5',
    dtypes: floatTypes,
    run: (x) => x.elu(0.5),
    expect: (x) => ref.elu(x, 0.5),
    tolerance: within(2, 1),
  },
  { name: 'gelu', dtypes: floatTypes, run: (x) => x.gelu(), expect: ref.gelu, tolerance: within(4, 4) },
  {
    name: 'gelu tanh',
    dtypes: floatTypes,
    run: (x) => x.gelu({ approximate: 'tanh' }),
    expect: ref.geluTanh,
    tolerance: within(4, 4),
  },
];

function row(
  { name, run, expect, tolerance }: UnaryOp,
  dtype: RefType,
  shape: readonly number[],
  fill: Fill,
  what = shapeText(shape),
): Case {
  return {
    name: `${name} ${dtype} ${what}`,
    inputs: [input(dtype, shape, fill)],
    run: ([x]) => run(x),
    expect: ([x]) => expect(x),
    tolerance,
  };
}

/** Lanes, tails and tiles are the loops of one opcode each: neg meets every shape, the others take turns. */
const table = (op: UnaryOp): Case[] =>
  op.dtypes.flatMap((dtype) => {
    const more =
      op.name === 'neg' && ['f32', 'f64', 'bf16', 'i8'].includes(dtype)
        ? shapes
        : computed(dtype)
          ? [nextShape()]
          : [];
    return [
      row(op, dtype, [LONG], specialThen(op.fill ?? any)),
      ...more.map((shape) => row(op, dtype, shape, op.fill ?? any)),
    ];
  });

/** Away from the simple range: large arguments of sin and cos, exp down to denormals and up to infinity, logs near 1. */
const ranges: readonly [string, number, number][] = [
  ['sin', -9000, 9000],
  ['cos', -9000, 9000],
  ['sin', -1e7, 1e7],
  ['cos', -1e7, 1e7],
  ['exp', -104, 89],
  ['exp', -0.001, 0.001],
  ['log', 0.99, 1.01],
  ['log', 1e-38, 1e-37],
  ['tanh', -0.6, 0.6],
  ['tanh', -1e-3, 1e-3],
  ['tanh', -12, 12],
  ['erf', -1, 1],
  ['erf', -1e-3, 1e-3],
  ['erf', -6, 6],
  ['sigmoid', -90, 90],
  ['gelu', -12, 12],
  ['softplus', -90, 90],
];
const wide = (['f32', 'f64'] as const).flatMap((dtype) =>
  ranges.map(([name, lo, hi]) =>
    row(
      ops.find((op) => op.name === name)!,
      dtype,
      [300],
      between(lo, hi),
      `from ${lo} to ${hi}`,
    ),
  ),
);

export const unaryCases: readonly Case[] = [...ops.flatMap(table), ...wide];
