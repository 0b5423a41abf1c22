/** Matrix products: NumPy's rules, one canonical routine under them. */
import type { Kind } from '../dtype.js';
import type { CompositeRecord, RoutineRecord } from '../ir/op.js';
import {
  broadcastShapes,
  checkKinds,
  checkRank,
  checkWeight,
  shapeError,
  shapeText,
  sizeOf,
} from './rules.js';

const numbers: readonly Kind[] = ['float', 'int', 'uint'];

/**
 * a [batch..., M, K] x b [batch..., K, N] -> [batch..., M, N]; halves accumulate in f32. Beside an f32 a, b may be
 * stored more narrowly: f16, bf16, i8 (as integers: a scale of the columns is an ordinary mul), or blocks along K.
 */
export const matmul: CompositeRecord = {
  name: 'matmul',
  kind: 'composite',
  doc: '[..., M, K] x [..., K, N] -> [..., M, N]; leading axes broadcast, vectors as in NumPy; f32 times f16, bf16, i8 or blocks along K gives f32',
  takes: numbers,
  blocksAlong: -2,
  infer([a, b]) {
    checkKinds('matmul', [a], numbers);
    const dtype = checkWeight('matmul', a, b);
    checkRank('matmul', a, 1);
    checkRank('matmul', b, 1);
    const [k, rows] = [a.shape.at(-1)!, b.shape.at(b.shape.length > 1 ? -2 : -1)!];
    if (k !== rows)
      throw shapeError(
        'matmul',
        `K differs: lhs ${shapeText(a.shape)}, rhs ${shapeText(b.shape)}`,
        `${k} rows in rhs`,
        String(rows),
      );
    const batch = broadcastShapes('matmul', [a.shape.slice(0, -2), b.shape.slice(0, -2)]);
    return { dtype, shape: [...batch, ...a.shape.slice(0, -1).slice(-1), ...b.shape.slice(1).slice(-1)] };
  },
  expand(g, [a, b]) {
    const result = this.infer([a, b], {}).shape;
    let lhs = a.shape.length === 1 ? g.op('reshape', [a], { shape: [1, a.shape[0]] }) : a;
    let rhs = b.shape.length === 1 ? g.op('reshape', [b], { shape: [b.shape[0], 1] }) : b;
    const [m, k] = lhs.shape.slice(-2) as [number, number];
    const n = rhs.shape.at(-1)!;
    const [la, lb] = [lhs.shape.slice(0, -2), rhs.shape.slice(0, -2)];
    if (lb.length === 0 && la.length > 0) {
      // one rhs for all: one tall product
      lhs = g.op('reshape', [lhs], { shape: [sizeOf(la) * m, k] });
    } else {
      const batch = broadcastShapes('matmul', [la, lb]);
      if (la.join() !== batch.join()) lhs = g.op('broadcastTo', [lhs], { shape: [...batch, m, k] });
      if (lb.join() !== batch.join()) rhs = g.op('broadcastTo', [rhs], { shape: [...batch, k, n] });
    }
    const product = g.op('product', [lhs, rhs]);
    return product.shape.join() === result.join() ? product : g.op('reshape', [product], { shape: result });
  },
};

/** The kernel's form: same batch axes on both sides. */
export const product: RoutineRecord = {
  name: 'product',
  kind: 'routine',
  form: 'matmul',
  kernel: 'matmul',
  typed: true,
  doc: 'batched matrix product',
  internal: true,
  blocksAlong: -2,
  infer: ([a, b]) => ({ dtype: a.dtype, shape: [...a.shape.slice(0, -1), b.shape.at(-1)!] }),
  ints: ([a, b]) => [sizeOf(a.shape.slice(0, -2)), a.shape.at(-2)!, b.shape.at(-1)!, a.shape.at(-1)!],
};
