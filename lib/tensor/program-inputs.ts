import { dtypeOfArray, isPacked, lanesOf, laneOf, type TypedArray } from '../dtype.js';
import { MiaError, show } from '../errors.js';
import { shapeText, sizeOf } from '../ops/rules.js';
import type { Spec } from './spec.js';

/** A named input of a run: its elements in row-major order, and its shape where more than one size is open. */
export type RunInput = TypedArray | { readonly data: TypedArray; readonly shape?: readonly number[] };

/** Checks an input against its spec, and settles its open sizes. */
export function bindInput(
  name: string,
  spec: Spec,
  input: RunInput | undefined,
): { data: TypedArray; shape: readonly number[] } {
  const given = ArrayBuffer.isView(input) ? { data: input } : input;
  const data = given?.data;
  const dtype = dtypeOfArray(data);
  const label = `run: input '${name}'`;
  const lane = laneOf(spec.dtype);
  const bits = dtype === 'u16' && (lane === 'f16' || lane === 'bf16');
  if (!data || !dtype || !(dtype === lane || bits || (dtype === 'u8' && lane === 'bool'))) {
    throw new MiaError('ERR_DTYPE', label, {
      message: 'wrong array',
      expected: `the typed array of ${spec.dtype}`,
      actual: show(data ?? input),
    });
  }
  const elements = data.length / (isPacked(spec.dtype) ? lanesOf(spec.dtype) : 1);
  const shape = given.shape ?? resolveShape(label, spec, elements);
  const fits =
    Array.isArray(shape) &&
    shape.length === spec.shape.length &&
    shape.every(
      (n, i) => Number.isSafeInteger(n) && n >= 0 && (spec.shape[i] === null || spec.shape[i] === n),
    );
  if (!fits || sizeOf(shape) !== elements) {
    throw new MiaError('ERR_SHAPE', label, {
      message: 'does not fit',
      expected: `[${spec.shape.map((n) => n ?? 'any').join(', ')}]`,
      actual: given.shape ? `${show(shape)} with ${elements} elements` : `${elements} elements`,
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
