/** Windows over images: convolution of every kind, pooling, their borders, and what fuses after them. */
import { any, between, input, mixed, shapeText, whole, type Case, type Fill, type T } from '../case.js';
import * as ref from '../reference/index.js';
import { floatTypes, isFloat, numberTypes, type RefType } from '../reference/numbers.js';

type Options = ref.Windows & { groups?: number };
type Frame = readonly [x: readonly number[], w: readonly number[], options?: Options];

const around = (n: number): NonNullable<Options['padding']> => [
  [n, n],
  [n, n],
];

/** Kernels 1 to 7, strides, borders, dilation; columns around vectors of 4, 8 and 16 lanes and tiles of 12, 16 and 64. */
const plain: readonly Frame[] = [
  [[1, 1, 1, 1], [1, 1, 1, 1]],
  [[1, 3, 5, 7], [2, 3, 1, 1]],
  [[2, 5, 4, 16], [7, 5, 1, 1]],
  [[1, 5, 6, 6], [3, 5, 1, 1], { stride: [2, 2] }],
  [[1, 4, 5, 6], [3, 4, 1, 1], { padding: around(1) }],
  [[1, 2, 6, 7], [3, 2, 2, 2]],
  [[2, 3, 8, 8], [5, 3, 3, 3], { padding: around(1) }],
  [[1, 3, 7, 17], [8, 3, 3, 3], { padding: around(1) }],
  [[1, 2, 9, 33], [13, 2, 3, 3], { padding: around(1), stride: [2, 2] }],
  [[1, 3, 15, 15], [4, 3, 7, 7], { padding: around(3), stride: [2, 2] }],
  [[1, 2, 11, 13], [3, 2, 3, 3], { padding: around(1), stride: [3, 3] }],
  [[1, 2, 10, 11], [3, 2, 3, 3], { dilation: [2, 3], padding: around(2) }],
  [[1, 2, 5, 67], [7, 2, 4, 5], { padding: [[0, 3], [2, 1]] }],
  [[3, 1, 5, 5], [2, 1, 5, 5]],
  [[1, 2, 3, 4], [3, 2, 3, 3], { padding: [[4, 0], [0, 5]] }],
  [[1, 3, 1, 19], [2, 3, 1, 3], { stride: [1, 2], padding: [[0, 0], [1, 1]] }],
  [[1, 3, 19, 1], [6, 3, 3, 1], { stride: [2, 1], padding: [[1, 0], [0, 0]] }],
]; // prettier-ignore
const grouped: readonly Frame[] = [
  [[2, 6, 5, 7], [4, 3, 3, 3], { groups: 2, padding: around(1) }],
  [[1, 6, 5, 5], [9, 2, 1, 1], { groups: 3 }],
  [[2, 5, 7, 9], [5, 1, 3, 3], { groups: 5, padding: around(1) }],
  [[1, 3, 9, 40], [6, 1, 3, 3], { groups: 3, padding: around(1), stride: [2, 2] }],
  [[1, 3, 9, 75], [3, 1, 3, 5], { groups: 3, padding: [[1, 1], [0, 2]] }],
  [[1, 2, 9, 11], [2, 1, 3, 3], { groups: 2, dilation: [2, 2], padding: around(2), stride: [1, 3] }],
  [[1, 2, 4, 5], [12, 1, 2, 2], { groups: 2 }],
  [[1, 4, 3, 3], [4, 1, 1, 1], { groups: 4 }],
]; // prettier-ignore
const empty: readonly Frame[] = [
  [[0, 3, 4, 4], [2, 3, 3, 3]],
  [[1, 3, 4, 4], [0, 3, 3, 3]],
  [[2, 0, 4, 4], [3, 0, 3, 3]],
]; // prettier-ignore

/** More lanes, channels and columns than one block of the kernels holds. */
const beyond: readonly Frame[] = [
  [[1, 70, 9, 9], [19, 70, 3, 3], { padding: around(1) }],
  [[1, 3, 24, 41], [150, 3, 3, 3], { padding: around(1) }],
  [[2, 9, 20, 30], [7, 9, 3, 3], { padding: around(1) }],
  [[1, 140, 6, 7], [11, 140, 2, 2], { stride: [2, 2] }],
  [[1, 2, 3, 600], [2, 1, 3, 3], { groups: 2, padding: around(1) }],
]; // prettier-ignore

