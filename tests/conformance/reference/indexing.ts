/** Ops that pick or place elements by index. */
import { at, build, front, indicesOf, place, view, type Ref } from './array.js';
import { settle, type Num } from './numbers.js';

const indexAt = (indices: Ref, index: readonly number[]): number => Number(at(indices, index));

/** NumPy's take: the axis of x becomes the axes of the indices. */
export function gather(x: Ref, indices: Ref, axis = 0): Ref {
  const d = front(axis, x.shape);
  const rank = indices.shape.length;
  return view(x, x.shape.toSpliced(d, 1, ...indices.shape), (index) =>
    index.toSpliced(d, rank, indexAt(indices, index.slice(d, d + rank))),
  );
}

/** NumPy's take_along_axis. */
export function takeAlong(x: Ref, indices: Ref, axis: number): Ref {
  const d = front(axis, x.shape);
  return view(x, indices.shape, (index) => index.with(d, indexAt(indices, index)));
}

export function scatter(x: Ref, indices: Ref, updates: Ref, axis = 0, mode: 'set' | 'add' = 'set'): Ref {
  const d = front(axis, x.shape);
  const rank = indices.shape.length;
  const data = [...x.data];
  for (const index of indicesOf(updates.shape)) {
    const to = place(x.shape, index.toSpliced(d, rank, indexAt(indices, index.slice(d, d + rank))));
    const update = at(updates, index);
    data[to] = mode === 'set' ? update : (data[to] as number) + (update as number);
  }
  return { ...x, data: data.map((v) => settle(x.dtype, v)) };
}

/** -1 if a comes first: NaN counts as the largest. */
function byValue(a: Num, b: Num): number {
  const [x, y] = [Number.isNaN(a), Number.isNaN(b)];
  return x || y ? Number(x) - Number(y) : a < b ? -1 : a > b ? 1 : 0;
}

/** The k largest or smallest along an axis and their positions; a stable sort keeps ties in order. */
export function topk(x: Ref, k: number, axis = -1, largest = true): { values: Ref; indices: Ref } {
  const d = front(axis, x.shape);
  const sorted = new Map<string, number[]>();
  const indices = build('i32', x.shape.with(d, k), (index) => {
    const key = index.with(d, 0).join();
    let order = sorted.get(key);
    if (!order) {
      const row = Array.from({ length: x.shape[d] }, (_, i) => at(x, index.with(d, i)));
      order = row
        .map((_, i) => i)
        .sort((i, j) => (largest ? byValue(row[j], row[i]) : byValue(row[i], row[j])));
      sorted.set(key, order);
    }
    return BigInt(order[index[d]]);
  });
  return { values: takeAlong(x, indices, d), indices };
}
