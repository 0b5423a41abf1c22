/** Ops that move elements and change none: views, and repeats. */
import { input, mixed, shapeText, type Case, type T } from '../case.js';
import * as ref from '../reference/index.js';
import { allTypes, type RefType } from '../reference/numbers.js';

interface Move {
  readonly name: string;
  readonly shape: readonly number[];
  readonly run: (x: T) => T;
  readonly expect: (x: ref.Ref) => ref.Ref;
}
const reshape = (shape: readonly number[], to: readonly number[]): Move => ({
  name: `reshape ${shapeText(shape)} to ${shapeText(to)}`,
  shape,
  run: (x) => x.reshape(to),
  expect: (x) => ref.reshape(x, to),
});
const permute = (shape: readonly number[], axes: readonly number[]): Move => ({
  name: `permute ${shapeText(shape)} by ${shapeText(axes)}`,
  shape,
  run: (x) => x.permute(axes),
  expect: (x) => ref.permute(x, axes),
});
const slice = (shape: readonly number[], entries: readonly ref.Entry[]): Move => ({
  name: `slice ${shapeText(shape)} ${JSON.stringify(entries)}`,
  shape,
  run: (x) => x.slice(entries),
  expect: (x) => ref.slice(x, entries),
});
const transpose = (shape: readonly number[], i?: number, j?: number): Move => ({
  name: `transpose ${shapeText(shape)} ${i} ${j}`,
  shape,
  run: (x) => x.transpose(i, j),
  expect: (x) => ref.transpose(x, i, j),
});
const squeeze = (shape: readonly number[], axis?: number | readonly number[]): Move => ({
  name: `squeeze ${shapeText(shape)} ${axis}`,
  shape,
  run: (x) => x.squeeze(axis),
  expect: (x) => ref.squeeze(x, axis),
});
const unsqueeze = (shape: readonly number[], axis: number): Move => ({
  name: `unsqueeze ${shapeText(shape)} ${axis}`,
  shape,
  run: (x) => x.unsqueeze(axis),
  expect: (x) => ref.unsqueeze(x, axis),
});
const broadcast = (shape: readonly number[], to: readonly number[]): Move => ({
  name: `broadcastTo ${shapeText(shape)} ${shapeText(to)}`,
  shape,
  run: (x) => x.broadcastTo(to),
  expect: (x) => ref.broadcastTo(x, to),
});
const flip = (shape: readonly number[], axes?: number | readonly number[]): Move => ({
  name: `flip ${shapeText(shape)} ${axes}`,
  shape,
  run: (x) => x.flip(axes),
  expect: (x) => ref.flip(x, axes),
});
const contiguous = (shape: readonly number[]): Move => ({
  name: `contiguous ${shapeText(shape)}`,
  shape,
  run: (x) => x.contiguous(),
  expect: (x) => x,
});
const tile = (shape: readonly number[], repeats: readonly number[]): Move => ({
  name: `tile ${shapeText(shape)} ${shapeText(repeats)}`,
  shape,
  run: (x) => x.tile(repeats),
  expect: (x) => ref.tile(x, repeats),
});

