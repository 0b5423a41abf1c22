/** Attention over head sizes, blocks, groups and every option; rotary embedding. */
import {
  between,
  input,
  shapeText,
  values,
  whole,
  type Case,
  type Fill,
  type Input,
  type T,
} from '../case.js';
import * as ref from '../reference/index.js';
import { floatTypes, type FloatType } from '../reference/numbers.js';

const floats: Fill = between(-2, 2);

type Extra = 'mask' | 'lengths' | 'offsets' | 'table';

interface Row {
  /** [batch..., H, Hkv, T, S, D, Dv = D]; with a table S is of a block */
  readonly sizes: readonly number[];
  readonly batch?: readonly number[];
  readonly dtype?: FloatType;
  readonly keys?: FloatType;
  readonly how?: Omit<ref.Attending, Extra>;
  readonly extra?: Partial<Record<Extra, Input>>;
  /** Of k and v, where there is a table. */
  readonly blocks?: number;
  readonly large?: boolean;
}

/** Results are averages of v, below 2; scores of D products are off by some epsilons, and weights with them. */
const tolerance = (dtype: FloatType): Case['tolerance'] => ({
  ulps: dtype === 'f32' || dtype === 'f64' ? 2 : 1,
  epsilons: 40,
});

function row({
  sizes,
  batch = [],
  dtype = 'f32',
  keys = dtype,
  how = {},
  extra = {},
  large,
  blocks,
}: Row): Case {
  const [heads, groups, rows, length, features, width = features] = sizes;
  const names = Object.keys(extra) as (keyof typeof extra)[];
  const lead = blocks === undefined ? batch : [blocks];
  const what = [
    ...Object.entries(how).map(([name, v]) => `${name} ${v}`),
    ...names.map((n) => `${n} ${extra[n]!.dtype} ${shapeText(extra[n]!.shape)}`),
  ];
  const given = <V>(list: readonly V[]): Record<string, V> =>
    Object.fromEntries(names.map((n, i) => [n, list[3 + i]]));
  return {
    name: `attention ${dtype} ${keys === dtype ? '' : `over ${keys} `}${shapeText([...batch, ...sizes])} ${what.join(' ')}`,
    inputs: [
      input(dtype, [...batch, heads, rows, features], floats),
      input(keys, [...lead, groups, length, features], floats),
      input(keys, [...lead, groups, length, width], floats),
      ...names.map((n) => extra[n]!),
    ],
    run: (x) => x[0].attention(x[1], x[2], { ...how, ...given(x) }),
    expect: (x) => ref.attention(x[0], x[1], x[2], { ...how, ...given(x) }),
    tolerance: tolerance(dtype),
    large,
  };
}

const features = [1, 5, 8, 16, 33, 64, 80, 128];
const shapes: readonly Row[] = [
  ...features.map((d): Row => ({ sizes: [2, 2, 9, 13, d] })),
  ...features.map((d): Row => ({ sizes: [2, 1, 1, 19, d], how: { causal: true } })),
  { sizes: [1, 1, 1, 1, 1] },
  { sizes: [3, 3, 5, 7, 8, 4], batch: [2] },
  { sizes: [4, 2, 3, 17, 16, 33], batch: [2, 2] },
  { sizes: [4, 1, 2, 40, 64], batch: [3] },
  { sizes: [6, 2, 13, 13, 8], how: { causal: true } },
  { sizes: [2, 2, 7, 70, 24], how: { causal: true } },
  { sizes: [1, 1, 7, 3, 8], how: { causal: true } },
  { sizes: [2, 1, 66, 66, 16], how: { causal: true, window: 5 } },
  { sizes: [2, 2, 21, 34, 16], how: { window: 3 } },
  { sizes: [2, 1, 1, 90, 16], how: { causal: true, window: 33 } },
  { sizes: [2, 1, 9, 20, 16], how: { softcap: 1.5, scale: 0.5 } },
  { sizes: [2, 1, 1, 20, 16], how: { softcap: 0.75, causal: true } },
  { sizes: [2, 2, 3, 0, 8] },
  { sizes: [2, 2, 0, 3, 8] },
  { sizes: [2, 2, 3, 4, 8], batch: [0] },
];
const mixed: readonly Row[] = [
  ...floatTypes.flatMap((dtype): Row[] => [
    { dtype, sizes: [4, 2, 11, 37, 16], batch: [2], how: { causal: true } },
    { dtype, sizes: [4, 2, 1, 37, 20], batch: [2] },
    { dtype, sizes: [2, 1, 5, 9, 7], how: { softcap: 2, window: 4 } },
  ]),
  ...(['f16', 'bf16'] as const).flatMap((keys): Row[] => [
    { keys, sizes: [4, 2, 11, 37, 16], batch: [2], how: { causal: true } },
    { keys, sizes: [4, 2, 1, 37, 20], batch: [2] },
    { keys, sizes: [3, 1, 2, 70, 64], how: { causal: true, window: 50 } },
  ]),
];

