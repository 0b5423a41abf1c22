/** Elementwise ops: one line each. The expression is the whole definition; every device renders it. */
import { checkDType, kindOf, type Kind } from '../dtype.js';
import { MiaError } from '../errors.js';
import { arg, num, s, type Scalar } from '../ir/scalar.js';
import type { Attrs, Meta, ScalarRecord } from '../ir/op.js';
import { broadcastShapes, checkKinds, checkSameDType, checkShape, float, refuseBlocks } from './rules.js';

const floats: readonly Kind[] = ['float'];
const signed: readonly Kind[] = ['float', 'int'];
const numbers: readonly Kind[] = ['float', 'int', 'uint'];
const all: readonly Kind[] = ['float', 'int', 'uint', 'bool'];
const bools: readonly Kind[] = ['bool'];

const [x, y, z] = [arg(0), arg(1), arg(2)];

/** Same dtype in and out (or bool out), over any packed dtype too unless it answers in bools. */
function define<N extends string>(
  name: N,
  kinds: readonly Kind[],
  expr: Scalar | ((attrs: Attrs) => Scalar),
  doc: string,
  answer: 'same' | 'bool' = 'same',
): ScalarRecord & { name: N } {
  return {
    name,
    kind: 'scalar',
    doc,
    takes: kinds,
    infer(inputs, attrs) {
      checkKinds(name, inputs, kinds, answer === 'same');
      const dtype = checkSameDType(name, inputs);
      if (typeof expr === 'function') expr(attrs); // checks its parameters
      return {
        dtype: answer === 'bool' ? 'bool' : dtype,
        shape: broadcastShapes(
          name,
          inputs.map((i) => i.shape),
        ),
      };
    },
    expr: typeof expr === 'function' ? expr : () => expr,
  };
}

const sigmoid = (v: Scalar): Scalar => s.recip(s.add(s.exp(s.neg(v)), 1));
/** log(1 + exp(v)) without overflow: max(v, 0) + log(1 + exp(-|v|)). */
const softplus = (v: Scalar): Scalar => s.add(s.max(v, 0), s.log(s.add(s.exp(s.neg(s.abs(v))), 1)));
/** Hendrycks and Gimpel 2016: x Phi(x), or its tanh approximation. */
const geluErf = s.mul(s.mul(x, 0.5), s.add(s.erf(s.mul(x, Math.SQRT1_2)), 1));
const geluTanh = s.mul(
  s.mul(x, 0.5),
  s.add(s.tanh(s.mul(s.mul(x, s.add(s.mul(s.mul(x, x), 0.044715), 1)), Math.sqrt(2 / Math.PI))), 1),
);

/** Arithmetic of two tensors, or a tensor and a number. */
export const binary = {
  add: define('add', numbers, s.add(x, y), 'x + y'),
  sub: define('sub', numbers, s.sub(x, y), 'x - y'),
  mul: define('mul', numbers, s.mul(x, y), 'x * y'),
  div: define('div', numbers, s.div(x, y), 'x / y; integers truncate toward zero, and by zero give 0'),
  pow: define('pow', numbers, s.pow(x, y), 'x to the power y'),
  min: define('minimum', numbers, s.min(x, y), 'the smaller of x and y; NaN if either is'),
  max: define('maximum', numbers, s.max(x, y), 'the larger of x and y; NaN if either is'),
  mod: define('mod', numbers, s.mod(x, y), 'the remainder of floored division, with the sign of y'),
} as const;

/** Comparisons: bool out. */
export const compare = {
  eq: define('eq', all, s.eq(x, y), 'x = y', 'bool'),
  ne: define('ne', all, s.ne(x, y), 'x != y', 'bool'),
  lt: define('lt', all, s.lt(x, y), 'x < y', 'bool'),
  le: define('le', all, s.le(x, y), 'x <= y', 'bool'),
  gt: define('gt', all, s.lt(y, x), 'x > y', 'bool'),
  ge: define('ge', all, s.le(y, x), 'x >= y', 'bool'),
} as const;

export const logical = {
  and: define('and', bools, s.and(x, y), 'x and y'),
  or: define('or', bools, s.or(x, y), 'x or y'),
  not: define('not', bools, s.not(x), 'not x'),
} as const;

/** Functions of one number, for any number. */
export const unary = {
  neg: define('neg', numbers, s.neg(x), '-x; unsigned integers wrap'),
  abs: define('abs', numbers, s.abs(x), '|x|'),
  sign: define('sign', numbers, s.sign(x), '-1, 0 or 1'),
  relu: define('relu', signed, s.max(x, 0), 'max(x, 0)'),
} as const;