const moves: readonly Move[] = [
  reshape([6], [2, 3]),
  reshape([2, 3, 4], [4, -1]),
  reshape([2, 3, 4], [24]),
  reshape([1], []),
  reshape([], [1, 1]),
  reshape([5, 7], [7, 5]),
  reshape([0, 3], [3, -1, 0].with(1, 5)),
  reshape([513], [27, 19]),
  permute([3, 5], [1, 0]),
  permute([2, 3, 4], [2, 0, 1]),
  permute([2, 3, 4], [-1, 1, 0]),
  permute([2, 3, 4, 5], [3, 1, 0, 2]),
  permute([2, 1, 3, 2, 7], [4, 2, 0, 3, 1]),
  permute([], []),
  permute([65, 17], [1, 0]),
  permute([3, 0, 2], [2, 1, 0]),
  slice([9], [[2, 7]]),
  slice([9], [[null, null, -1]]),
  slice([9], [[7, 1, -2]]),
  slice([9], [[-3, null]]),
  slice([9], [-2]),
  slice([9], [[5, 5]]),
  slice([9], [[100, -100, -3]]),
  slice([5, 7], [null, [1, 6, 2]]),
  slice([5, 7], [3]),
  slice(
    [5, 7],
    [
      [4, 0, -1],
      [null, null, -3],
    ],
  ),
  slice([2, 3, 4, 5], [1, null, [null, 3], -1]),
  slice([1025], [[1, null, 2]]),
  slice(
    [17, 65],
    [
      [1, 16],
      [3, 64],
    ],
  ),
  slice([0, 3], [null, [1, 3]]),
  transpose([3, 5]),
  transpose([2, 3, 4], 0, 2),
  transpose([2, 3, 4, 5], 1, -1),
  transpose([3, 3], 0, 0),
  squeeze([1, 3, 1, 2]),
  squeeze([1, 3, 1, 2], 0),
  squeeze([1, 3, 1, 2], [-2, 0]),
  squeeze([1]),
  unsqueeze([3, 2], 0),
  unsqueeze([3, 2], -1),
  unsqueeze([], 0),
  unsqueeze([3, 2], 1),
  broadcast([3, 1], [3, 5]),
  broadcast([5], [2, 3, 5]),
  broadcast([], [7]),
  broadcast([1, 4, 1], [2, 3, 4, 5]),
  broadcast([1], [0]),
  broadcast([1], [1025]),
  flip([7]),
  flip([3, 5]),
  flip([3, 5], 1),
  flip([2, 3, 4], [0, -1]),
  flip([0, 2]),
  flip([]),
  contiguous([3, 5]),
  contiguous([1025]),
  contiguous([]),
  contiguous([0]),
  tile([3], [4]),
  tile([2, 3], [2]),
  tile([2, 3], [2, 1]),
  tile([3], [2, 2]),
  tile([2, 3, 2], [3, 1, 2]),
  tile([], [3]),
  tile([2, 3], [0, 2]),
  tile([1, 5], [9, 1]),
];
const moveRow = (move: Move, dtype: RefType): Case => ({
  name: `${move.name} ${dtype}`,
  inputs: [input(dtype, move.shape, mixed)],
  run: ([x]) => move.run(x),
  expect: ([x]) => move.expect(x),
});
const others = allTypes.filter((dtype) => dtype !== 'f32');
let turn = 0;
const moved = moves.flatMap((move) => [moveRow(move, 'f32'), moveRow(move, others[turn++ % others.length])]);

/** Maps that cross memory in blocks, and longer than one. */
const crossing = (
  [
    [133, 150],
    [3, 4100],
    [4100, 3],
    [2, 150, 18],
  ] as const
).map((shape): Case => ({
  name: `add across ${shapeText(shape)}`,
  inputs: [input('f32', shape), input('f32', [...shape.slice(0, -2), shape.at(-1)!, shape.at(-2)!])],
  large: true,
  run: ([x, y]) => x.transpose().add(y),
  expect: ([x, y]) => ref.add(ref.transpose(x), y),
}));

/** Views of views: the layout algebra composes them, or the planner packs. */
const composed = (
  [
    [
      'transpose reshape',
      [4, 6],
      (x) => x.transpose().reshape([3, 8]),
      (x) => ref.reshape(ref.transpose(x), [3, 8]),
    ],
    [
      'slice reshape',
      [5, 8],
      (x) =>
        x
          .slice([
            [1, 4],
            [0, 8, 2],
          ])
          .reshape([2, 6]),
      (x) =>
        ref.reshape(
          ref.slice(x, [
            [1, 4],
            [0, 8, 2],
          ]),
          [2, 6],
        ),
    ],
    [
      'flip transpose slice',
      [5, 8],
      (x) =>
        x
          .flip(0)
          .transpose()
          .slice([
            [6, 1, -2],
            [1, null],
          ]),
      (x) =>
        ref.slice(ref.transpose(ref.flip(x, 0)), [
          [6, 1, -2],
          [1, null],
        ]),
    ],
    [
      'broadcast permute reshape',
      [3, 1, 4],
      (x) => x.broadcastTo([3, 5, 4]).permute([1, 2, 0]).reshape([5, 12]),
      (x) => ref.reshape(ref.permute(ref.broadcastTo(x, [3, 5, 4]), [1, 2, 0]), [5, 12]),
    ],
    [
      'reshape nested back',
      [6, 4],
      (x) => x.reshape([2, 3, 2, 2]).permute([0, 2, 1, 3]).reshape([4, 6]),
      (x) => ref.reshape(ref.permute(ref.reshape(x, [2, 3, 2, 2]), [0, 2, 1, 3]), [4, 6]),
    ],
    [
      'pixels to patches and sums',
      [1, 8, 8],
      (x) => x.reshape([2, 4, 2, 4]).permute([0, 2, 1, 3]).reshape([4, 16]).sum(1),
      (x) => ref.sum(ref.reshape(ref.permute(ref.reshape(x, [2, 4, 2, 4]), [0, 2, 1, 3]), [4, 16]), 1),
    ],
  ] as const satisfies readonly (readonly [string, readonly number[], (x: T) => T, (x: ref.Ref) => ref.Ref])[]
).map(([name, shape, run, expect]): Case => ({
  name,
  inputs: [input('f32', shape, (_, i) => i)],
  run: ([x]) => run(x),
  expect: ([x]) => expect(x),
}));
export const movementCases: readonly Case[] = [...moved, ...composed, ...crossing];