const conv = (x: T, w: T, options: Options = {}, bias?: T): T => x.conv2d(w, { ...options, bias });
const optionsText = ({ stride, padding, dilation, groups }: Options): string =>
  [stride && ` by ${stride}`, padding && ` in ${padding}`, dilation && ` dilated ${dilation}`, groups && ` groups ${groups}`]
    .filter(Boolean)
    .join(''); // prettier-ignore

const terms = (w: readonly number[]): number => w[1] * w[2] * w[3];
function row(
  dtype: RefType,
  [x, w, options = {}]: Frame,
  fill: Fill = isFloat(dtype) ? between(-2, 2) : mixed,
): Case {
  return {
    name: `conv2d ${dtype} ${shapeText(x)} * ${shapeText(w)}${optionsText(options)}`,
    inputs: [input(dtype, x, fill), input(dtype, w, fill)],
    run: ([t, filters]) => conv(t, filters, options),
    expect: ([t, filters]) => ref.conv2d(t, filters, options),
    tolerance: { ulps: 1, epsilons: 2 * terms(w) },
  };
}

/** f32 meets every frame, the other types take turns. */
const frames = [...plain, ...grouped, ...empty];
let turn = 0;
const table = numberTypes.flatMap((dtype) => {
  const count = dtype === 'f32' ? frames.length : dtype === 'f16' || dtype === 'f64' ? 10 : 5;
  return Array.from({ length: count }, () => row(dtype, frames[turn++ % frames.length]));
});
const large = beyond.map((frame): Case => ({ ...row('f32', frame), large: true }));

const zeros = (shape: readonly number[]): ref.Ref => ref.build('f32', shape, () => 0);
/** Whole numbers: exact in any order, in every float type, and in what follows. */
const exact = (['f32', 'f16', 'bf16', 'f64', 'i32'] as const).flatMap((dtype): Case[] => {
  const small = (shape: readonly number[]) => input(dtype, shape, whole(-2, 2));
  const byChannel = (b: ref.Ref): ref.Ref => ref.reshape(b, [b.shape[0], 1, 1]);
  const fused = ([x, w, options = {}]: Frame, what: string): Case => ({
    name: `conv2d ${dtype} ${what}, bias, residual and relu`,
    inputs: [small(x), small(w), small([w[0]]), small(ref.conv2d(zeros(x), zeros(w), options).shape)],
    run: ([t, filters, bias, r]) => conv(t, filters, options, bias).add(r).relu(),
    expect: ([t, filters, bias, r]) =>
      ref.relu(ref.add(ref.add(ref.conv2d(t, filters, options), byChannel(bias)), r)),
    tolerance: { anyZero: true },
  });
  return [
    fused([[2, 3, 6, 7], [5, 3, 3, 3], { padding: around(1) }], 'with'),
    fused([[2, 4, 5, 5], [6, 4, 1, 1]], 'of one pixel with'),
    fused([[1, 4, 5, 9], [4, 1, 3, 3], { groups: 4, padding: around(1) }], 'by channel with'),
    {
      name: `conv2d ${dtype} of channels last`,
      inputs: [small([2, 7, 6, 3]), small([3, 3, 3, 5])],
      run: ([x, w]) => x.permute([0, 3, 1, 2]).conv2d(w.permute([3, 2, 0, 1]), { padding: 1 }).permute([0, 2, 3, 1]),
      expect: ([x, w]) => {
        const [image, filters] = [ref.permute(x, [0, 3, 1, 2]), ref.permute(w, [3, 2, 0, 1])];
        return ref.permute(ref.conv2d(image, filters, { padding: around(1) }), [0, 2, 3, 1]);
      },
      tolerance: { anyZero: true },
    },
  ];
}); // prettier-ignore

/** How options may be said, and what they then mean. */
const said: readonly [what: string, options: Parameters<T['conv2d']>[1], meaning: Options][] = [
  ['numbers', { stride: 2, padding: 1, dilation: 2 }, { stride: [2, 2], padding: around(1), dilation: [2, 2] }],
  ['pairs', { stride: [1, 2], padding: [2, 0], dilation: [2, 1] }, { stride: [1, 2], padding: [[2, 2], [0, 0]], dilation: [2, 1] }],
  ['sides', { padding: [[1, 2], [0, 3]] }, { padding: [[1, 2], [0, 3]] }],
  ['same', { padding: 'same', dilation: [1, 2] }, { padding: [[0, 1], [2, 2]], dilation: [1, 2] }],
  ['valid', { padding: 'valid', bias: null }, {}],
]; // prettier-ignore
const spoken = said.map(([what, options, meaning]): Case => ({
  name: `conv2d f32 told by ${what}`,
  inputs: [input('f32', [1, 2, 7, 8], whole(-3, 3)), input('f32', [3, 2, 2, 3], whole(-3, 3))],
  run: ([x, w]) => x.conv2d(w, options),
  expect: ([x, w]) => ref.conv2d(x, w, meaning),
  tolerance: { anyZero: true },
}));

