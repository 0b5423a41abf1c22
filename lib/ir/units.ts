/** Where values of block dtypes may lie: a block stays whole in memory, whatever sees it. */
import { blockOf, bytesOf, isBlock, type DType } from '../dtype.js';
import { MiaError } from '../errors.js';
import { blockView, Layout, type StridedView } from '../layout/index.js';
import type { Value } from './infer.js';
import type { MoveRecord, Attrs, Meta, Op } from './op.js';

type Place = { readonly dtype: DType } & StridedView;

/** A value's layout over what memory keeps whole: its elements, or its blocks. Null where it would cut blocks. */
export const unitsOf = ({ dtype, layout, offset }: Place): StridedView | null =>
  isBlock(dtype) ? blockView({ layout, offset }, blockOf(dtype)) : { layout, offset };

/** What a move makes of its input; null where no layout can say it. */
export function viewOf(op: MoveRecord, input: Value, result: Meta, attrs: Attrs): StridedView | null {
  const view = op.view(input, result, attrs);
  return view && (!isBlock(result.dtype) || unitsOf({ dtype: result.dtype, ...view })) ? view : null;
}

/** Throws unless the axis along which the blocks of an input run is the one that the op takes. */
export function checkBlocksAlong(op: Op, input: Value): void {
  if (!isBlock(input.dtype) || input.layout.size === 0) return;
  const { axis } = blockView(input, blockOf(input.dtype))!;
  const wanted = Math.max(0, input.shape.length + (op.blocksAlong ?? -1));
  if (axis === wanted) return;
  const which =
    op.blocksAlong === -2 ? 'K: give w [N, K] as w.transpose()' : 'the last axis; transpose back first';
  throw new MiaError('ERR_LAYOUT', op.name, {
    message: `blocks of ${input.dtype} must run along ${which}`,
    expected: `axis ${wanted}`,
    actual: `axis ${axis} of [${input.shape.join(', ')}]`,
  });
}

/** Throws unless a row-major value of a dtype would consist of whole blocks. */
export function checkWhole(op: string, { dtype, shape }: Meta): void {
  if (!isBlock(dtype) || unitsOf({ dtype, layout: Layout.rowMajor(shape), offset: 0 })) return;
  throw new MiaError('ERR_SHAPE', op, {
    message: `the last axis is not whole blocks of ${dtype}`,
    expected: `a multiple of ${blockOf(dtype)}`,
    actual: `[${shape.join(', ')}]`,
  });
}

/** Throws unless a layout of a dtype keeps blocks whole. */
export function checkPlace(op: string, place: Place): void {
  if (!unitsOf(place)) throw cutting(op, place.dtype, place);
}

/** Throws unless a move that no layout can say would be one after its input was packed, as the planner does. */
export function checkPackable(op: MoveRecord, input: Value, result: Meta, attrs: Attrs): void {
  if (!isBlock(result.dtype)) return;
  const packed = { ...input, layout: Layout.rowMajor(input.shape), offset: 0 };
  const last = blockView(input, blockOf(input.dtype))?.axis === input.shape.length - 1;
  if (!last || !viewOf(op, packed, result, attrs)) throw cutting(op.name, result.dtype, input);
}

function cutting(op: string, dtype: DType, { layout, offset }: StridedView): MiaError {
  return new MiaError('ERR_LAYOUT', op, {
    message: `would cut blocks of ${dtype}: ${blockOf(dtype)} elements along one axis lie together in ${bytesOf(dtype)} bytes`,
    expected: `one axis of stride 1 in multiples of ${blockOf(dtype)}, other strides and the offset multiples of it`,
    actual: offset === 0 ? layout.toString() : `${layout} at ${offset}`,
  });
}
