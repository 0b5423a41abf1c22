/** Layouts of memory that consists of blocks: `block` elements along one axis, the block axis, lie together. */
import { Layout } from './layout.js';
import type { StridedView } from './strided.js';

export interface BlockView extends StridedView {
  /** The axis along which blocks run. */
  readonly axis: number;
}

/**
 * A view with blocks in place of elements, or null where it cuts blocks: one axis must walk elements, in whole blocks,
 * and everything else must step over whole blocks. Modes are plain: kernels walk an axis by one stride. What has no
 * elements cuts none.
 */
export function blockView({ layout, offset }: StridedView, block: number): BlockView | null {
  const shape = [layout.shape].flat(1);
  const stride = [layout.stride].flat(1);
  if (layout.size === 0) return { layout, offset: 0, axis: shape.length - 1 };
  let axis = -1;
  for (let i = 0; i < shape.length; i++) {
    const [n, d] = [shape[i], stride[i]];
    if (typeof n !== 'number' || typeof d !== 'number') return null;
    if (n === 1) continue;
    if (d === 1 && n % block === 0) axis = i;
    else if (d % block !== 0) return null;
  }
  if (axis < 0 || offset % block !== 0) return null;
  const blocks = new Layout(
    shape.map((n, i) => (i === axis ? (n as number) / block : n)),
    stride.map((d, i) => (i === axis ? 1 : shape[i] === 1 ? 0 : (d as number) / block)),
  );
  return { layout: blocks, offset: offset / block, axis };
}
