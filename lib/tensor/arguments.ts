/** Arguments of methods, from anybody: checked in the op's name and made into attributes. */
import { show } from '../errors.js';
import type { Attrs } from '../ir/op.js';
import { axesOf, axisOf, checkInteger, checkNumber, shapeError, shapeText } from '../ops/rules.js';

/** What the checks need of a tensor. */
interface Shaped {
  readonly shape: readonly number[];
}

/** An object of options; names that the op does not know are errors. */
export function optionsOf(op: string, options: unknown, ...known: string[]): Record<string, unknown> {
  if (options === undefined || options === null) return {};
  if (typeof options !== 'object' || Array.isArray(options)) {
    throw shapeError(op, 'bad options', `{ ${known.join(', ')} }`, show(options));
  }
  const stranger = Object.keys(options).find((name) => !known.includes(name));
  if (stranger !== undefined) throw shapeError(op, 'unknown option', known.join(' or '), show(stranger));
  return options as Record<string, unknown>;
}

/** One of a few words. */
export function wordOf<W extends string>(op: string, name: string, value: unknown, words: readonly W[]): W {
  const word = words.find((w) => w === value);
  if (word !== undefined) return word;
  throw shapeError(op, `bad ${name}`, words.map((w) => `'${w}'`).join(' or '), show(value));
}

export function flagOf(op: string, name: string, value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw shapeError(op, `bad ${name}`, 'true or false', show(value));
}

/** A finite number, as attributes must be. */
export function finiteOf(op: string, name: string, value: unknown): number {
  if (Number.isFinite(checkNumber(op, name, value))) return value as number;
  throw shapeError(op, `bad ${name}`, 'a finite number', show(value));
}

export function listOf(op: string, name: string, value: unknown, what = 'an array'): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw shapeError(op, `bad ${name}`, what, show(value));
}

export function integersOf(op: string, name: string, value: unknown, min = -Infinity): number[] {
  return listOf(op, name, value, 'an array of integers').map((n) => checkInteger(op, name, n, min));
}

export const axisAttr = (op: string, { shape }: Shaped, axis: unknown): { axis: number } => ({
  axis: axisOf(op, axis, shape.length),
});

/** axis | axes | undefined, { keepDims } */
export function reduceAttrs(op: string, { shape }: Shaped, axes: unknown, options: unknown): Attrs {
  return { axes: axesOf(op, axes, shape.length), keepDims: keepDimsOf(op, options) };
}
export const keepDimsOf = (op: string, options: unknown): boolean =>
  flagOf(op, 'keepDims', optionsOf(op, options, 'keepDims').keepDims ?? false);

/** The shape without axes of size 1: those named, or all. */
export function squeezedShape({ shape }: Shaped, axis: unknown): number[] {
  if (axis === undefined || axis === null) return shape.filter((n) => n !== 1);
  const axes = axesOf('squeeze', axis, shape.length);
  const bad = axes.find((a) => shape[a] !== 1);
  if (bad !== undefined) {
    throw shapeError('squeeze', `axis ${bad} is not of size 1`, undefined, shapeText(shape));
  }
  return shape.filter((_, i) => !axes.includes(i));
}

/** The shape with a new axis of size 1. */
export function unsqueezedShape(op: string, { shape }: Shaped, axis: unknown): number[] {
  return shape.toSpliced(axisOf(op, axis, shape.length + 1), 0, 1);
}

/** The order of axes in which two have changed places. */
export function swapAxes({ shape }: Shaped, i: unknown, j: unknown): number[] {
  const [a, b] = [axisOf('transpose', i, shape.length), axisOf('transpose', j, shape.length)];
  return shape.map((_, axis) => (axis === a ? b : axis === b ? a : axis));
}

/** One [start, size, step] an axis. */
export type Range = [start: number, size: number, step: number];
const wholeAxis = (size: number): Range => [0, size, 1];

/** Ranges that walk some axes backwards. */
export function flippedRanges({ shape }: Shaped, axes: unknown): Range[] {
  const flipped = axesOf('flip', axes, shape.length);
  return shape.map((n, i) => (n > 0 && flipped.includes(i) ? [n - 1, n, -1] : wholeAxis(n)));
}

