/** Elements between memory, where a layout says their place, and row-major order, in which files hold them. */
import { flatDims, flatten, isCompact, Layout, mapLeaves, type StridedView } from '../layout/index.js';

/**
 * The layout that a value has in memory of its own: the same where it is compact, else a compact one that meets the
 * elements in the same order of places.
 */
export function ownLayout(layout: Layout): Layout {
  if (isCompact(layout)) return layout;
  const sizes = flatten(layout.shape);
  const strides = flatten(layout.stride).map((d) => (d === 0 ? Infinity : Math.abs(d)));
  // Where strides tie, the later mode is the faster, as in row-major order.
  const fastestFirst = [...sizes.keys()].sort((a, b) => strides[a] - strides[b] || b - a);
  const compact: number[] = [];
  let next = 1;
  for (const i of fastestFirst) {
    compact[i] = next;
    next *= sizes[i];
  }
  let leaf = 0;
  return new Layout(
    layout.shape,
    mapLeaves(layout.shape, () => compact[leaf++]),
  );
}

/** The bytes of a value in row-major order; a view of `memory` where they lie so. */
export function toRowMajor(
  memory: Uint8Array,
  { layout, offset }: StridedView,
  elementBytes: number,
): Uint8Array {
  const bytes = layout.size * elementBytes;
  if (layout.isRowMajor) return memory.subarray(offset * elementBytes, offset * elementBytes + bytes);
  const out = new Uint8Array(bytes);
  const [to, from, words] = asWords(out, memory, elementBytes);
  walk(layout, offset, (i, at) => {
    for (let w = 0; w < words; w++) to[i * words + w] = from[at * words + w];
  });
  return out;
}

/** The inverse for a compact layout at offset 0: memory that holds row-major `bytes` in the order of `layout`. */
export function fromRowMajor(bytes: Uint8Array, layout: Layout, elementBytes: number): Uint8Array {
  if (layout.isRowMajor) return bytes;
  const memory = new Uint8Array(bytes.length);
  const [to, from, words] = asWords(memory, bytes, elementBytes);
  walk(layout, 0, (i, at) => {
    for (let w = 0; w < words; w++) to[at * words + w] = from[i * words + w];
  });
  return memory;
}

/** Both arrays in the widest word that divides an element and that `from` is aligned to, and words per element. */
function asWords(to: Uint8Array, from: Uint8Array, elementBytes: number) {
  const fits = (word: number): boolean => elementBytes % word === 0 && from.byteOffset % word === 0;
  const Words = fits(4) ? Uint32Array : fits(2) ? Uint16Array : Uint8Array;
  const words = (a: Uint8Array): Uint8Array | Uint16Array | Uint32Array =>
    new Words(a.buffer as ArrayBuffer, a.byteOffset, Math.floor(a.length / Words.BYTES_PER_ELEMENT));
  return [words(to), words(from), elementBytes / Words.BYTES_PER_ELEMENT] as const;
}

/** Calls `visit` with the row-major index and the place in memory of each element. */
function walk(layout: Layout, offset: number, visit: (index: number, at: number) => void): void {
  const { sizes, strides } = flatDims(layout);
  const coordinate = sizes.map(() => 0);
  let at = offset;
  for (let i = 0; i < layout.size; i++) {
    visit(i, at);
    for (let d = sizes.length - 1; d >= 0; d--) {
      at += strides[d];
      if (++coordinate[d] < sizes[d]) break;
      at -= sizes[d] * strides[d];
      coordinate[d] = 0;
    }
  }
}
