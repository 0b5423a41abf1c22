/** Rules that op records share: dtypes, axes, broadcasting, attributes. Every failure names the op, what it wants, what it got. */
import { isBlock, isPacked, isWeight, kindOf, type DType, type Kind } from '../dtype.js';
import { MiaError, show } from '../errors.js';
import type { Attrs, Meta } from '../ir/op.js';

export const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export function shapeError(op: string, message: string, expected?: string, actual?: string): MiaError {
  return new MiaError('ERR_SHAPE', op, { message, expected, actual });
}

const kindWords: Readonly<Record<Kind, string>> = {
  float: 'floats',
  int: 'signed integers',
  uint: 'unsigned integers',
  bool: 'bool',
  block: 'blocks',
};

/** Throws unless every input has one of the kinds; packed dtypes only where the op says so. */
export function checkKinds(
  op: string,
  inputs: readonly Meta[],
  kinds: readonly Kind[],
  packed = false,
): void {
  for (const { dtype } of inputs) {
    if (kinds.includes(kindOf(dtype)) && (packed || !isPacked(dtype)) && dtype !== 'u4x8') continue;
    const wanted = kinds.map((k) => kindWords[k]).join(', ');
    const hint = isPacked(dtype)
      ? '; cast it to its lanes first'
      : kindOf(dtype) === 'bool'
        ? "; convert with .to('i32')"
        : isBlock(dtype)
          ? "; decode it first, with .to('f32')"
          : '';
    throw new MiaError('ERR_DTYPE', op, {
      message: `cannot take ${dtype}${hint}`,
      expected: wanted,
      actual: dtype,
    });
  }
}

export function checkSameDType(op: string, inputs: readonly Meta[]): DType {
  const wanted = inputs[0].dtype;
  for (const { dtype } of inputs) {
    if (dtype === wanted) continue;
    throw new MiaError('ERR_DTYPE', op, {
      message: 'dtypes differ and are never promoted; convert one with .to()',
      expected: wanted,
      actual: dtype,
    });
  }
  return wanted;
}

/** For ops that take every dtype with elements of its own. */
export function refuseBlocks(op: string, dtype: DType): void {
  if (isBlock(dtype)) checkKinds(op, [{ dtype, shape: [] }], ['float', 'int', 'uint', 'bool']);
}

/** Throws unless b has the dtype of a, or stores numbers more narrowly beside an f32 a. The dtype of a. */
export function checkWeight(op: string, a: Meta, b: Meta): DType {
  return a.dtype === 'f32' && isWeight(b.dtype) ? a.dtype : checkSameDType(op, [a, b]);
}

/** NumPy's broadcasting: trailing axes align, and a 1 stretches. */
export function broadcastShapes(op: string, shapes: readonly (readonly number[])[]): readonly number[] {
  const widest = shapes.reduce((a, b) => (b.length > a.length ? b : a));
  if (shapes.every((shape) => shape.length === 0 || sameShape(shape, widest))) return widest; // most calls
  const rank = widest.length;
  const out = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const at = rank - shape.length + i;
      if (shape[i] === 1 || shape[i] === out[at]) continue;
      if (out[at] !== 1)
        throw shapeError(op, `shapes do not broadcast: ${shapes.map(shapeText).join(' and ')}`);
      out[at] = shape[i]!;
    }
  }
  return out;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** An axis as 0..rank-1; negative ones count from the end. */
export function axisOf(op: string, axis: unknown, rank: number): number {
  if (typeof axis === 'number' && Number.isInteger(axis) && axis >= -rank && axis < rank)
    return axis < 0 ? axis + rank : axis;
  throw shapeError(
    op,
    'no such axis',
    rank ? `an integer in [${-rank}, ${rank})` : 'a tensor with axes',
    show(axis),
  );
}

/** An axis that a method resolved already, as an attribute says it: a tape can say anything. */
export const checkAxis = (op: string, axis: unknown, rank: number): number =>
  checkInteger(op, 'axis', axis, 0, rank - 1);

/** Axes sorted, none twice; undefined means all. */
export function axesOf(op: string, axes: unknown, rank: number): number[] {
  if (axes === undefined || axes === null) return Array.from({ length: rank }, (_, i) => i);
  const list = (Array.isArray(axes) ? axes : [axes]).map((a) => axisOf(op, a, rank)).sort((a, b) => a - b);
  list.forEach((a, i) => {
    if (a === list[i - 1]) throw shapeError(op, `axis ${a} is named twice`);
  });
  return list;
}

/** A shape from a user: integers from 0 up whose product can be counted. */
export function checkShape(op: string, shape: unknown): number[] {
  if (!Array.isArray(shape)) throw shapeError(op, 'bad shape', 'an array of sizes', show(shape));
  let size = 1;
  for (const n of shape) {
    if (!Number.isSafeInteger(n) || n < 0)
      throw shapeError(op, 'bad size in shape', 'an integer >= 0', `${show(n)} in ${show(shape)}`);
    size *= n || 1;
  }
  if (size > Number.MAX_SAFE_INTEGER || shape.length > 12)
    throw shapeError(op, 'shape is too large', 'at most 12 axes and 2^53 elements', show(shape));
  return [...shape];
}

export function checkRank(op: string, input: Meta, min: number): void {
  if (input.shape.length < min)
    throw shapeError(
      op,
      `needs at least ${min} ax${min === 1 ? 'is' : 'es'}`,
      undefined,
      shapeText(input.shape),
    );
}

export function checkInteger(
  op: string,
  name: string,
  value: unknown,
  min = -Infinity,
  max = Infinity,
): number {
  if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max)
    return value as number;
  const range = Number.isFinite(min) ? (Number.isFinite(max) ? ` in [${min}, ${max}]` : ` >= ${min}`) : '';
  throw shapeError(op, `bad ${name}`, `an integer${range}`, show(value));
}

export function checkNumber(op: string, name: string, value: unknown): number {
  if (typeof value === 'number' && !Number.isNaN(value)) return value;
  throw shapeError(op, `bad ${name}`, 'a number', show(value));
}

/** The shape without `axes`, or with 1 in their place. */
export function reducedShape(shape: readonly number[], axes: readonly number[], keepDims: boolean): number[] {
  return keepDims
    ? shape.map((n, i) => (axes.includes(i) ? 1 : n))
    : shape.filter((_, i) => !axes.includes(i));
}

/** Attributes as the types that their op put there. */
export const ints = (attrs: Attrs, name: string): number[] => attrs[name] as unknown as number[];
export const float = (attrs: Attrs, name: string): number => checkNumber('attributes', name, attrs[name]);