/** Ranges of a slice as NumPy reads them, and the axes that an index drops. */
export function sliceRanges({ shape }: Shaped, entries: unknown): { ranges: Range[]; dropped: number[] } {
  const list = listOf(
    'slice',
    'entries',
    entries,
    'an array with [start, end, step], an index or null per axis',
  );
  if (list.length > shape.length) {
    throw shapeError('slice', 'more entries than axes', `at most ${shape.length}`, String(list.length));
  }
  const ranges = shape.map((n, i) => rangeOf(list[i] ?? [], n, i));
  return { ranges, dropped: [...list.keys()].filter((i) => typeof list[i] === 'number') };
}

function rangeOf(entry: unknown, size: number, axis: number): Range {
  if (typeof entry === 'number') {
    const index = checkInteger('slice', `index for axis ${axis} of size ${size}`, entry, -size, size - 1);
    return [index < 0 ? index + size : index, 1, 1];
  }
  if (!Array.isArray(entry) || entry.length > 3) {
    throw shapeError(
      'slice',
      `bad entry for axis ${axis}`,
      '[start, end, step], an index or null',
      show(entry),
    );
  }
  const step = checkInteger('slice', 'step', entry[2] ?? 1);
  if (step === 0) throw shapeError('slice', 'bad step', 'an integer that is not 0', '0');
  // Where a walk may start and end: backwards, one before the first.
  const [first, last] = step > 0 ? [0, size] : [-1, size - 1];
  const bound = (value: unknown, otherwise: number): number => {
    if (value === undefined || value === null) return otherwise;
    const n = value === Infinity || value === -Infinity ? value : checkInteger('slice', 'bound', value);
    return Math.min(Math.max(n < 0 ? n + size : n, first), last);
  };
  const start = bound(entry[0], step > 0 ? first : last);
  const end = bound(entry[1], step > 0 ? last : first);
  const count = Math.max(0, Math.ceil((end - start) / step));
  return count === 0 ? [0, 0, 1] : [start, count, step];
}

/** More parts than anyone means: each is a tensor. */
const MAX_PARTS = 65536;

/** [start, size] of each part of an axis. */
export function partsOf({ shape }: Shaped, sizesOrCount: unknown, axis: number): [number, number][] {
  const total = shape[axis];
  let sizes: number[];
  if (Array.isArray(sizesOrCount)) {
    sizes = integersOf('split', 'sizes', Array.from<unknown>(sizesOrCount), 0); // holes become undefined
    const sum = sizes.reduce((a, b) => a + b, 0);
    if (sum !== total)
      throw shapeError('split', `sizes do not fill axis ${axis}`, `a sum of ${total}`, String(sum));
  } else {
    const count = checkInteger('split', 'count', sizesOrCount, 1, MAX_PARTS);
    if (total % count !== 0) {
      throw shapeError('split', `axis ${axis} does not divide`, `a divisor of ${total}`, String(count));
    }
    sizes = new Array<number>(count).fill(total / count);
  }
  let end = 0;
  return sizes.map((size) => [(end += size) - size, size]);
}

/** What `tile` goes through: each repeated axis as [repeats, size], repeated by broadcasting, and made one again. */
export function tileShapes(
  { shape }: Shaped,
  repeats: unknown,
): { apart: number[]; repeated: number[]; result: number[] } {
  const given = integersOf('tile', 'repeats', repeats, 0);
  const rank = Math.max(given.length, shape.length);
  const lead = (list: readonly number[]): number[] => [
    ...new Array<number>(rank - list.length).fill(1),
    ...list,
  ];
  const [sizes, times] = [lead(shape), lead(given)];
  const apart = sizes.flatMap((n, i) => (times[i] === 1 ? [n] : [1, n]));
  const repeated = sizes.flatMap((n, i) => (times[i] === 1 ? [n] : [times[i], n]));
  return { apart, repeated, result: sizes.map((n, i) => n * times[i]) };
}
