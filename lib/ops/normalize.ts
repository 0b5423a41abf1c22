/**
 * Functions of a row: softmax, normalisations, running sums. The kernels see the last axis; `axis` moves another one
 * there and back. Weights are plain elementwise ops after the row function, and fuse into its step.
 */
import type { Attrs, Builder, CompositeRecord, Meta, RoutineRecord } from '../ir/op.js';
import type { Kind } from '../dtype.js';
import {
  checkAxis,
  checkInteger,
  checkKinds,
  checkRank,
  checkSameDType,
  float,
  shapeError,
  shapeText,
  sizeOf,
} from './rules.js';

const floats: readonly Kind[] = ['float'];
const numbers: readonly Kind[] = ['float', 'int', 'uint'];

/** A kernel over rows of the last axis: x [rows..., cols] -> the same shape. */
function rows(name: string, fn: string, kinds: readonly Kind[], doc: string, eps = false): RoutineRecord {
  return {
    name,
    kind: 'routine',
    form: 'rows',
    kernel: `rows.${fn}`,
    typed: true,
    doc,
    internal: true,
    infer([x]) {
      checkKinds(name, [x], kinds);
      checkRank(name, x, 1);
      return x;
    },
    ints: ([x]) => [sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!],
    floats: eps ? (attrs) => [float(attrs, 'eps')] : undefined,
  };
}

export const rowRoutines = [
  rows('softmaxRows', 'softmax', floats, 'softmax of each row of the last axis'),
  rows('logSoftmaxRows', 'logSoftmax', floats, 'logarithm of softmax of each row of the last axis'),
  rows(
    'normalizeRows',
    'normalize',
    floats,
    '(x - mean) / sqrt(variance + eps) of each row of the last axis',
    true,
  ),
  rows('rmsRows', 'rmsNorm', floats, 'x / sqrt(mean(x^2) + eps) of each row of the last axis', true),
  rows('l2Rows', 'l2Norm', floats, 'x / sqrt(max(sum(x^2), eps)) of each row of the last axis', true),
  rows('cumsumRows', 'cumsum', numbers, 'running sum of each row of the last axis'),
];

/** An op over `axis`, by the routine over the last one. */
function overAxis(name: string, routine: string, kinds: readonly Kind[], doc: string): CompositeRecord {
  return {
    name,
    kind: 'composite',
    doc,
    takes: kinds,
    infer([x], attrs) {
      checkKinds(name, [x], kinds);
      checkAxis(name, attrs.axis, x.shape.length);
      return x;
    },
    expand: (b, [x], attrs) => swapLast(b, x, attrs, (v) => b.op(routine, [v])),
  };
}

/** Runs `fn` with `attrs.axis` as the last axis. Swapping twice is the identity. */
function swapLast<V extends Meta>(b: Builder<V>, x: V, attrs: Attrs, fn: (v: V) => V): V {
  const last = x.shape.length - 1;
  if (attrs.axis === last) return fn(x);
  const axes = x.shape.map((_, i) => (i === attrs.axis ? last : i === last ? (attrs.axis as number) : i));
  return b.op('permute', [fn(b.op('permute', [x], { axes }))], { axes });
}

/** Checks that weights are vectors over the last axis (or `size`) of x. */
function checkWeights(name: string, x: Meta, weights: readonly Meta[], size = x.shape.at(-1)!): void {
  checkSameDType(name, [x, ...weights]);
  for (const w of weights) {
    if (w.shape.length === 1 && w.shape[0] === size) continue;
    throw shapeError(name, 'weights do not fit', shapeText([size]), shapeText(w.shape));
  }
}

/** A normalisation of the last axis, then weights: inputs [x, w?, b?]. */
function norm(name: string, routine: string, weights: number, doc: string): CompositeRecord {
  return {
    name,
    kind: 'composite',
    doc,
    takes: floats,
    infer([x, ...w], attrs) {
      checkKinds(name, [x], floats);
      float(attrs, 'eps');
      checkRank(name, x, 1);
      if (w.length > weights) throw shapeError(name, `takes ${weights} weights`);
      checkWeights(name, x, w);
      return x;
    },
    expand(b, [x, w, bias], attrs) {
      let y = b.op(routine, [x], { eps: attrs.eps! });
      if (w) y = b.op('mul', [y, w]);
      return bias ? b.op('add', [y, bias]) : y;
    },
  };
}

export const softmax = overAxis('softmax', 'softmaxRows', floats, 'exp(x) / sum(exp(x)) over an axis');
export const logSoftmax = overAxis(
  'logSoftmax',
  'logSoftmaxRows',
  floats,
  'x - log(sum(exp(x))) over an axis',
);
export const cumsum = overAxis('cumsum', 'cumsumRows', numbers, 'running sum over an axis');

export const layerNorm = norm(
  'layerNorm',
  'normalizeRows',
  2,
  '(x - mean) / sqrt(variance + eps) * w + b over the last axis (Ba et al. 2016)',
);
export const rmsNorm = norm(
  'rmsNorm',
  'rmsRows',
  1,
  'x / sqrt(mean(x^2) + eps) * w over the last axis (Zhang and Sennrich 2019)',
);
export const l2Norm = norm('l2Norm', 'l2Rows', 0, 'x / sqrt(max(sum(x^2), eps)) over the last axis');

/** x [N, C, ...]: channels in `groups`, each normalised with its pixels, then w and b by channel. */
export const groupNorm: CompositeRecord = {
  name: 'groupNorm',
  kind: 'composite',
  doc: 'normalises groups of channels of [N, C, ...], then w and b by channel (Wu and He 2018)',
  takes: floats,
  infer([x, ...w], attrs) {
    checkKinds('groupNorm', [x], floats);
    checkRank('groupNorm', x, 2);
    const channels = x.shape[1];
    const groups = checkInteger('groupNorm', 'groups', attrs.groups, 1);
    float(attrs, 'eps');
    if (channels % groups !== 0)
      throw shapeError(
        'groupNorm',
        'groups do not divide the channels',
        `a divisor of ${channels}`,
        String(groups),
      );
    checkWeights('groupNorm', x, w, channels);
    return x;
  },
  expand(b, [x, w, bias], attrs) {
    const [n, c, ...rest] = x.shape;
    const groups = attrs.groups as number;
    const grouped = b.op('reshape', [x], { shape: [n, groups, (c / groups) * sizeOf(rest)] });
    let y = b.op('reshape', [b.op('normalizeRows', [grouped], { eps: attrs.eps! })], { shape: x.shape });
    const perChannel = (v: typeof x): NonNullable<typeof x> =>
      b.op('reshape', [v], { shape: [c, ...rest.map(() => 1)] });
    if (w) y = b.op('mul', [y, perChannel(w)]);
    return bias ? b.op('add', [y, perChannel(bias)]) : y;
  },
};
