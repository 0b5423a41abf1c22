/** The ops of a tensor, as an editor shows them. Their run time is methods.ts; a test holds the two together. */
import type { Device } from '../device.js';
import type { DType } from '../dtype.js';
import type { ImageOps } from './image-ops.js';
import type { Attention, Rope, Wkv7 } from './attention-ops.js';
import type { ShapeOps } from './shape-ops.js';
import type {
  ArgReduce,
  Binary,
  Compare,
  MatrixProduct,
  Normalize,
  Operand,
  Reduce,
  ReduceOrBinary,
  This,
  Unary,
  Where,
  With,
} from './signatures.js';
import type { Tensor } from './tensor.js';
import type { Broadcast, Shape } from './types.js';

/**
 * Every op consumes the tensors that it takes, `this` included; `clone()` one before to use it twice. Operands broadcast
 * as in NumPy, dtypes are never promoted, a number stands for a scalar of the same dtype, and a negative axis counts
 * from the end. Errors are MiaErrors that name the op, and then nothing is consumed.
 */
export interface TensorOps extends ShapeOps, ImageOps {
  /** x + y */
  add: Binary<'add'>;
  /** x - y */
  sub: Binary<'sub'>;
  /** x * y */
  mul: Binary<'mul'>;
  /** x / y; integers truncate toward zero, and by zero give 0 */
  div: Binary<'div'>;
  /** x to the power y */
  pow: Binary<'pow'>;
  /** the remainder of floored division, with the sign of y */
  mod: Binary<'mod'>;
  /** the smaller of x and y; NaN if either is */
  minimum: Binary<'minimum'>;
  /** the larger of x and y; NaN if either is */
  maximum: Binary<'maximum'>;

  /** x = y */
  eq: Compare<'eq'>;
  /** x != y */
  ne: Compare<'ne'>;
  /** x < y */
  lt: Compare<'lt'>;
  /** x <= y */
  le: Compare<'le'>;
  /** x > y */
  gt: Compare<'gt'>;
  /** x >= y */
  ge: Compare<'ge'>;
  /** x and y */
  and: Binary<'and', 'bool'>;
  /** x or y */
  or: Binary<'or', 'bool'>;
  /** not x */
  not: Unary<'not', 'bool'>;
  /**
   * a where the condition holds, else b: `condition.where(a, b)`, or `a.where(condition, b)` where a is not bool.
   * Two numbers give f32.
   */
  where: Where;
  /** x kept inside [lo, hi] */
  clamp<
    D extends Device,
    T extends DType,
    S extends Shape,
    DL extends Device = D,
    TL extends DType = T,
    SL extends Shape = [],
    DH extends Device = D,
    TH extends DType = T,
    SH extends Shape = [],
  >(
    this: This<'clamp', 'numbers', D, T, S>,
    lo: Operand<'clamp', D, T, S, DL, TL, SL>,
    hi: Operand<'clamp', D, T, S, DH, TH, SH>,
  ): Tensor<D, T, Broadcast<Broadcast<S, SL>, SH>>;

  /** -x; unsigned integers wrap */
  neg: Unary<'neg', 'numbers'>;
  /** |x| */
  abs: Unary<'abs', 'numbers'>;
  /** -1, 0 or 1 */
  sign: Unary<'sign', 'numbers'>;
  /** max(x, 0) */
  relu: Unary<'relu', 'signed numbers'>;
  /** e to the x */
  exp: Unary<'exp', 'floats'>;
  /** natural logarithm */
  log: Unary<'log', 'floats'>;
  /** square root */
  sqrt: Unary<'sqrt', 'floats'>;
  /** 1 / sqrt(x) */
  rsqrt: Unary<'rsqrt', 'floats'>;
  /** sine of x radians */
  sin: Unary<'sin', 'floats'>;
  /** cosine of x radians */
  cos: Unary<'cos', 'floats'>;
  /** hyperbolic tangent */
  tanh: Unary<'tanh', 'floats'>;
  /** 1 / (1 + exp(-x)) */
  sigmoid: Unary<'sigmoid', 'floats'>;
  /** the error function */
  erf: Unary<'erf', 'floats'>;
  /** the largest integer <= x */
  floor: Unary<'floor', 'floats'>;
  /** the smallest integer >= x */
  ceil: Unary<'ceil', 'floats'>;
  /** the nearest integer, halves to even */
  round: Unary<'round', 'floats'>;
  /** x * sigmoid(x) */
  silu: Unary<'silu', 'floats'>;
  /** log(1 + exp(x)) */
  softplus: Unary<'softplus', 'floats'>;
  /** x, or slope * x below zero; slope is 0.01 */
  leakyRelu: Unary<'leakyRelu', 'floats', [slope?: number]>;
  /** x, or alpha * (exp(x) - 1) below zero; alpha is 1 */
  elu: Unary<'elu', 'floats', [alpha?: number]>;
  /** x * Phi(x), by erf or by the tanh approximation */
  gelu: Unary<'gelu', 'floats', [options?: { approximate?: 'tanh' | 'none' }]>;

