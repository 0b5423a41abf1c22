import { show } from '../errors.js';
import { coalesce } from './coalesce.js';
import { complement } from './complement.js';
import { compose } from './compose.js';
import { divide, tiledDivide, zippedDivide } from './divide.js';
import {
  congruent,
  copyTuple,
  crd2idx,
  formatTuple,
  idx2crd,
  layoutError,
  prefixProduct,
  sameTuple,
  suffixProduct,
  type IntTuple,
} from './int-tuple.js';
import { leftInverse, rightInverse } from './inverse.js';
import { cosizeOf, formatLayout, loopOrder, modesOf, rankOf, type LayoutLike } from './modes.js';
import { product } from './product.js';

/** What splits or repeats a layout: a Layout, an integer N (N:1), null (leave the mode), or a tuple of these by mode. */
export type Tiler = number | Layout | null | readonly Tiler[];

/** A tiler of more parts than any layout has modes is refused: it is hostile, or contains itself. */
const MAX_TILER_PARTS = 1024;

/**
 * A shape and a stride that nest alike: a function from coordinate, or colexicographic index, to offset, with CuTe's
 * algebra. Immutable; offsets count elements. `new Layout([2, 3])` is column-major; see also `Layout.rowMajor`.
 *
 * Input without a meaning throws MiaError `ERR_LAYOUT`. A layout without elements (a mode of size 0) exists but has no
 * algebra beyond `coalesce`.
 */
export class Layout implements LayoutLike {
  readonly shape: IntTuple;
  readonly stride: IntTuple;
  /** The number of top-level modes; a shape that is an integer has one. */
  readonly rank: number;
  /** The number of coordinates. */
  readonly size: number;
  /** One more than the farthest offset from 0, in either direction; 0 for a layout without elements. */
  readonly cosize: number;
  /** Whether visiting the top-level modes row-major (nested ones colexicographic inside) meets offsets 0, 1, 2, ... */
  readonly isRowMajor: boolean;

  /** `stride` defaults to the compact column-major one; strides may be negative or 0. */
  constructor(shape: IntTuple, stride?: IntTuple) {
    this.shape = copyTuple('Layout', 'shape', shape, 0);
    this.stride =
      stride === undefined
        ? prefixProduct(this.shape)
        : copyTuple('Layout', 'stride', stride, Number.MIN_SAFE_INTEGER);
    if (!congruent(this.shape, this.stride)) {
      throw layoutError(
        'Layout',
        `stride ${formatTuple(this.stride)} does not nest like shape ${formatTuple(this.shape)}`,
      );
    }
    this.rank = rankOf(this.shape);

    // Every recorded op makes a layout and asks these, so they are found here, once.
    const { shape: sizes, stride: strides } = loopOrder(this);
    let size = 1;
    let rowMajor = true;
    for (let i = sizes.length - 1; i >= 0; i--) {
      const s = sizes[i];
      if (s === 1) continue;
      rowMajor = rowMajor && strides[i] === size;
      size *= s;
    }
    this.size = size;
    this.cosize = size === 0 ? 0 : cosizeOf(this);
    this.isRowMajor = size === 0 || rowMajor;
    if (!(size <= Number.MAX_SAFE_INTEGER && this.cosize <= Number.MAX_SAFE_INTEGER)) {
      throw layoutError('Layout', `${formatLayout(this)} is too large to count exactly`);
    }
  }

  /** Compact, the first mode fastest: the same as leaving out the stride. */
  static colMajor(shape: IntTuple): Layout {
    return new Layout(shape);
  }

  /** Compact, the last mode fastest, inside nested modes too. */
  static rowMajor(shape: IntTuple): Layout {
    const copy = copyTuple('Layout', 'shape', shape, 0);
    return new Layout(copy, suffixProduct(copy));
  }

  /** The offset of a coordinate; an integer for a nested mode, or for the whole, is its colexicographic index. */
  at(indexOrCoord: IntTuple): number {
    return crd2idx(copyTuple('at', 'coordinate', indexOrCoord, 0), this.shape, this.stride);
  }

