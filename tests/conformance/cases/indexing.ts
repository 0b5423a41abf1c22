/** Gather, embedding, takeAlong, scatter, topk. */
import { any, input, mixed, shapeText, special, whole, type Case, type Fill, type Input } from '../case.js';
import * as ref from '../reference/index.js';
import { allTypes, intTypes, isFloat, numberTypes, type RefType } from '../reference/numbers.js';

/** Any position of an axis of `size`, with repeats. */
const below = (size: number): Fill => whole(0, size - 1);

type GatherFrame = readonly [shape: readonly number[], indices: readonly number[], axis: number];
const gatherFrames: readonly GatherFrame[] = [
  [[5], [3], 0],
  [[5, 7], [4], 0],
  [[5, 7], [4], 1],
  [[5, 7], [], 0],
  [[3, 4, 5], [2, 3], 1],
  [[3, 4, 5], [2, 2, 1], -1],
  [[2, 3, 4, 5], [1], -2],
  [[17, 65], [33], 0],
  [[9], [0], 0],
  [[3, 0, 2], [2], 0],
  [[513, 3], [513], 0],
  [[2, 3], [1, 1, 2], 1],
];
const gatherRow = (dtype: RefType, by: RefType, [shape, indices, axis]: GatherFrame): Case => ({
  name: `gather ${dtype} ${shapeText(shape)} at ${by} ${shapeText(indices)} along ${axis}`,
  inputs: [input(dtype, shape), input(by, indices, below(shape.at(axis)!))],
  run: ([x, i]) => x.gather(i, axis),
  expect: ([x, i]) => ref.gather(x, i, axis),
});
const gathers = [
  ...gatherFrames.map((frame) => gatherRow('f32', 'i32', frame)),
  ...allTypes.map((dtype, i) => gatherRow(dtype, intTypes[i % intTypes.length], gatherFrames[4])),
  ...allTypes.map((dtype, i) => gatherRow(dtype, 'i64', gatherFrames[i % 8])),
];
const embeddings = (['f32', 'f16', 'i8'] as const).map((dtype): Case => ({
  name: `embedding ${dtype}`,
  inputs: [input(dtype, [11, 6]), input('i32', [2, 5], below(11))],
  run: ([table, ids]) => table.embedding(ids),
  expect: ([table, ids]) => ref.gather(table, ids),
}));

type AlongFrame = readonly [shape: readonly number[], k: number, axis: number];
const alongFrames: readonly AlongFrame[] = [
  [[5], 8, 0],
  [[5, 7], 3, 1],
  [[5, 7], 3, 0],
  [[3, 4, 5], 2, -2],
  [[2, 3, 4, 5], 5, 0],
  [[65, 17], 65, -1],
  [[3, 513], 4, 1],
  [[4, 5], 0, 1],
  [[0, 5], 2, 1],
];
const along = [
  ...alongFrames.map((f) => ['f32', 'i32', f] as const),
  ...allTypes.map((dtype, i) => [dtype, intTypes[(i + 3) % 8], alongFrames[(i % 4) + 1]] as const),
].map(([dtype, by, [shape, k, axis]], i): Case => ({
  name: `takeAlong ${dtype} ${shapeText(shape)} at ${k} ${by} along ${axis} (${i})`,
  inputs: [input(dtype, shape), input(by, shape.with(axis, k), below(shape.at(axis)!))],
  run: ([x, j]) => x.takeAlong(j, axis),
  expect: ([x, j]) => ref.takeAlong(x, j, axis),
}));

const scatterFrames: readonly GatherFrame[] = [
  [[5], [3], 0],
  [[5, 7], [9], 0],
  [[5, 7], [4], 1],
  [[5, 7], [], 0],
  [[3, 4, 5], [2, 3], 1],
  [[3, 4, 5], [6], -1],
  [[2, 3, 4, 5], [1], -2],
  [[17, 65], [33], 0],
  [[9, 2], [0], 0],
  [[4, 0], [2], 0],
];
function scatterRow(
  dtype: RefType,
  by: RefType,
  [shape, indices, axis]: GatherFrame,
  mode: 'set' | 'add',
  duplicates = true,
): Case {
  const d = axis < 0 ? axis + shape.length : axis;
  const updates = shape.toSpliced(d, 1, ...indices);
  const fill: Fill = isFloat(dtype) ? whole(-8, 8) : any;
  const places: Input = input(
    by,
    indices,
    duplicates ? below(shape[d]) : (_, i) => BigInt((i * 2 + 1) % shape[d]),
  );
  return {
    name: `scatter ${mode} ${dtype} ${shapeText(shape)} at ${by} ${shapeText(indices)} along ${axis}`,
    inputs: [input(dtype, shape, fill), places, input(dtype, updates, fill)],
    run: ([x, i, u]) => (mode === 'set' ? x.scatter(i, u, axis) : x.scatter(i, u, axis, { mode })),
    expect: ([x, i, u]) => ref.scatter(x, i, u, axis, mode),
  };
}
const scatters = [
  ...scatterFrames.flatMap((frame) => [
    scatterRow('f32', 'i32', frame, 'set'),
    scatterRow('f32', 'i32', frame, 'add'),
  ]),
  ...numberTypes
    .filter((t) => t !== 'f32')
    .flatMap((dtype, i) => [
      scatterRow(dtype, intTypes[i % 8], scatterFrames[i % 7], 'set'),
      scatterRow(dtype, intTypes[(i + 1) % 8], scatterFrames[(i + 1) % 7], 'add'),
    ]),
  scatterRow('bool', 'i32', scatterFrames[4], 'set'),
  scatterRow('f64', 'u8', [[300, 5], [256], 0], 'add', false),
];

type TopFrame = readonly [shape: readonly number[], k: number, axis: number];
const topFrames: readonly TopFrame[] = [
  [[1], 1, 0],
  [[17], 5, 0],
  [[5, 9], 9, 1],
  [[9, 5], 3, 0],
  [[2, 3, 7], 2, -1],
  [[2, 65, 2], 7, 1],
  [[3, 513], 10, -1],
  [[4, 5], 0, 1],
  [[0, 5], 2, 1],
];
function topRow(dtype: RefType, [shape, k, axis]: TopFrame, largest: boolean, fill: Fill, what = ''): Case {
  return {
    name: `topk ${dtype} ${k} ${largest ? 'largest' : 'smallest'} of ${shapeText(shape)} along ${axis}${what}`,
    inputs: [input(dtype, shape, fill)],
    run: ([x]) => {
      const { values, indices } = x.topk(k, axis, { largest });
      return [values, indices];
    },
    expect: ([x]) => {
      const { values, indices } = ref.topk(x, k, axis, largest);
      return [values, indices];
    },
  };
}
const tops = [true, false].flatMap((largest) => [
  ...topFrames.map((frame) => topRow('f32', frame, largest, any)),
  ...numberTypes.flatMap((dtype, i) => [
    topRow(dtype, topFrames[(i % 5) + 1], largest, mixed, ' mixed'),
    i % 2 === Number(largest)
      ? topRow(dtype, [[4, 37], 37, 1], largest, whole(-2, 2), ' ties')
      : topRow(dtype, [[2, 37], 30, 1], largest, special, ' specials'),
  ]),
]);

export const indexCases: readonly Case[] = [...gathers, ...embeddings, ...along, ...scatters];
export const topkCases: readonly Case[] = tops;
