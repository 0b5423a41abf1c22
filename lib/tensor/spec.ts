import { checkDType, type DType } from '../dtype.js';
import { MiaError, show } from '../errors.js';
import { checkWhole } from '../ir/units.js';

/** A program's input: dtype and shape, with null for a size that each run may choose. */
export interface Spec<
  T extends DType = DType,
  S extends readonly (number | null)[] = readonly (number | null)[],
> {
  readonly dtype: T;
  readonly shape: S;
}

/** Declares an input of a program: `spec('f32', [null, 784])`. */
export function spec<T extends DType, const S extends readonly (number | null)[]>(
  dtype: T,
  shape: S,
): Spec<T, S> {
  checkDType('spec', dtype);
  const good = Array.isArray(shape) && shape.every((n) => n === null || (Number.isSafeInteger(n) && n >= 0));
  if (!good)
    throw new MiaError('ERR_SHAPE', 'spec', {
      message: 'bad shape',
      expected: 'sizes, or null for any size',
      actual: show(shape),
    });
  if (shape.at(-1) !== null) checkWhole('spec', { dtype, shape: shape.map((n) => n ?? 1) });
  return Object.freeze({ dtype, shape: Object.freeze([...shape]) as unknown as S });
}

export function checkSpecs(specs: Record<string, Spec>): ReadonlyMap<string, Spec> {
  if (typeof specs !== 'object' || specs === null)
    throw new MiaError('ERR_SHAPE', 'compile', {
      message: 'inputs must be given by name',
      actual: show(specs),
    });
  return new Map(Object.entries(specs).map(([name, s]) => [name, spec(s?.dtype, s?.shape)]));
}