/** Functions of one float. */
export const floatUnary = {
  exp: define('exp', floats, s.exp(x), 'e to the x'),
  log: define('log', floats, s.log(x), 'natural logarithm'),
  sqrt: define('sqrt', floats, s.sqrt(x), 'square root'),
  rsqrt: define('rsqrt', floats, s.rsqrt(x), '1 / sqrt(x)'),
  sin: define('sin', floats, s.sin(x), 'sine of x radians'),
  cos: define('cos', floats, s.cos(x), 'cosine of x radians'),
  tanh: define('tanh', floats, s.tanh(x), 'hyperbolic tangent'),
  sigmoid: define('sigmoid', floats, sigmoid(x), '1 / (1 + exp(-x))'),
  erf: define('erf', floats, s.erf(x), 'the error function'),
  floor: define('floor', floats, s.floor(x), 'the largest integer <= x'),
  ceil: define('ceil', floats, s.ceil(x), 'the smallest integer >= x'),
  round: define('round', floats, s.round(x), 'the nearest integer, halves to even'),
  silu: define('silu', floats, s.mul(x, sigmoid(x)), 'x * sigmoid(x)'),
  softplus: define('softplus', floats, softplus(x), 'log(1 + exp(x))'),
} as const;

/** Functions of one float with a parameter. */
export const shaped = {
  leakyRelu: define(
    'leakyRelu',
    floats,
    (a) => s.select(s.lt(x, 0), s.mul(x, float(a, 'slope')), x),
    'x, or slope * x below zero',
  ),
  elu: define(
    'elu',
    floats,
    (a) => s.select(s.lt(x, 0), s.mul(s.sub(s.exp(s.min(x, 0)), 1), float(a, 'alpha')), x),
    'x, or alpha * (exp(x) - 1) below zero',
  ),
  gelu: define(
    'gelu',
    floats,
    (a) => (a.approximate === 'tanh' ? geluTanh : geluErf),
    'x * Phi(x), by erf or by the tanh approximation',
  ),
} as const;

export const clamp = define('clamp', numbers, s.min(s.max(x, y), z), 'x kept inside [lo, hi]');

/** cond ? a : b */
export const where: ScalarRecord = {
  name: 'where',
  kind: 'scalar',
  doc: 'a where the condition holds, else b',
  infer([cond, ...branches]) {
    checkKinds('where', [cond], bools);
    const dtype = checkSameDType('where', branches);
    refuseBlocks('where', dtype);
    return {
      dtype,
      shape: broadcastShapes(
        'where',
        [cond, ...branches].map((i) => i.shape),
      ),
    };
  },
  expr: () => s.select(x, y, z),
};

/** Conversion of values; the planner knows what each pair of dtypes takes. */
export const to: ScalarRecord = {
  name: 'to',
  kind: 'scalar',
  doc: 'the values in another dtype: floats truncate toward zero into integers and saturate, integers wrap',
  infer([input], attrs) {
    const dtype = checkDType('to', attrs.dtype);
    if (dtype !== input.dtype) checkKinds('to', [input, { ...input, dtype }], all);
    return { dtype, shape: input.shape };
  },
  expr: () => x,
};

/** The same values, compact and row-major. `copy` keeps one copy apart from another. */
export const contiguous: ScalarRecord = {
  name: 'contiguous',
  kind: 'scalar',
  doc: 'the same values, compact in row-major order',
  infer: ([input]) => ({ dtype: input.dtype, shape: input.shape }),
  expr: () => x,
};

/** One number everywhere: attrs `value`, `dtype`, `shape`. */
export const full: ScalarRecord = {
  name: 'full',
  kind: 'scalar',
  doc: 'one value in every element',
  infer(_, attrs) {
    const dtype = checkDType('full', attrs.dtype);
    checkValue('full', attrs.value, dtype);
    return { dtype, shape: checkShape('full', attrs.shape) };
  },
  expr: (attrs) => num(numberOf(attrs.value)),
};

/** JSON has no NaN or infinities: they travel as text. */
export const numberOf = (value: unknown): number =>
  typeof value === 'string' ? Number(value) : (value as number);
export const jsonNumber = (value: number): number | string =>
  Number.isFinite(value) ? value : String(value);

export function checkValue(op: string, raw: unknown, dtype: Meta['dtype']): void {
  const value = numberOf(raw);
  const kind = kindOf(dtype);
  refuseBlocks(op, dtype);
  const fits =
    typeof value === 'number' &&
    (kind === 'float' || (Number.isInteger(value) && (kind !== 'bool' || value === 0 || value === 1)));
  if (!fits)
    throw new MiaError('ERR_DTYPE', op, {
      message: `number does not fit ${dtype}`,
      expected: kind === 'float' ? 'a number' : kind === 'bool' ? '0 or 1' : 'an integer',
      actual: String(raw),
    });
}