/** Mostly open; the second row of the first head is closed altogether. */
const open: Fill = (random, i) => (i >= 13 && i < 26 ? 0n : random() < 0.7 ? 1n : 0n);
const added: Fill = (random) => (random() < 0.2 ? -Infinity : random() * 4 - 2);
const masks: readonly Row[] = [
  { sizes: [2, 1, 5, 13, 8], extra: { mask: input('bool', [2, 5, 13], open) } },
  { sizes: [2, 1, 5, 13, 8], extra: { mask: input('bool', [13], open) }, batch: [2] },
  { sizes: [2, 1, 5, 13, 8], extra: { mask: input('bool', [2, 1, 1, 13], open) }, batch: [2] },
  { sizes: [2, 2, 5, 13, 8], extra: { mask: input('bool', [5, 1], open) }, how: { causal: true } },
  { sizes: [4, 2, 70, 70, 16], extra: { mask: input('bool', [70, 70], open) } },
  { sizes: [2, 1, 1, 13, 8], extra: { mask: input('bool', [2, 1, 13], open) } },
  ...floatTypes.flatMap((dtype): Row[] => [
    { dtype, sizes: [2, 1, 5, 13, 8], extra: { mask: input(dtype, [2, 5, 13], added) }, how: { softcap: 3 } },
    { dtype, sizes: [2, 1, 1, 13, 8], extra: { mask: input(dtype, [], floats) } },
  ]),
  { sizes: [2, 1, 1, 13, 8], keys: 'f16', extra: { mask: input('f32', [1, 13], added) }, how: { window: 6 } },
];
const i32 = (...list: number[]): Input => input('i32', [list.length], values(...list));
const ragged: readonly Row[] = [
  { sizes: [4, 2, 1, 40, 16], batch: [3], extra: { lengths: i32(1, 40, 17) }, how: { causal: true } },
  { sizes: [4, 2, 1, 40, 16], batch: [3], keys: 'bf16', extra: { lengths: i32(0, 33, 8) } },
  { sizes: [2, 2, 6, 40, 16], batch: [3], extra: { lengths: i32(6, 29, 3) }, how: { causal: true } },
  {
    sizes: [2, 1, 20, 70, 16],
    batch: [2],
    extra: { lengths: i32(20, 65) },
    how: { causal: true, window: 9 },
  },
  { sizes: [2, 1, 3, 12, 8], extra: { lengths: input('i32', [], values(7)) } },
  {
    sizes: [2, 1, 4, 9, 8],
    batch: [2],
    extra: { mask: input('bool', [2, 1, 4, 9], open), lengths: i32(9, 5) },
  },
  {
    dtype: 'f64',
    sizes: [2, 1, 3, 12, 8],
    batch: [2, 1],
    extra: { lengths: input('i32', [2, 1], values(7, 12)) },
  },
  { sizes: [4, 2, 30, 30, 16], extra: { offsets: i32(0, 7, 8, 8, 30) } },
  { sizes: [4, 4, 50, 50, 8], extra: { offsets: i32(0, 20, 41) }, how: { causal: true } },
  { sizes: [2, 1, 3, 3, 8], extra: { offsets: i32(0, 1, 3) }, how: { causal: true } },
  { sizes: [2, 1, 5, 5, 8], extra: { offsets: i32(0) } },
  { dtype: 'f16', sizes: [2, 1, 21, 21, 8], extra: { offsets: i32(0, 4, 21) }, how: { window: 3 } },
];
/** Keys in blocks anywhere, some of them shared. */
const tabled: readonly Row[] = [
  {
    sizes: [4, 2, 1, 8, 16],
    batch: [3],
    blocks: 6,
    how: { causal: true },
    extra: {
      lengths: i32(0, 9, 24),
      table: input('i32', [3, 3], values(0, 0, 0, 5, 1, 0, 5, 2, 4)),
    },
  },
  {
    sizes: [2, 1, 5, 3, 20, 7],
    batch: [2],
    blocks: 5,
    keys: 'f16',
    how: { causal: true, window: 4 },
    extra: { lengths: i32(2, 11), table: input('i32', [2, 4], values(3, 0, 0, 0, 4, 3, 1, 2)) },
  },
  { sizes: [2, 2, 3, 5, 8], blocks: 3, extra: { table: input('i32', [2], values(2, 0)) } },
  {
    sizes: [2, 1, 20, 16, 33],
    batch: [2, 1],
    blocks: 4,
    dtype: 'bf16',
    how: { causal: true, softcap: 2 },
    extra: {
      lengths: input('i32', [2, 1], values(7, 48)),
      table: input('i32', [2, 1, 3], values(1, 2, 3, 0)),
    },
  },
];
/** Beyond a block of rows, of keys, and into several chunks of keys, with and without rest. */
const large = (
  [
    { sizes: [1, 1, 140, 300, 16], how: { causal: true } },
    { sizes: [3, 1, 60, 290, 8] },
    { sizes: [2, 1, 1, 1100, 64] },
    { sizes: [2, 1, 3, 1030, 16], how: { causal: true, window: 700 } },
    { sizes: [2, 1, 1, 1100, 64], keys: 'f16', extra: { lengths: input('i32', [], values(600)) } },
    { sizes: [1, 1, 20, 1025, 8], dtype: 'f64', how: { causal: true } },
    { sizes: [1, 1, 17, 70, 520] },
    { sizes: [1, 1, 2, 40, 2048] },
    { sizes: [1, 1, 9, 40, 1500, 3], dtype: 'f64' },
    { sizes: [2, 2, 300, 300, 8], extra: { offsets: i32(0, 150, 151, 290) }, how: { causal: true } },
    { sizes: [1, 1, 10, 600, 8], extra: { mask: input('bool', [10, 600], open) } },
    {
      sizes: [8, 1, 1, 64, 64],
      batch: [2],
      blocks: 20,
      keys: 'f16',
      how: { causal: true },
      extra: { lengths: i32(1000, 65), table: input('i32', [2, 18], (_, i) => BigInt((i * 7) % 20)) },
    },
    {
      sizes: [2, 1, 150, 64, 16],
      blocks: 9,
      how: { causal: true },
      extra: {
        lengths: input('i32', [], values(500)),
        table: input('i32', [8], (_, i) => BigInt((i * 5) % 9)),
      },
    },
  ] as const
).map((r: Row): Row => ({ ...r, large: true }));

