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
  /** It stays on the device from run to run: see `state`. */
  readonly state?: boolean;
}

/** An input that a program keeps. */
export interface StateSpec<
  T extends DType = DType,
  S extends readonly number[] = readonly number[],
> extends Spec<T, S> {
  readonly state: true;
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

/**
 * Declares an input that stays on the device from run to run, such as a cache of keys and values. The recorded function
 * returns its next value under the same name, and runs get the memory by their option `state`. Made by a copy-and-write op
 * (`cache.scatter(...)`), the next value is written in place.
 */
export function state<T extends DType, const S extends readonly number[]>(
  dtype: T,
  shape: S,
): StateSpec<T, S> {
  const { shape: sizes } = spec(dtype, shape);
  if (sizes.some((n) => n === null))
    throw new MiaError('ERR_SHAPE', 'state', {
      message: 'bad shape',
      expected: 'sizes; a state has no open ones',
      actual: show(shape),
    });
  return Object.freeze({ dtype, shape: sizes, state: true });
}

export function checkSpecs(specs: Record<string, Spec>): ReadonlyMap<string, Spec> {
  if (typeof specs !== 'object' || specs === null)
    throw new MiaError('ERR_SHAPE', 'compile', {
      message: 'inputs must be given by name',
      actual: show(specs),
    });
  const check = (s: Spec | undefined): Spec =>
    s?.state ? state(s.dtype, s.shape as number[]) : spec(s?.dtype as DType, s?.shape as number[]);
  return new Map(Object.entries(specs).map(([name, s]) => [name, check(s)]));
}
