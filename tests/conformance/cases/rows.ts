/** Softmax and normalisations: functions of a row, along any axis where the op has one. */
import {
  any,
  between,
  input,
  shapeText,
  whole,
  type Case,
  type Fill,
  type T,
  type Tolerance,
} from '../case.js';
import * as ref from '../reference/index.js';
import { floatTypes, type FloatType, type RefType } from '../reference/numbers.js';

/** Outputs of softmax are below 1; those of normalisations a few units, times weights. */
const soft: Tolerance = { ulps: 4, epsilons: 4 };
const logs: Tolerance = { ulps: 4, epsilons: 8 };
const normed: Tolerance = { ulps: 4, epsilons: 16 };
/** With weights the normalised value may be stored in between. */
const weighed: Tolerance = { ulps: 4, epsilons: 32, stored: 8 };

const frames: readonly [shape: readonly number[], axis: number][] = [
  [[1], 0],
  [[7], 0],
  [[17], -1],
  [[3, 5], 1],
  [[5, 3], 0],
  [[4, 64], -1],
  [[65, 3], 0],
  [[2, 3, 5], 1],
  [[2, 5, 3, 2], -3],
  [[2, 1, 3, 2, 7], 4],
  [[3, 513], 1],
  [[1025, 2], 0],
  [[0, 4], 1],
  [[3, 0], 1],
];
const someFrames = (dtype: RefType, i: number): typeof frames =>
  dtype === 'f32' ? frames : [frames[(i * 3 + 1) % frames.length], frames[(i * 3 + 5) % frames.length]];

const alongAxis = (
  [
    ['softmax', (x: T, axis: number) => x.softmax(axis), ref.softmax, soft],
    ['logSoftmax', (x: T, axis: number) => x.logSoftmax(axis), ref.logSoftmax, logs],
  ] as const
).flatMap(([name, run, expect, tolerance]) => {
  const row = (dtype: FloatType, shape: readonly number[], axis: number, fill: Fill, what = ''): Case => ({
    name: `${name} ${dtype} ${shapeText(shape)} along ${axis}${what}`,
    inputs: [input(dtype, shape, fill)],
    run: ([x]) => run(x, axis),
    expect: ([x]) => expect(x, axis),
    tolerance,
  });
  return floatTypes.flatMap((dtype, i) => [
    ...someFrames(dtype, i).map(([shape, axis]) => row(dtype, shape, axis, any)),
    row(dtype, [6, 19], 1, between(-90, 90), ' far apart'),
    row(dtype, [6, 19], 1, (r, k, n, d) => (k % 5 === 0 && k < 95 ? -Infinity : any(r, k, n, d)), ' masked'),
    row(
      dtype,
      [4, 5],
      1,
      (_, k) =>
        [
          NaN,
          1,
          1,
          1,
          1,
          Infinity,
          1,
          2,
          3,
          4,
          -Infinity,
          -Infinity,
          -Infinity,
          -Infinity,
          -Infinity,
          1e4,
          1e4,
          1e4,
          -1e4,
          0,
        ][k],
      ' with specials',
    ),
  ]);
});

const widths: readonly (readonly number[])[] = [
  [1, 1],
  [4, 7],
  [3, 64],
  [2, 3, 65],
  [513],
  [2, 1025],
  [2, 2, 2, 2, 9],
  [0, 8],
];
const someWidths = (dtype: RefType, i: number): typeof widths =>
  dtype === 'f32' ? widths : [widths[(i * 2 + 1) % 5], widths[(i * 2 + 2) % 5]];
/** Far from zero: E[x^2] - E[x]^2 would lose everything. */
const far: Fill = (r, i, n, d) => 1000 + (any(r, i, n, d) as number);

const norms = floatTypes.flatMap((dtype, i) =>
  someWidths(dtype, i).flatMap((shape): Case[] => {
    const c = shape.at(-1)!;
    const x = input(dtype, shape);
    const [w, b] = [input(dtype, [c], between(0.5, 1.5)), input(dtype, [c])];
    const name = (op: string): string => `${op} ${dtype} ${shapeText(shape)}`;
    return [
      {
        name: name('layerNorm'),
        inputs: [x, w, b],
        run: ([x, w, b]) => x.layerNorm(w, b),
        expect: ([x, w, b]) => ref.layerNorm(x, w, b),
        tolerance: weighed,
      },
      {
        name: name('layerNorm no bias eps 0.1'),
        inputs: [x, w],
        run: ([x, w]) => x.layerNorm(w, null, 0.1),
        expect: ([x, w]) => ref.layerNorm(x, w, undefined, 0.1),
        tolerance: weighed,
      },
      {
        name: name('layerNorm alone'),
        inputs: [x],
        run: ([x]) => x.layerNorm(),
        expect: ([x]) => ref.layerNorm(x),
        tolerance: normed,
      },
      {
        name: name('rmsNorm'),
        inputs: [x, w],
        run: ([x, w]) => x.rmsNorm(w),
        expect: ([x, w]) => ref.rmsNorm(x, w),
        tolerance: weighed,
      },
      {
        name: name('rmsNorm alone eps 0.5'),
        inputs: [x],
        run: ([x]) => x.rmsNorm(null, 0.5),
        expect: ([x]) => ref.rmsNorm(x, undefined, 0.5),
        tolerance: normed,
      },
      {
        name: name('l2Norm'),
        inputs: [x],
        run: ([x]) => x.l2Norm(),
        expect: ([x]) => ref.l2Norm(x),
        tolerance: normed,
      },
      {
        name: name('l2Norm eps 100'),
        inputs: [x],
        run: ([x]) => x.l2Norm(100),
        expect: ([x]) => ref.l2Norm(x, 100),
        tolerance: normed,
      },
    ];
  }),
);