  /** The coordinate, nested like the shape, of a colexicographic index. */
  coordOf(index: number): IntTuple {
    return idx2crd(copyTuple('coordOf', 'index', index, 0), this.shape);
  }

  /** The i-th top-level mode, a layout of its own. */
  mode(i: number): Layout {
    const mode = modesOf(this)[i];
    if (!mode) throw layoutError('mode', `${formatLayout(this)} has no mode ${show(i)}`);
    return from(mode);
  }

  /** Whether shape and stride are the same integers, nested alike. */
  equals(other: Layout): boolean {
    return sameTuple(this.shape, other.shape) && sameTuple(this.stride, other.stride);
  }

  /**
   * The simplest layout with the same offset for every index. A `profile` keeps the structure it nests: `[1, 1]`
   * simplifies each of two modes on its own.
   */
  coalesce(profile?: IntTuple): Layout {
    return from(
      coalesce(this, profile === undefined ? undefined : copyTuple('coalesce', 'profile', profile, 0)),
    );
  }

  /**
   * R with R(c) = this(m(c)); a tuple composes mode by mode. As in CuTe, the last mode reaches past its size where `m`
   * asks for it, and a mode of `m` is cut to the leading part that a layout can express: (6,2):(2,1) o 8:1 = 6:2.
   */
  compose(m: Tiler): Layout {
    return from(compose(this.nonEmpty('compose'), checked('compose', m)));
  }

  /** The ordered layout of what this one leaves out of [0, size); needs offsets that do not overlap. */
  complement(size = 1): Layout {
    return from(complement(this.nonEmpty('complement'), size));
  }

  /** R with this(R(i)) = i, for the offsets that leaves of rising stride reach from 0 without a gap. */
  rightInverse(): Layout {
    return from(rightInverse(this.nonEmpty('rightInverse')));
  }

  /** L with L(this(i)) = i, for a layout that does not overlap itself and whose gaps divide. */
  leftInverse(): Layout {
    return from(leftInverse(this.nonEmpty('leftInverse')));
  }

  /** (tile, rest): CuTe's logical_divide. A tuple divides mode by mode. */
  divide(tiler: Tiler): Layout {
    return from(divide(this.nonEmpty('divide'), checked('divide', tiler)));
  }

  /** ((tile, ...), (rest, ...)): `divide` with tiles and rests gathered. */
  zippedDivide(tiler: Tiler): Layout {
    return from(zippedDivide(this.nonEmpty('zippedDivide'), checked('zippedDivide', tiler)));
  }

  /** ((tile, ...), rest, ...): `zippedDivide` with every rest a mode of its own. */
  tiledDivide(tiler: Tiler): Layout {
    return from(tiledDivide(this.nonEmpty('tiledDivide'), checked('tiledDivide', tiler)));
  }

  /** (this, copies): CuTe's logical_product, copies in the order of `tiler`. A tuple repeats mode by mode. */
  product(tiler: Tiler): Layout {
    return from(product(this.nonEmpty('product'), checked('product', tiler)));
  }

  /** `((2,2),3):((1,4),2)` */
  toString(): string {
    return formatLayout(this);
  }

  /** @internal */
  nonEmpty(op: string): this {
    if (this.size === 0) throw layoutError(op, `${formatLayout(this)} has no elements`);
    return this;
  }
}

function from({ shape, stride }: LayoutLike): Layout {
  return new Layout(shape, stride);
}

function checked(op: string, tiler: Tiler, budget = { left: MAX_TILER_PARTS }): Tiler {
  if (--budget.left < 0) throw layoutError(op, `the right-hand side has more than ${MAX_TILER_PARTS} parts`);
  if (Array.isArray(tiler)) tiler.forEach((part: Tiler) => checked(op, part, budget));
  else if (tiler instanceof Layout) tiler.nonEmpty(op);
  else if (tiler !== null && !(Number.isSafeInteger(tiler) && (tiler as number) > 0)) {
    throw layoutError(op, `expected a layout, an integer >= 1 or a tuple of these, got ${show(tiler)}`);
  }
  return tiler;
}