/** As models have them: heads split off a projection, and put together again for the next. */
const model: Case = {
  name: 'attention between projections',
  inputs: [input('f32', [2, 5, 24], floats), input('f32', [2, 5, 12], floats), input('f32', [24, 6], floats)],
  run: ([x, y, w]) => {
    const q = x.reshape([2, 5, 4, 6]).permute([0, 2, 1, 3]);
    const [k, v] = y.reshape([2, 5, 2, 6]).permute([0, 2, 1, 3]).split(2, 1);
    return q.attention(k, v, { causal: true }).permute([0, 2, 1, 3]).reshape([2, 5, 24]).matmul(w);
  },
  expect: ([x, y, w]) => {
    const heads = (z: ref.Ref, n: number): ref.Ref => ref.permute(ref.reshape(z, [2, 5, n, 6]), [0, 2, 1, 3]);
    const [k, v] = [0, 1].map((i) => ref.slice(heads(y, 2), [null, [i, i + 1]]));
    const mixed = ref.permute(ref.attention(heads(x, 4), k, v, { causal: true }), [0, 2, 1, 3]);
    return ref.matmul(ref.reshape(mixed, [2, 5, 24]), w);
  },
  tolerance: { epsilons: 400 },
};

export const attentionCases: readonly Case[] = [
  ...[...shapes, ...mixed, ...masks, ...ragged, ...tabled, ...large].map(row),
  model,
];

