import { expectTypeOf, test } from 'vitest';
import type {
  AtAxis,
  Broadcast,
  Broadcasts,
  Inserted,
  Matmul,
  Permuted,
  Reduced,
  Reshaped,
  SameBatch,
  SameK,
  Shape,
  Show,
  Sliced,
  Squeezed,
  Tight,
  Tiled,
  Transposed,
  Unsized,
} from '../../lib/tensor/types.js';

const is = <T>(): ReturnType<typeof expectTypeOf<T>> => expectTypeOf<T>();

test('broadcasting aligns trailing axes', () => {
  is<Broadcast<[2, 1], [3]>>().toEqualTypeOf<[2, 3]>();
  is<Broadcast<[1, 3], [5, 2, 1]>>().toEqualTypeOf<[5, 2, 3]>();
  is<Broadcast<[], [2]>>().toEqualTypeOf<[2]>();
  is<Broadcast<[2, number], [1]>>().toEqualTypeOf<[2, number]>();
  is<Broadcast<[1], [number]>>().toEqualTypeOf<[number]>();
  is<Broadcast<[number], [7]>>().toEqualTypeOf<[7]>();
  is<Broadcast<Shape, [7]>>().toEqualTypeOf<Shape>();
  is<Broadcasts<[2, 3], [2]>>().toEqualTypeOf<false>();
  is<Broadcasts<[2, 3], [4, 2, 3]>>().toEqualTypeOf<true>();
  is<Broadcasts<Shape, [2]>>().toEqualTypeOf<true>();
});

test('matmul is NumPy', () => {
  is<Matmul<[2, 3], [3, 4]>>().toEqualTypeOf<[2, 4]>();
  is<Matmul<[5, 2, 3], [3, 4]>>().toEqualTypeOf<[5, 2, 4]>();
  is<Matmul<[5, 1, 2, 3], [7, 3, 4]>>().toEqualTypeOf<[5, 7, 2, 4]>();
  is<Matmul<[3], [3]>>().toEqualTypeOf<[]>();
  is<Matmul<[3], [7, 3, 4]>>().toEqualTypeOf<[7, 4]>();
  is<Matmul<[7, 4, 3], [3]>>().toEqualTypeOf<[7, 4]>();
  is<Matmul<[number, 3], [3, 4]>>().toEqualTypeOf<[number, 4]>();
  is<Matmul<Shape, [3, 4]>>().toEqualTypeOf<Shape>();
  is<SameK<[7, 4, 3], [3]>>().toEqualTypeOf<true>();
  is<SameK<[4, 1], [3, 2]>>().toEqualTypeOf<false>();
  is<SameK<[4, 3], [number, 2]>>().toEqualTypeOf<true>();
  is<SameK<Shape, [3, 2]>>().toEqualTypeOf<true>();
  is<SameBatch<[5, 2, 3], [4, 3, 2]>>().toEqualTypeOf<false>();
});

test('reductions drop or keep axes', () => {
  is<Reduced<[2, 3, 4], undefined>>().toEqualTypeOf<[]>();
  is<Reduced<[2, 3, 4], undefined, true>>().toEqualTypeOf<[1, 1, 1]>();
  is<Reduced<[2, 3, 4], 1>>().toEqualTypeOf<[2, 4]>();
  is<Reduced<[2, 3, 4], -1, true>>().toEqualTypeOf<[2, 3, 1]>();
  is<Reduced<[2, 3, 4], readonly [0, -1]>>().toEqualTypeOf<[3]>();
  is<Reduced<[2, 3, 4], readonly [0, -1], true>>().toEqualTypeOf<[1, 3, 1]>();
  is<Reduced<[2, 3, 4], readonly []>>().toEqualTypeOf<[2, 3, 4]>();
  is<Reduced<[2, 3, 4], number>>().toEqualTypeOf<Shape>();
  is<Reduced<[2, 3, 4], 1, boolean>>().toEqualTypeOf<Shape>();
  is<Reduced<Shape, undefined>>().toEqualTypeOf<[]>();
  is<Reduced<Shape, 0>>().toEqualTypeOf<Shape>();
});

test('axes are replaced, inserted, removed', () => {
  is<AtAxis<[2, 3, 4], -2, [7, 8]>>().toEqualTypeOf<[2, 7, 8, 4]>();
  is<AtAxis<[2, 3, 4], 0, []>>().toEqualTypeOf<[3, 4]>();
  is<AtAxis<[2, 3], 0, Shape>>().toEqualTypeOf<Shape>();
  is<Inserted<[2, 3], -1, 1>>().toEqualTypeOf<[2, 3, 1]>();
  is<Inserted<[2, 3], 0, 9>>().toEqualTypeOf<[9, 2, 3]>();
  is<Inserted<[2, 3], 1, number>>().toEqualTypeOf<[2, number, 3]>();
  is<Squeezed<[1, 2, 1], undefined>>().toEqualTypeOf<[2]>();
  is<Squeezed<[1, 2, 1], -1>>().toEqualTypeOf<[1, 2]>();
  is<Squeezed<[1, number], undefined>>().toEqualTypeOf<Shape>();
});

test('axes that do not exist are left to run time', () => {
  is<AtAxis<[2, 3], 2, []>>().toEqualTypeOf<Shape>();
  is<AtAxis<[2, 3], -3, []>>().toEqualTypeOf<Shape>();
  is<Inserted<[2, 3], -5, 1>>().toEqualTypeOf<Shape>();
});

test('axes change places', () => {
  is<Permuted<[2, 3, 4], readonly [2, 0, -2]>>().toEqualTypeOf<[4, 2, 3]>();
  is<Permuted<[2, 3, 4], readonly number[]>>().toEqualTypeOf<Shape>();
  is<Transposed<[2, 3, 4], -2, -1>>().toEqualTypeOf<[2, 4, 3]>();
  is<Transposed<[2, 3, 4], 0, -1>>().toEqualTypeOf<[4, 3, 2]>();
  is<Transposed<Shape, -2, -1>>().toEqualTypeOf<Shape>();
});

test('sizes that types do not compute are numbers', () => {
  is<Reshaped<readonly [2, -1]>>().toEqualTypeOf<[2, number]>();
  is<Reshaped<readonly number[]>>().toEqualTypeOf<Shape>();
  is<Unsized<[2, 3]>>().toEqualTypeOf<[number, number]>();
  is<Tight<readonly [2, 3]>>().toEqualTypeOf<[2, 3]>();
  is<Sliced<[2, 3, 4], readonly [0, null]>>().toEqualTypeOf<[3, 4]>();
  is<Sliced<[2, 3, 4], readonly [readonly [0, 1], null, 1]>>().toEqualTypeOf<[number, 3]>();
  is<Sliced<[2], readonly [0, 0]>>().toEqualTypeOf<Shape>();
  is<Tiled<[2, 3], readonly [2]>>().toEqualTypeOf<[number, number]>();
  is<Tiled<[2], readonly [2, 2]>>().toEqualTypeOf<[number, number]>();
});

test('shapes as text', () => {
  is<Show<[2, 3]>>().toEqualTypeOf<'[2, 3]'>();
  is<Show<[]>>().toEqualTypeOf<'[]'>();
  is<Show<[number, 3]>>().toEqualTypeOf<'[number, 3]'>();
  is<Show<Shape>>().toEqualTypeOf<'[...]'>();
});
