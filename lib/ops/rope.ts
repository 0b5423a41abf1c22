/** Rotary position embedding: a composite, so that it fuses and every device has it. */
import { kindOf, type DType, type Kind } from '../dtype.js';
import { MiaError, show } from '../errors.js';
import type { Attrs, Builder, CompositeRecord, Meta } from '../ir/op.js';
import {
  broadcastShapes,
  checkInteger,
  checkKinds,
  checkRank,
  checkShape,
  float,
  sameShape,
  shapeError,
  shapeText,
} from './rules.js';

const floats: readonly Kind[] = ['float'];

/** What angles are computed in. */
const angleType = (x: Meta): DType => (x.dtype === 'f64' ? 'f64' : 'f32');

/**
 * Inputs [x, positions, frequencies?]; attrs `dims`, `base`, `factor`, `interleaved`. x [..., T, D] turns by pairs of its
 * first `dims` features, pair i by position * frequency i. Angles are products in f32 (f64 for f64): what they are off by,
 * half a unit in the last place of the angle (0.004 at 131072), is the model's own rounding; their sine and cosine are
 * right to 1 ULP at any position.
 */
export const rope: CompositeRecord = {
  name: 'rope',
  kind: 'composite',
  doc: 'pairs of the first features of [..., T, D] turned by position x frequency (Su et al. 2021)',
  takes: floats,
  infer([x, positions, frequencies], attrs) {
    checkKinds('rope', [x], floats);
    checkRank('rope', x, 1);
    checkPositions(positions);
    const rows = x.shape.slice(0, -1);
    const joint = broadcastShapes('rope', [rows, positions.shape]);
    if (!sameShape(joint, rows))
      throw shapeError('rope', 'positions do not fit', `a shape that broadcasts to ${shapeText(rows)}`, shapeText(positions.shape)); // prettier-ignore
    const dims = checkInteger('rope', 'dims', attrs.dims, 2, x.shape.at(-1));
    if (dims % 2 !== 0) throw shapeError('rope', 'bad dims', 'an even number', String(dims));
    checkShape('rope', [...x.shape, 2]); // the pairs are an axis of their own
    if (!(float(attrs, 'base') > 0)) throw shapeError('rope', 'bad base', 'a number > 0', show(attrs.base));
    float(attrs, 'factor');
    if (frequencies) checkFrequencies(frequencies, dims / 2);
    return x;
  },
  expand(b, [x, positions, frequencies], attrs) {
    const dims = attrs.dims as number;
    const [lead, size] = [x.shape.slice(0, -1), x.shape.at(-1)!];
    const pairs = attrs.interleaved ? [dims / 2, 2] : [2, dims / 2];
    const type = angleType(x);
    const turning = dims === size ? x : features(b, x, 0, dims);
    const apart = b.op('reshape', [turning], { shape: [...lead, ...pairs] });

    // The sine of an angle below zero is minus the sine: the sign of each side of a pair goes into its frequency.
    const rates = signedFrequencies(b, pairs, frequencies, attrs, type);
    const places = b.op('reshape', [convert(b, positions, type)], { shape: [...positions.shape, 1, 1] });
    const angles = b.op('mul', [places, rates]);
    const wave = (name: 'cos' | 'sin'): typeof x => {
      const values = b.op(name, [angles]);
      return attrs.factor === 1 ? values : b.op('mul', [values, b.scalar(attrs.factor as number, type)]);
    };
    const other = otherSide(b, apart, attrs.interleaved === true);
    const turned = b.op('add', [
      b.op('mul', [convert(b, apart, type), wave('cos')]),
      b.op('mul', [convert(b, other, type), wave('sin')]),
    ]);
    const rotated = b.op('reshape', [convert(b, turned, x.dtype)], { shape: turning.shape });
    return dims === size
      ? rotated
      : b.op('concat', [rotated, features(b, x, dims, size)], { axis: lead.length });
  },
};

function checkPositions({ dtype }: Meta): void {
  if (kindOf(dtype) === 'int' || kindOf(dtype) === 'uint') return;
  throw new MiaError('ERR_DTYPE', 'rope', {
    message: 'positions must be integers',
    expected: 'i32, i64 or another integer',
    actual: dtype,
  });
}

function checkFrequencies({ dtype, shape }: Meta, count: number): void {
  if (dtype !== 'f32')
    throw new MiaError('ERR_DTYPE', 'rope', {
      message: 'frequencies must be f32',
      expected: 'f32',
      actual: dtype,
    });
  if (shape.length !== 1 || shape[0] !== count)
    throw shapeError('rope', 'frequencies do not fit', shapeText([count]), shapeText(shape));
}

const convert = <V extends Meta>(b: Builder<V>, x: V, dtype: DType): V =>
  x.dtype === dtype ? x : b.op('to', [x], { dtype });

/** Features [from, to) of the last axis. */
function features<V extends Meta>(b: Builder<V>, x: V, from: number, to: number): V {
  const last = x.shape.length - 1;
  return b.op('slice', [x], {
    ranges: x.shape.map((n, i) => (i === last ? [from, to - from, 1] : [0, n, 1])),
  });
}

/** x [..., 2, n] (or [..., n, 2]) with the sides of each pair exchanged: a view. */
function otherSide<V extends Meta>(b: Builder<V>, x: V, interleaved: boolean): V {
  const side = x.shape.length - (interleaved ? 1 : 2);
  return b.op('slice', [x], { ranges: x.shape.map((n, i) => (i === side ? [1, 2, -1] : [0, n, 1])) });
}

/** [2, n] or [n, 2]: minus the frequency for the first of each pair, plus it for the second. */
function signedFrequencies<V extends Meta>(
  b: Builder<V>,
  pairs: readonly number[],
  frequencies: V | undefined,
  attrs: Attrs,
  type: DType,
): V {
  const [side, pair] = attrs.interleaved ? [1, 0] : [0, 1];
  const along = (v: V, axis: number): V => {
    const shape = pairs.map((n, i) => (i === axis ? n : 1));
    return b.op('broadcastTo', [b.op('reshape', [v], { shape })], { shape: pairs });
  };
  const count = (axis: number): V => along(b.op('iota', [], { size: pairs[axis], dtype: type }), axis);
  const sign = b.op('sub', [b.op('mul', [count(side), b.scalar(2, type)]), b.scalar(1, type)]);
  const rates = frequencies
    ? along(convert(b, frequencies, type), pair)
    : powers(b, count(pair), attrs, pairs[pair], type);
  return b.op('mul', [rates, sign]);
}

/**
 * base^(-i / n) = e^(i c) within 2 ULP: c in two parts, the first of so few bits that its products with i < n are exact.
 */
function powers<V extends Meta>(b: Builder<V>, i: V, attrs: Attrs, n: number, type: DType): V {
  const c = -Math.log(attrs.base as number) / n;
  const bits = (type === 'f64' ? 53 : 24) - Math.ceil(Math.log2(n));
  const unit = c === 0 ? 1 : 2 ** (Math.floor(Math.log2(Math.abs(c))) + 1 - bits);
  const high = Math.round(c / unit) * unit;
  const coarse = b.op('exp', [b.op('mul', [i, b.scalar(high, type)])]);
  const rest = b.op('mul', [i, b.scalar(c - high, type)]);
  return b.op('add', [coarse, b.op('mul', [coarse, rest])]);
}
