/** NumPy's matmul, by its definition. */
import { build, commonShape, place, type Ref } from './array.js';
import { isFloat, type Num } from './numbers.js';

export function matmul(a: Ref, b: Ref): Ref {
  if (a.shape.length === 1)
    return dropAxis(matmul({ ...a, shape: [1, ...a.shape] }, b), b.shape.length === 1 ? -1 : -2);
  if (b.shape.length === 1) return dropAxis(matmul(a, { ...b, shape: [...b.shape, 1] }), -1);
  const [lead, k] = [commonShape([a.shape.slice(0, -2), b.shape.slice(0, -2)]), a.shape.at(-1)!];
  /** Where element (i, j) of the matrix under a batch index begins, for a side that may have fewer or single batch axes. */
  const start = (side: Ref, index: readonly number[]): number => {
    const own = side.shape.slice(0, -2);
    return place(side.shape, [
      ...own.map((n, d) => (n === 1 ? 0 : index[d + lead.length - own.length])),
      0,
      0,
    ]);
  };
  const n = b.shape.at(-1)!;
  return build(a.dtype, [...lead, a.shape.at(-2)!, n], (index) => {
    const [i, j] = index.slice(-2) as [number, number];
    const [left, right] = [start(a, index) + i * k, start(b, index) + j];
    let sum: Num = isFloat(a.dtype) ? 0 : 0n;
    for (let p = 0; p < k; p++)
      sum = (sum as number) + (a.data[left + p] as number) * (b.data[right + p * n] as number);
    return sum;
  });
}

/** Without an axis of size 1. A vector times a vector has none left. */
function dropAxis(x: Ref, axis: number): Ref {
  return { ...x, shape: x.shape.toSpliced(x.shape.length + axis, 1) };
}
