import { MiaError, show } from '../errors.js';
import { isCompact, Layout, type StridedView } from '../layout/index.js';
import type { Attrs, Meta, Op } from './op.js';
import { checkBlocksAlong, checkPackable, checkWhole, viewOf } from './units.js';

/** Dtype, shape and place in memory of a value. */
export type Value = Meta & StridedView;
type Inferred = { dtype: Meta['dtype'] } & StridedView;

/**
 * What recording `op` gives: its dtype and shape by the op's own rule, and where the elements will lie. Views see their
 * input's memory; elementwise ops keep a compact layout that all inputs share; a routine may say its own; everything else
 * is row-major.
 */
export function infer(op: Op, inputs: readonly Value[], attrs: Attrs): Inferred {
  const meta = op.infer(inputs, attrs);
  if (op.kind === 'move') {
    const view = viewOf(op, inputs[0], meta, attrs);
    if (view) return { dtype: meta.dtype, layout: view.layout, offset: view.offset };
    checkPackable(op, inputs[0], meta, attrs);
  } else {
    for (const input of inputs) checkBlocksAlong(op, input);
    checkWhole(op.name, meta);
  }
  const layout =
    (op.kind === 'scalar' && sharedLayout(op.name, inputs, meta.shape)) ||
    (op.kind === 'routine' && op.layout?.(meta.shape)) ||
    rowMajor(op.name, inputs, meta.shape);
  return { dtype: meta.dtype, layout, offset: 0 };
}

/** A row-major layout of a shape, an input's own where that is one: recording is hot. */
function rowMajor(op: string, inputs: readonly Value[], shape: readonly number[]): Layout {
  for (const input of inputs) if (input.shape === shape && input.layout.isRowMajor) return input.layout;
  let size = 1;
  for (const n of shape) size *= n || 1; // sizes beside a 0 are strides all the same
  if (size > Number.MAX_SAFE_INTEGER) {
    throw new MiaError('ERR_SHAPE', op, {
      message: 'result is too large',
      expected: 'at most 2^53 elements',
      actual: show(shape),
    });
  }
  return Layout.rowMajor(shape);
}

/** The layout of the inputs that have the result's shape, if it is one and the same and compact. */
function sharedLayout(op: string, inputs: readonly Value[], shape: readonly number[]): Layout | undefined {
  if (op === 'contiguous' || op === 'copy') return undefined;
  let shared: Layout | undefined;
  for (const { layout, shape: own } of inputs) {
    if (own.length === 0 && shape.length > 0) continue; // a number
    if (own !== shape && (own.length !== shape.length || own.some((n, i) => n !== shape[i])))
      return undefined;
    if (shared && shared !== layout && !(shared.isRowMajor && layout.isRowMajor) && !shared.equals(layout))
      return undefined;
    shared ??= layout;
  }
  return shared && (shared.isRowMajor || isCompact(shared)) ? shared : undefined;
}