const hard: readonly Case[] = [
  {
    name: 'layerNorm f32 far from zero',
    inputs: [input('f32', [3, 257], far)],
    run: ([x]) => x.layerNorm(),
    expect: ([x]) => ref.layerNorm(x),
    tolerance: { epsilons: 4000 },
  },
  {
    name: 'layerNorm f64 far from zero',
    inputs: [input('f64', [3, 257], far)],
    run: ([x]) => x.layerNorm(),
    expect: ([x]) => ref.layerNorm(x),
    tolerance: { epsilons: 4000 },
  },
  {
    name: 'layerNorm f32 of a constant',
    inputs: [input('f32', [3, 8], () => 5)],
    run: ([x]) => x.layerNorm(),
    expect: ([x]) => ref.layerNorm(x),
    tolerance: { anyZero: true },
  },
  {
    name: 'rmsNorm f32 of zeros',
    inputs: [input('f32', [3, 8], () => 0)],
    run: ([x]) => x.rmsNorm(),
    expect: ([x]) => ref.rmsNorm(x),
  },
  {
    name: 'l2Norm f32 of zeros',
    inputs: [input('f32', [3, 8], () => 0)],
    run: ([x]) => x.l2Norm(),
    expect: ([x]) => ref.l2Norm(x),
  },
  {
    name: 'l2Norm f16 whose squares leave the range',
    inputs: [input('f16', [2, 9], whole(300, 400))],
    run: ([x]) => x.l2Norm(),
    expect: ([x]) => ref.l2Norm(x),
    tolerance: { ulps: 1 },
  },
];

/** A row that no thread keeps: the kernels compute it again in every pass. */
const endless = (
  [
    ['softmax', (x) => x.softmax(), ref.softmax, soft],
    ['logSoftmax', (x) => x.logSoftmax(), ref.logSoftmax, logs],
    ['layerNorm', (x) => x.layerNorm(), ref.layerNorm, normed],
    ['rmsNorm', (x) => x.rmsNorm(), ref.rmsNorm, normed],
    ['l2Norm', (x) => x.l2Norm(), ref.l2Norm, normed],
  ] as const satisfies readonly (readonly [string, (x: T) => T, (x: ref.Ref) => ref.Ref, Tolerance])[]
).map(([name, run, expect, tolerance]): Case => ({
  name: `${name} of an endless row`,
  inputs: [input('f64', [65547])],
  run: ([x]) => run(x),
  expect: ([x]) => expect(x),
  tolerance,
  large: true,
}));

const groupFrames: readonly [shape: readonly number[], groups: number][] = [
  [[2, 4], 2],
  [[2, 6, 5], 3],
  [[1, 8, 3, 5], 4],
  [[2, 4, 3, 2], 1],
  [[3, 5, 7], 5],
  [[2, 4, 17, 31], 2],
];
const groupNorms = floatTypes.flatMap((dtype, i) =>
  (dtype === 'f32' ? groupFrames : [groupFrames[i % 6]]).flatMap(([shape, groups]): Case[] => {
    const inputs = [
      input(dtype, shape),
      input(dtype, [shape[1]], between(0.5, 1.5)),
      input(dtype, [shape[1]]),
    ];
    const name = `groupNorm ${dtype} ${shapeText(shape)} in ${groups}`;
    return [
      {
        name,
        inputs,
        run: ([x, w, b]) => x.groupNorm(groups, w, b),
        expect: ([x, w, b]) => ref.groupNorm(x, groups, w, b),
        tolerance: weighed,
      },
      {
        name: `${name} alone`,
        inputs: inputs.slice(0, 1),
        run: ([x]) => x.groupNorm(groups, null, null, 0.01),
        expect: ([x]) => ref.groupNorm(x, groups, undefined, undefined, 0.01),
        tolerance: normed,
      },
    ];
  }),
);

export const rowCases: readonly Case[] = [...alongAxis, ...norms, ...hard, ...endless, ...groupNorms];