  /** exp(x) / sum(exp(x)) over an axis, the last by default */
  softmax: Unary<'softmax', 'floats, not packed', [axis?: number]>;
  /** x - log(sum(exp(x))) over an axis, the last by default */
  logSoftmax: Unary<'logSoftmax', 'floats, not packed', [axis?: number]>;
  /** running sum over an axis, the last by default */
  cumsum: Unary<'cumsum', 'numbers, not packed', [axis?: number]>;
  /** (x - mean) / sqrt(variance + eps) * w + b over the last axis (Ba et al. 2016); w and b [C], eps 1e-5 */
  layerNorm: Normalize<'layerNorm'>;
  /** x / sqrt(mean(x^2) + eps) * w over the last axis (Zhang and Sennrich 2019); w [C], eps 1e-6 */
  rmsNorm<D extends Device, T extends DType, S extends Shape, D2 extends Device = D, T2 extends DType = T>(
    this: This<'rmsNorm', 'floats, not packed', D, T, S>,
    w?: With<'rmsNorm', D, T, D2, T2> | null,
    eps?: number,
  ): Tensor<D, T, S>;
  /** normalises groups of channels of [N, C, ...], then w and b by channel (Wu and He 2018); w and b [C], eps 1e-5 */
  groupNorm: Normalize<'groupNorm', [groups: number]>;
  /** x / sqrt(max(sum(x^2), eps)) over the last axis; eps 1e-12 */
  l2Norm: Unary<'l2Norm', 'floats, not packed', [eps?: number]>;

  /** sum over axes; integers wrap */
  sum: Reduce<'sum'>;
  /** product over axes; integers wrap */
  prod: Reduce<'prod'>;
  /** arithmetic mean over axes */
  mean: Reduce<'mean', 'floats, not packed'>;
  /** largest element over axes; NaN if any is. With a tensor: `maximum`. */
  max: ReduceOrBinary<'max', 'maximum'>;
  /** smallest element over axes; NaN if any is. With a tensor: `minimum`. */
  min: ReduceOrBinary<'min', 'minimum'>;
  /** i32 index of the first largest element over an axis; without an axis, into the flattened tensor */
  argmax: ArgReduce<'argmax'>;
  /** i32 index of the first smallest element over an axis; without an axis, into the flattened tensor */
  argmin: ArgReduce<'argmin'>;
  /** [..., M, K] x [..., K, N] -> [..., M, N]; leading axes broadcast, vectors as in NumPy; f32 times f16, bf16, i8 or blocks along K gives f32 */
  matmul: MatrixProduct;
  /**
   * Scaled dot-product attention of q [..., H, T, D] (this), k [..., Hkv, S, D] and v [..., Hkv, S, Dv]: [..., H, T, Dv], in
   * memory [..., T, H, Dv]. H is a multiple of Hkv; queries are the last T positions of the keys' sequence. k and v may
   * be f16 or bf16 under a q of f32. A query that sees no key gives zeros.
   */
  attention: Attention;
  /**
   * Rotary position embedding: pairs of features of x [..., T, D] turned by position * frequency, angles in f32 (f64 for
   * f64). positions: integers that broadcast to [..., T].
   */
  rope: Rope;
  /**
   * The recurrence of RWKV-7 (Peng et al. 2025) over rows r (this), w, k, v, a, b [..., T, H, N], from a state S
   * [..., H, N, N], keys by values: S <- diag(w) S + b^T (a S) + k^T v, y = r S. Gives y [..., T, H, N] and the last S.
   */
  wkv7: Wkv7;
}
