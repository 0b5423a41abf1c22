import { coalesceFlat } from './coalesce.js';
import { flatten, layoutError, product } from './int-tuple.js';
import {
  formatLayout,
  join,
  modesOf,
  unflatten,
  type FlatModes,
  type LayoutLike,
  type TilerLike,
} from './modes.js';

/**
 * The layout R = A o B with R(c) = A(B(c)), whose modes are B's; a tuple B composes mode by mode.
 *
 * As in CuTe, A's last mode reaches as far as B asks. As in CuTe's reference, a mode of B that runs into a later mode of
 * A without filling the earlier ones is cut to the part that a layout can express: (6,2):(2,1) o 8:1 = 6:2. Throws
 * where a stride of B and a size of A do not divide, and where the modes of B do not compose one by one, since their
 * offsets add up past a mode of A.
 */
export function compose(a: LayoutLike, b: TilerLike, op = 'compose'): LayoutLike {
  if (b === null) return a;
  if (typeof b === 'number') return compose(a, { shape: b, stride: 1 }, op);
  if (isTuple(b)) return byMode(a, b, op, (mode, tiler) => compose(mode, tiler, op));

  const flat = coalesceFlat({ shape: flatten(a.shape), stride: flatten(a.stride) });
  const refuse = (reason: string): never => {
    throw layoutError(op, `${formatLayout(a)} o ${formatLayout(b)}: ${reason}`);
  };
  let reached = 0; // the largest index into A so far
  const composed = (mode: LayoutLike): LayoutLike => {
    if (typeof mode.shape !== 'number') return join(modesOf(mode).map(composed));
    const result =
      composeMode(flat, mode.shape, mode.stride as number) ??
      refuse('a stride on the right is negative or does not divide the sizes on the left');
    const last = (product(result.shape) - 1) * (mode.stride as number);
    if (carries(reached, last, flat.shape)) refuse('the modes on the right overlap in a mode on the left');
    reached += last;
    return result;
  };
  return composed(b);
}

/** Like `compose`, but throws rather than lose elements of `b`. */
export function composeWhole(a: LayoutLike, b: LayoutLike, op: string): LayoutLike {
  const result = compose(a, b, op);
  if (product(result.shape) === product(b.shape)) return result;
  throw layoutError(op, `${formatLayout(a)} o ${formatLayout(b)}: no layout covers all of the right`);
}

/** Applies `f` to the modes that `tilers` names; the others stay. */
export function byMode(
  a: LayoutLike,
  tilers: readonly TilerLike[],
  op: string,
  f: (mode: LayoutLike, tiler: TilerLike) => LayoutLike,
): LayoutLike {
  const modes = modesOf(a);
  if (tilers.length > modes.length) {
    throw layoutError(op, `tiler has ${tilers.length} modes, ${formatLayout(a)} has ${modes.length}`);
  }
  return join(modes.map((mode, i) => (i < tilers.length ? f(mode, tilers[i]) : mode)));
}

export function isTuple(tiler: TilerLike): tiler is readonly TilerLike[] {
  return Array.isArray(tiler);
}

/**
 * A o size:stride, for a coalesced A of at least one element; null where they do not divide, or where a negative stride
 * meets an A of several modes. The result has fewer than `size` elements where the rest cannot be expressed.
 */
export function composeMode(a: FlatModes, size: number, stride: number): LayoutLike | null {
  if (stride === 0) return { shape: size, stride: 0 };
  const sizes: number[] = [];
  const strides: number[] = [];
  const last = a.shape.length - 1;
  let rest = size; // elements still to place
  let step = stride; // their distance, counted in elements of the modes of A not yet passed
  for (let i = 0; i < last; i++) {
    const whole = a.shape[i];
    if (rest > 1 && (step < 0 || (whole % step !== 0 && step % whole !== 0))) return null;
    const taken = Math.min(Math.max(1, Math.floor(whole / step)), rest);
    if (taken > 1) {
      sizes.push(taken);
      strides.push(step * a.stride[i]);
    }
    rest = Math.floor(rest / taken);
    step = Math.ceil(step / whole);
  }
  if (rest > 1 || sizes.length === 0) {
    sizes.push(rest);
    strides.push(step * a.stride[last]);
  }
  return unflatten({ shape: sizes, stride: strides });
}

/**
 * Whether adding the indices x and y carries from one mode to the next: only without does a layout add their offsets.
 * The last mode has no next.
 */
export function carries(x: number, y: number, sizes: readonly number[]): boolean {
  for (let i = 0; i < sizes.length - 1; i++) {
    if ((x % sizes[i]) + (y % sizes[i]) >= sizes[i]) return true;
    x = Math.floor(x / sizes[i]);
    y = Math.floor(y / sizes[i]);
  }
  return false;
}
