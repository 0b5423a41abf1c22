/** Folds over axes, and the ops made of them. attrs: `axes` (sorted), `keepDims`. */
import type { Attrs, CompositeRecord, Meta, ReduceRecord } from '../ir/op.js';
import type { Kind } from '../dtype.js';
import { axesOf, checkKinds, ints, reducedShape, shapeError, shapeText, sizeOf } from './rules.js';

const numbers: readonly Kind[] = ['float', 'int', 'uint'];

function shapeRule(name: string, input: Meta, attrs: Attrs, needsElements: boolean): number[] {
  const axes = axesOf(name, attrs.axes, input.shape.length);
  if (axes.join() !== ints(attrs, 'axes').join())
    throw shapeError(name, 'axes are not resolved', shapeText(axes));
  if (needsElements && axes.some((a) => input.shape[a] === 0))
    throw shapeError(name, 'has no value over an empty axis', undefined, shapeText(input.shape));
  return reducedShape(input.shape, axes, attrs.keepDims === true);
}

function define<N extends string>(
  name: N,
  fold: ReduceRecord['fold'],
  doc: string,
  needsElements = false,
): ReduceRecord & { name: N } {
  const index = fold.startsWith('arg');
  return {
    name,
    kind: 'reduce',
    fold,
    doc,
    takes: numbers,
    infer([input], attrs) {
      checkKinds(name, [input], numbers);
      const shape = shapeRule(name, input, attrs, needsElements);
      return { dtype: index ? 'i32' : input.dtype, shape };
    },
  };
}

export const reduces = {
  sum: define('sum', 'sum', 'sum over axes; integers wrap'),
  max: define('max', 'max', 'largest element over axes; NaN if any is', true),
  min: define('min', 'min', 'smallest element over axes; NaN if any is', true),
  prod: define('prod', 'prod', 'product over axes; integers wrap'),
} as const;

export const argReduces = {
  argmax: define('argmax', 'argmax', 'i32 index of the first largest element over an axis', true),
  argmin: define('argmin', 'argmin', 'i32 index of the first smallest element over an axis', true),
} as const;

export const mean: CompositeRecord = {
  name: 'mean',
  kind: 'composite',
  doc: 'arithmetic mean over axes',
  takes: ['float'],
  infer([input], attrs) {
    checkKinds('mean', [input], ['float']);
    return { dtype: input.dtype, shape: shapeRule('mean', input, attrs, false) };
  },
  expand(b, [input], attrs) {
    const count = sizeOf(ints(attrs, 'axes').map((a) => input.shape[a]));
    const half = input.dtype === 'f16' || input.dtype === 'bf16'; // a sum may leave the range where the mean does not
    const x = half ? b.op('to', [input], { dtype: 'f32' }) : input;
    const y = b.op('mul', [b.op('sum', [x], attrs), b.scalar(1 / count, x.dtype)]);
    return half ? b.op('to', [y], { dtype: input.dtype }) : y;
  },
};
