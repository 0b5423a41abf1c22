/**
 * Integer tuples: an integer, or a tuple of integer tuples. Shapes, strides and coordinates are all of this one kind,
 * and two of them are *congruent* when they nest alike. Order is colexicographic throughout: the first leaf is the
 * fastest, as in CuTe (https://docs.nvidia.com/cutlass/latest/media/docs/cpp/cute/01_layout.html).
 */
import { MiaError, show } from '../errors.js';

export type IntTuple = number | readonly IntTuple[];

/** Deeper or longer tuples are no layout anyone means: refusing them bounds recursion and time on hostile input. */
const MAX_DEPTH = 32;
const MAX_LEAVES = 1024;

/** The error that every file of this folder throws. */
export function layoutError(op: string, message: string): MiaError {
  return new MiaError('ERR_LAYOUT', op, message);
}

/** A checked copy of `value`, every leaf a safe integer of at least `min`. */
export function copyTuple(op: string, what: string, value: unknown, min: number): IntTuple {
  if (!Array.isArray(value)) return copyLeaf(op, what, value, min);
  if (value.length > MAX_LEAVES) throw layoutError(op, `${what} has more than ${MAX_LEAVES} entries`);
  const out: number[] = new Array(value.length);
  for (let i = 0; i < out.length; i++) {
    const leaf: unknown = value[i];
    if (Array.isArray(leaf)) return copyNested(op, what, value, min, 1, { left: MAX_LEAVES });
    out[i] = copyLeaf(op, what, leaf, min);
  }
  return out;
}

function copyNested(
  op: string,
  what: string,
  value: unknown,
  min: number,
  depth: number,
  budget: { left: number },
): IntTuple {
  if (--budget.left < 0) throw layoutError(op, `${what} has more than ${MAX_LEAVES} entries`);
  if (!Array.isArray(value)) return copyLeaf(op, what, value, min);
  if (depth > MAX_DEPTH) throw layoutError(op, `${what} is nested deeper than ${MAX_DEPTH}`);
  return Array.from(value, (v) => copyNested(op, what, v, min, depth + 1, budget));
}

function copyLeaf(op: string, what: string, value: unknown, min: number): number {
  if (!Number.isSafeInteger(value)) throw layoutError(op, `${what} must hold integers, got ${show(value)}`);
  const leaf = value as number;
  if (leaf < min) throw layoutError(op, `${what} must hold integers >= ${min}, got ${leaf}`);
  return leaf + 0; // + 0 turns -0 into 0, so that equal layouts print and compare equal
}

/** The leaves, left to right. A tuple without nesting is returned as it is, not copied. */
export function flatten(a: IntTuple): readonly number[] {
  if (typeof a === 'number') return [a];
  return a.every((v) => typeof v === 'number') ? a : a.flatMap(flatten);
}

/** The product of all leaves; 1 for the empty tuple. */
export function product(a: IntTuple): number {
  if (typeof a === 'number') return a;
  let p = 1;
  for (const v of a) p *= typeof v === 'number' ? v : product(v);
  return p;
}

/** Applies `f` to every leaf; the result is congruent to `a`. */
export function mapLeaves(a: IntTuple, f: (leaf: number) => number): IntTuple {
  return typeof a === 'number' ? f(a) : a.map((v) => mapLeaves(v, f));
}

/** Compact column-major strides: each leaf gets the product of the leaves before it, times `init`. */
export function prefixProduct(a: IntTuple, init = 1): IntTuple {
  let next = init;
  return mapLeaves(a, (leaf) => {
    const stride = next;
    next *= leaf;
    return stride;
  });
}

/** Compact row-major strides: each leaf gets the product of the leaves after it. */
export function suffixProduct(a: IntTuple, init = 1): IntTuple {
  if (typeof a === 'number') return init;
  const out: IntTuple[] = new Array(a.length);
  for (let i = a.length - 1, next = init; i >= 0; i--) {
    out[i] = suffixProduct(a[i], next);
    next *= product(a[i]);
  }
  return out;
}

/** Whether `a` and `b` nest alike. */
export function congruent(a: IntTuple, b: IntTuple): boolean {
  if (typeof a === 'number' || typeof b === 'number') return typeof a === typeof b;
  return a.length === b.length && a.every((v, i) => congruent(v, b[i]));
}

/** Whether `a` nests like `b` as far as `a` goes: an integer stands for any tuple. */
export function weaklyCongruent(a: IntTuple, b: IntTuple): boolean {
  if (typeof a === 'number') return true;
  return typeof b !== 'number' && a.length === b.length && a.every((v, i) => weaklyCongruent(v, b[i]));
}

/** Whether `a` and `b` nest alike and hold the same integers. */
export function sameTuple(a: IntTuple, b: IntTuple): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === b;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (!sameTuple(a[i], b[i])) return false;
  return true;
}

/**
 * The offset of a coordinate: the inner product of coordinate and stride. An integer given for a nested mode is that
 * mode's colexicographic index. `stride` defaults to the compact column-major one, which gives the index in `shape`.
 * Throws where the coordinate is outside `shape` or nests differently.
 */
export function crd2idx(crd: IntTuple, shape: IntTuple, stride: IntTuple = prefixProduct(shape)): number {
  if (!weaklyCongruent(crd, shape)) {
    throw layoutError('at', `coordinate ${formatTuple(crd)} does not fit shape ${formatTuple(shape)}`);
  }
  return offsetOf(crd, shape, stride);
}

function offsetOf(crd: IntTuple, shape: IntTuple, stride: IntTuple): number {
  let sum = 0; // starting at 0 keeps 0 * negative stride from showing as -0
  if (typeof crd !== 'number') {
    crd.forEach((c, i) => {
      sum += offsetOf(c, (shape as IntTuple[])[i], (stride as IntTuple[])[i]);
    });
    return sum;
  }
  checkIndex('at', crd, shape);
  const sizes = flatten(shape);
  const strides = flatten(stride);
  for (let i = 0, rest = crd; i < sizes.length; i++) {
    sum += (rest % sizes[i]) * strides[i];
    rest = Math.floor(rest / sizes[i]);
  }
  return sum;
}

/**
 * The coordinate of a colexicographic index, congruent to `shape`. A tuple of indices is taken mode by mode.
 * Throws where the index is outside `shape`.
 */
export function idx2crd(index: IntTuple, shape: IntTuple): IntTuple {
  if (!weaklyCongruent(index, shape)) {
    throw layoutError('coordOf', `index ${formatTuple(index)} does not fit shape ${formatTuple(shape)}`);
  }
  if (typeof index !== 'number') return index.map((v, i) => idx2crd(v, (shape as IntTuple[])[i]));
  checkIndex('coordOf', index, shape);
  let rest = index;
  return mapLeaves(shape, (size) => {
    const digit = rest % size;
    rest = Math.floor(rest / size);
    return digit;
  });
}

function checkIndex(op: string, index: number, shape: IntTuple): void {
  if (!(Number.isInteger(index) && index >= 0 && index < product(shape))) {
    throw layoutError(op, `index ${index} is outside shape ${formatTuple(shape)}`);
  }
}

/** `(2,(3,4))`, as CuTe prints it. */
export function formatTuple(a: IntTuple): string {
  return typeof a === 'number' ? String(a) : `(${a.map(formatTuple).join(',')})`;
}