type PoolFrame = readonly [x: readonly number[], size: readonly [number, number], options?: ref.Windows];
const pools: readonly PoolFrame[] = [
  [[1, 1, 1, 1], [1, 1]],
  [[2, 3, 6, 8], [2, 2]],
  [[1, 2, 7, 9], [3, 3], { stride: [2, 2], padding: around(1) }],
  [[1, 2, 5, 37], [3, 3], { stride: [1, 1], padding: around(1) }],
  [[1, 1, 4, 80], [2, 3], { stride: [1, 1] }],
  [[1, 2, 9, 71], [2, 4], { stride: [3, 2], padding: [[1, 0], [2, 1]] }],
  [[1, 2, 11, 13], [5, 4], { stride: [3, 3], padding: [[2, 2], [0, 2]] }],
  [[2, 3, 7, 7], [7, 7]],
  [[1, 2, 3, 530], [3, 2], { stride: [1, 1], padding: [[0, 1], [1, 0]] }],
  [[0, 2, 4, 4], [2, 2]],
  [[2, 0, 4, 4], [2, 2]],
]; // prettier-ignore
const dilated: readonly PoolFrame[] = [
  [[1, 2, 9, 40], [3, 3], { stride: [1, 1], padding: around(1), dilation: [2, 2] }],
  [[1, 2, 9, 12], [2, 3], { stride: [2, 1], dilation: [3, 1] }],
]; // prettier-ignore
const someOf = (dtype: RefType, list: readonly PoolFrame[], i: number): readonly PoolFrame[] =>
  dtype === 'f32' ? list : [0, 3, 5].map((k) => list[(i * 2 + k) % list.length]);

const maxima = numberTypes.flatMap((dtype, i) =>
  someOf(dtype, [...pools, ...dilated], i).map(([x, size, options = {}]): Case => ({
    name: `maxPool2d ${dtype} ${shapeText(x)} of ${size}${optionsText(options)}`,
    inputs: [input(dtype, x, mixed)],
    run: ([t]) => t.maxPool2d(size, options),
    expect: ([t]) => ref.maxPool2d(t, size, options),
    tolerance: { anyZero: true },
  })),
);
const means = floatTypes.flatMap((dtype, i) =>
  someOf(dtype, pools, i).flatMap(([x, size, options = {}]) =>
    [true, false].map((countIncludePad): Case => ({
      name: `avgPool2d ${dtype} ${shapeText(x)} of ${size}${optionsText(options)}${countIncludePad ? '' : ' inside'}`,
      inputs: [input(dtype, x, any)],
      run: ([t]) => t.avgPool2d(size, { ...options, countIncludePad }),
      expect: ([t]) => ref.avgPool2d(t, size, { ...options, countIncludePad }),
      tolerance: { ulps: 1, epsilons: 8 },
    })),
  ),
);
const poolsFused: readonly Case[] = [
  {
    name: 'maxPool2d f32 of one size, then relu and a residual',
    inputs: [input('f32', [1, 3, 8, 10]), input('f32', [1, 3, 4, 5])],
    run: ([x, r]) => x.maxPool2d(2).relu().add(r),
    expect: ([x, r]) => ref.add(ref.relu(ref.maxPool2d(x, [2, 2])), r),
    tolerance: { anyZero: true },
  },
  {
    name: 'avgPool2d f32 of a convolution',
    inputs: [input('f32', [1, 2, 8, 8], whole(-2, 2)), input('f32', [3, 2, 3, 3], whole(-2, 2))],
    run: ([x, w]) => x.conv2d(w, { padding: 'same' }).relu().avgPool2d([4, 2], { padding: [1, 0], stride: 2 }),
    expect: ([x, w]) =>
      ref.avgPool2d(ref.relu(ref.conv2d(x, w, { padding: around(1) })), [4, 2], {
        padding: [[1, 1], [0, 0]],
        stride: [2, 2],
      }),
    tolerance: { ulps: 1 },
  },
]; // prettier-ignore

export const windowCases: readonly Case[] = [
  ...table,
  ...large,
  ...exact,
  ...spoken,
  ...maxima,
  ...means,
  ...poolsFused,
];
