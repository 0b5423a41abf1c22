import {
  blockOf,
  dtypeOfArray,
  elementsIn,
  isBlock,
  laneOf,
  plainArray,
  type DType,
  type TypedArray,
} from '../dtype.js';
import { MiaError, show } from '../errors.js';
import { shapeText, sizeOf } from '../ops/rules.js';
import type { Spec } from './spec.js';

/** A named input of a run: its elements in row-major order, and its shape where more than one size is open. */
export type RunInput = TypedArray | { readonly data: TypedArray; readonly shape?: readonly number[] };

/** A typed array that holds elements of a dtype, as the built-in class of its kind. */
export function arrayFor(label: string, dtype: DType, data: unknown): TypedArray {
  const [own, lane] = [dtypeOfArray(data), laneOf(dtype)];
  const bits = own === 'u16' && (lane === 'f16' || lane === 'bf16');
  if (own && (own === lane || bits || (own === 'u8' && lane === 'bool'))) return plainArray(data)!;
  throw new MiaError('ERR_DTYPE', label, {
    message: 'wrong array',
    expected: `the typed array of ${dtype}`,
    actual: show(data),
  });
}

/** Checks an input against its spec, and settles its open sizes. */
export function bindInput(
  name: string,
  spec: Spec,
  input: RunInput | undefined,
): { data: TypedArray; shape: readonly number[] } {
  const given = ArrayBuffer.isView(input) ? { data: input } : input;
  const label = `run: input '${name}'`;
  const data = arrayFor(label, spec.dtype, given?.data ?? input);
  const elements = elementsIn(spec.dtype, data.length);
  const shape = given!.shape ?? resolveShape(label, spec, elements);
  const fits =
    Array.isArray(shape) &&
    shape.length === spec.shape.length &&
    shape.every(
      (n, i) => Number.isSafeInteger(n) && n >= 0 && (spec.shape[i] === null || spec.shape[i] === n),
    );
  const whole = !isBlock(spec.dtype) || (shape.at(-1) ?? 1) % blockOf(spec.dtype) === 0;
  if (!fits || !whole || sizeOf(shape) !== elements) {
    throw new MiaError('ERR_SHAPE', label, {
      message: 'does not fit',
      expected: `[${spec.shape.map((n) => n ?? 'any').join(', ')}]`,
      actual: given!.shape ? `${show(shape)} with ${elements} elements` : `${elements} elements`,
    });
  }
  return { data, shape };
}

/** The one open size follows from the number of elements. */
function resolveShape(label: string, { shape }: Spec, elements: number): number[] {
  const open = shape.filter((n) => n === null).length;
  if (open > 1)
    throw new MiaError(
      'ERR_SHAPE',
      label,
      `several sizes are open in ${shapeText(shape.map((n) => n ?? -1))}: give { data, shape }`,
    );
  const known = shape.reduce<number>((size, n) => size * (n ?? 1), 1);
  return shape.map((n) => n ?? (known === 0 ? 0 : elements / known));
}
