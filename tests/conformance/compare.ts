/** The verdict on a result: undefined, or what is wrong in one line. */
import type { TypedArray } from '../../lib/index.js';
import type { Tolerance } from './case.js';
import { indicesOf, typedOf, type Ref } from './reference/array.js';
import { epsilon, isFloat, storedEpsilon, ulp, type FloatType, type Num } from './reference/numbers.js';

/** Whether a typed array has the very bytes that are expected, which most have. */
export function identical(actual: TypedArray, expected: Ref): boolean {
  const [a, e] = [actual, typedOf(expected)].map((x) => new Uint8Array(x.buffer, x.byteOffset, x.byteLength));
  if (a.length !== e.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== e[i]) return false;
  return true;
}

export function difference(actual: Ref, expected: Ref, tolerance: Tolerance = {}): string | undefined {
  if (actual.dtype !== expected.dtype) return `dtype is ${actual.dtype}, should be ${expected.dtype}`;
  if (actual.shape.join() !== expected.shape.join())
    return `shape is [${actual.shape}], should be [${expected.shape}]`;
  if (actual.data.length !== expected.data.length)
    return `${actual.data.length} elements, should be ${expected.data.length}`;
  let wrong = 0;
  let first = -1;
  for (let i = 0; i < expected.data.length; i++) {
    if (same(actual.data[i], expected.data[i], expected, tolerance)) continue;
    if (wrong++ === 0) first = i;
  }
  if (wrong === 0) return undefined;
  const index = [...indicesOf(expected.shape)][first];
  const [a, e] = [actual.data[first], expected.data[first]];
  const far =
    isFloat(expected.dtype) && Number.isFinite(a) && Number.isFinite(e)
      ? `, ${ulps(expected.dtype, a as number, e as number)} ulps away`
      : '';
  return `[${index}] is ${text(a)}, should be ${text(e)}${far} (${wrong} of ${expected.data.length} wrong)`;
}

/** The smallest normal f32. */
export const LEAST = 2 ** -126;

function same(
  a: Num,
  e: Num,
  { dtype }: Ref,
  { ulps: allowed = 0, epsilons = 0, stored = 0, anyZero = false, flushes = false }: Tolerance,
): boolean {
  if (!isFloat(dtype) || Number.isNaN(e) || !Number.isFinite(e)) return Object.is(a, e);
  if (flushes && Math.abs(e as number) < LEAST * (1 + 2 ** -20) && a === 0) return true;
  if (allowed + epsilons + stored === 0) return Object.is(a, e) || (anyZero && a === e);
  const slack = allowed * ulp(dtype, e as number) + epsilons * epsilon(dtype) + stored * storedEpsilon(dtype);
  return Math.abs((a as number) - (e as number)) <= slack;
}

const ulps = (dtype: FloatType, a: number, e: number): string =>
  (Math.abs(a - e) / ulp(dtype, e)).toPrecision(3);
const text = (v: Num): string => (Object.is(v, -0) ? '-0' : String(v));
