/** Drawing token ids from logits, as one routine. */
import { MiaError } from '../errors.js';
import type { Meta, RoutineRecord } from '../ir/op.js';
import { checkKinds, checkRank, sameShape, shapeError, shapeText, sizeOf } from './rules.js';

/** The numbers of a row of settings, in their order. */
export const sampleSettings = [
  'temperature',
  'topK',
  'topP',
  'minP',
  'repetitionPenalty',
  'uniform',
] as const;

/**
 * Inputs [logits, seen, settings]. What transformers' processors do, in their order: logits of ids that were seen are
 * divided by repetitionPenalty where positive, else multiplied; all are divided by temperature; the topK largest stay (0:
 * all), and what equals the last of them; of these the fewest largest whose probabilities reach topP, ties by id; those of
 * at least minP of the largest probability. The id is the first up to which the probabilities of what stays exceed
 * `uniform`. With temperature 0 it is that of the largest logit, the first of equals. NaN counts as -infinity.
 */
export const sample: RoutineRecord = {
  name: 'sample',
  kind: 'routine',
  form: 'index',
  kernel: 'sample',
  typed: false,
  doc: 'an id drawn from each row of logits [..., V], by rows [..., 6] of temperature, topK, topP, minP, repetitionPenalty, a number in [0, 1)',
  takes: ['float'],
  infer([logits, seen, settings]) {
    checkKinds('sample', [logits], ['float']);
    checkDType('logits', logits, 'f32');
    checkDType('seen', seen, 'bool');
    checkDType('settings', settings, 'f32');
    checkRank('sample', logits, 1);
    if (logits.shape.at(-1) === 0)
      throw shapeError('sample', 'nothing to draw from', '[..., V] with V > 0', shapeText(logits.shape));
    const rows = logits.shape.slice(0, -1);
    checkShape('seen', seen, logits.shape);
    checkShape('settings', settings, [...rows, sampleSettings.length]);
    return { dtype: 'i32', shape: rows };
  },
  ints: ([{ shape }]) => [sizeOf(shape.slice(0, -1)), shape.at(-1)!],
};

function checkDType(name: string, { dtype }: Meta, expected: string): void {
  if (dtype === expected) return;
  throw new MiaError('ERR_DTYPE', 'sample', {
    message: `${name} of another dtype`,
    expected,
    actual: dtype,
  });
}

function checkShape(name: string, { shape }: Meta, expected: readonly number[]): void {
  if (sameShape(shape, expected)) return;
  throw shapeError('sample', `${name} does not fit`, shapeText(expected), shapeText(shape));
}