type Turn = NonNullable<Parameters<T['rope']>[1]>;
interface Spin {
  readonly shape: readonly number[];
  readonly at: Input;
  readonly dtype?: FloatType;
  readonly how?: Omit<Turn, 'frequencies'>;
  readonly frequencies?: Input;
}
const near = (shape: readonly number[]): Input => input('i32', shape, whole(0, 60));
/** Angles are products in f32 of frequencies good to 2 ULP: positions below 64 are off by 64 x 2.5 x 2^-24 at most. */
const turn = ({ shape, at, dtype = 'f32', how = {}, frequencies }: Spin): Case => ({
  name: `rope ${dtype} ${shapeText(shape)} at ${at.dtype} ${shapeText(at.shape)} ${JSON.stringify(how)}${frequencies ? ' given frequencies' : ''}`,
  inputs: [input(dtype, shape, floats), at, ...(frequencies ? [frequencies] : [])],
  run: ([x, p, f]) => x.rope(p, { ...how, frequencies: f }),
  expect: ([x, p, f]) => ref.rope(x, p, { ...how, frequencies: f }),
  tolerance: { ulps: 1, epsilons: 256, stored: 0 },
});
/** Frequencies of few bits: products with positions are exact, and only sine and cosine round, however far. */
const exact: Fill = values(1, 0.5, 0.1875, 0.046875);
const far = input('i32', [3], values(131072, 65535, 100003));

export const ropeCases: readonly Case[] = [
  ...floatTypes.flatMap((dtype): Spin[] => [
    { dtype, shape: [2, 3, 5, 8], at: near([5]) },
    { dtype, shape: [2, 5, 16], at: near([2, 5]), how: { interleaved: true } },
    { dtype, shape: [2, 5, 16], at: near([2, 1]), how: { dims: 6, base: 500 } },
  ]),
  { shape: [4], at: near([]) },
  { shape: [7, 2], at: near([7]) },
  { shape: [1, 4, 1, 64], at: near([1]) },
  { shape: [3, 70, 128], at: near([70]), how: { base: 1e6 } },
  {
    shape: [2, 3, 8],
    at: input('i64', [3], whole(0, 60)),
    how: { factor: 1.25, interleaved: true, dims: 4 },
  },
  { shape: [2, 3, 8], at: input('u16', [2, 3], whole(0, 60)), how: { base: 1 } },
  { shape: [0, 3, 8], at: near([3]) },
]
  .map(turn)
  .concat(
    floatTypes.flatMap((dtype) =>
      [false, true].map((interleaved): Case => ({
        ...turn({
          dtype,
          shape: [2, 3, 10],
          at: far,
          how: { dims: 8, interleaved, factor: 0.5 },
          frequencies: input('f32', [4], exact),
        }),
        tolerance: { ulps: 1, epsilons: 4 },
      })),
    ),
  );
