/** Ops that put several tensors into one: each part is written straight into its place of the result. */
import { MiaError } from '../errors.js';
import type { CompositeRecord, Meta, RoutineRecord, ScalarRecord } from '../ir/op.js';
import { checkAxis, checkSameDType, checkShape, ints, shapeError, shapeText } from './rules.js';

/** A copy of its own, never merged with another: somebody will write over it, or it is a part of something larger. */
export const copy: ScalarRecord = {
  name: 'copy',
  kind: 'scalar',
  doc: 'the same values in memory of their own',
  internal: true,
  infer: ([x]) => ({ dtype: x.dtype, shape: x.shape }),
  expr: () => ({ op: 'arg', index: 0 }),
};

/** Parts (each a `copy`) laid at attrs.starts of a result of attrs.shape, later ones over earlier ones. Needs no kernel. */
export const assemble: RoutineRecord = {
  name: 'assemble',
  kind: 'routine',
  form: 'parts',
  kernel: 'none',
  typed: false,
  doc: 'parts at their places in one result',
  internal: true,
  infer: ([first], attrs) => ({ dtype: first.dtype, shape: ints(attrs, 'shape') }),
  ints: () => [],
};

export const concat: CompositeRecord = {
  name: 'concat',
  kind: 'composite',
  doc: 'tensors one after another along an axis',
  infer(parts, attrs) {
    const [first] = parts;
    if (!first) throw new MiaError('ERR_SHAPE', 'concat', 'needs at least one tensor');
    const axis = checkAxis('concat', attrs.axis, first.shape.length);
    const dtype = checkSameDType('concat', parts);
    const frame = (p: Meta): string => p.shape.map((n, i) => (i === axis ? '_' : n)).join();
    for (const p of parts) {
      if (frame(p) !== frame(first))
        throw shapeError(
          'concat',
          `shapes differ outside axis ${axis}`,
          shapeText(first.shape),
          shapeText(p.shape),
        );
    }
    const total = parts.reduce((sum, p) => sum + p.shape[axis], 0);
    return { dtype, shape: first.shape.map((n, i) => (i === axis ? total : n)) };
  },
  expand(b, parts, attrs) {
    const axis = attrs.axis as number;
    let end = 0;
    const starts = parts.map((p) =>
      p.shape.map((_, i) => (i === axis ? (end += p.shape[axis]) - p.shape[axis] : 0)),
    );
    return b.op(
      'assemble',
      parts.map((p) => b.op('copy', [p])),
      { shape: this.infer(parts, attrs).shape, starts },
    );
  },
};

/** x inside a frame: attrs `before`, `after`; inputs [x, value of shape []]. */
export const pad: CompositeRecord = {
  name: 'pad',
  kind: 'composite',
  doc: 'a constant before and after each axis',
  infer([x, value], attrs) {
    checkSameDType('pad', [x, value]);
    if (value.shape.length > 0)
      throw shapeError('pad', 'the value must be one number', '[]', shapeText(value.shape));
    const [before, after] = [checkShape('pad', attrs.before), checkShape('pad', attrs.after)];
    if (before.length !== x.shape.length || after.length !== x.shape.length) {
      throw shapeError('pad', 'one [before, after] per axis', `${x.shape.length} pairs`, `${before.length}`);
    }
    return { dtype: x.dtype, shape: x.shape.map((n, i) => n + before[i] + after[i]) };
  },
  expand(b, [x, value], attrs) {
    const { shape } = this.infer([x, value], attrs);
    const frame = b.op('broadcastTo', [value], { shape });
    const starts = [shape.map(() => 0), ints(attrs, 'before')];
    return b.op('assemble', [b.op('copy', [frame]), b.op('copy', [x])], { shape, starts });
  },
};
