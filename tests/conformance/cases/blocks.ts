/** Block dtypes: into them and back, rows picked from them, and products with what is stored more narrowly than f32. */
import { Tensor, type Device } from '../../../lib/index.js';
import { input, randomOf, shapeText, whole, type Case, type Fill, type Input, type T } from '../case.js';
import * as ref from '../reference/index.js';
import { roundTo, toBits, type RefType } from '../reference/numbers.js';

interface Stored {
  readonly bytes: Uint8Array;
  readonly numbers: ref.Ref;
}

/** Where a block has its f16 scales, and of which size they make its numbers about 1. */
const scales: Readonly<Record<ref.BlockType, readonly (readonly [at: number, size: number])[]>> = {
  q8_0: [[0, 1 / 64]],
  q4_0: [[0, 1 / 4]],
  q4_k: [
    [0, 1 / 256],
    [2, 1 / 32],
  ],
  q6_k: [[208, 1 / 2048]],
};

/** Any bytes, with scales of both signs, 0 and subnormal ones among them. */
function anyBlocks(type: ref.BlockType, shape: readonly number[], seed = ''): Stored {
  const random = randomOf(`${type} ${shapeText(shape)} ${seed}`);
  const [elements, size] = ref.blocks[type];
  const bytes = Uint8Array.from({ length: (ref.sizeOf(shape) / elements) * size }, () => random() * 256);
  for (let at = 0; at < bytes.length; at += size) {
    for (const [place, about] of scales[type]) {
      const odd = random();
      const scale = odd < 0.05 ? 0 : odd < 0.1 ? 2 ** -20 : about * (random() * 2 - 1);
      const bits = toBits('f16', roundTo('f16', scale));
      bytes.set([bits % 256, bits >> 8], at + place);
    }
  }
  return { bytes, numbers: ref.decode(type, shape, bytes) };
}

const tensor = (device: Device, type: ref.BlockType, { bytes, numbers }: Stored): T =>
  Tensor.create(device, numbers.shape, bytes, type);

const read = (type: ref.BlockType, shape: readonly number[], dtype: 'f32' | 'f16' | 'bf16' = 'f32'): Case => {
  const stored = anyBlocks(type, shape);
  return {
    name: `${type} ${shapeText(shape)} to ${dtype}`,
    inputs: [],
    run: (_, d) => tensor(d, type, stored).to(dtype),
    expect: () => ref.to(stored.numbers, dtype),
  };
};

/** A view of blocks [3, 4, 2 blocks], and what it sees. */
const seen = (
  type: ref.BlockType,
  name: string,
  view: (t: T, block: number) => T,
  same: (x: ref.Ref, block: number) => ref.Ref,
): Case => {
  const [block] = ref.blocks[type];
  const stored = anyBlocks(type, [3, 4, 2 * block]);
  return {
    name: `${type} ${name}`,
    inputs: [],
    run: (_, d) => view(tensor(d, type, stored), block).to('f32'),
    expect: () => same(stored.numbers, block),
  };
};

const views = (type: ref.BlockType): Case[] => [
  seen(
    type,
    'permuted',
    (t) => t.permute([1, 0, 2]),
    (x) => ref.permute(x, [1, 0, 2]),
  ),
  seen(
    type,
    'flipped',
    (t) => t.flip([0, 1]),
    (x) => ref.flip(ref.flip(x, 0), 1),
  ),
  seen(
    type,
    'of every other row',
    (t) => t.slice([2, [0, 4, 2]]),
    (x) => ref.slice(x, [2, [0, 4, 2]]),
  ),
  seen(
    type,
    'from a block on',
    (t, b) => t.slice([null, null, [b, 2 * b]]),
    (x, b) =>
      ref.slice(x, [
        [null, null],
        [null, null],
        [b, 2 * b],
      ]),
  ),
  seen(
    type,
    'reshaped',
    (t, b) => t.reshape([6, 2, -1, b]),
    (x, b) => ref.reshape(x, [6, 2, 2, b]),
  ),
  seen(
    type,
    'broadcast',
    (t) => t.slice([0]).broadcastTo([5, 4, -1].map((n, i) => (n < 0 ? t.shape[i] : n))),
    (x) => ref.broadcastTo(ref.slice(x, [0]), [5, 4, x.shape[2]]),
  ),
  seen(
    type,
    'sliced and reshaped, packed between',
    (t, b) => t.slice([null, null, [0, b]]).reshape([12 * b]),
    (x, b) =>
      ref.reshape(
        ref.slice(x, [
          [null, null],
          [null, null],
          [0, b],
        ]),
        [12 * b],
      ),
  ),
  seen(
    type,
    'contiguous',
    (t) => t.permute([1, 0, 2]).contiguous(),
    (x) => ref.permute(x, [1, 0, 2]),
  ),
  seen(
    type,
    'joined',
    (t, b) => Tensor.concat([t.clone(), t.slice([null, null, [b, 2 * b]])], 2),
    (x, b) =>
      ref.concat(
        [
          x,
          ref.slice(x, [
            [null, null],
            [null, null],
            [b, 2 * b],
          ]),
        ],
        2,
      ),
  ),
];

/** Rounded as the reference does, and read again. */
const written = (type: 'q8_0' | 'q4_0', shape: readonly number[], dtype: 'f32' | 'f16' | 'bf16'): Case => ({
  name: `${dtype} ${shapeText(shape)} to ${type} and back`,
  inputs: [input(dtype, shape)],
  run: ([x]) => x.to(type).to('f32'),
  expect: ([x]) => ref.decode(type, shape, ref.encode(type, x.data as readonly number[])),
});

const picked = (type: ref.BlockType, shape: readonly number[], ids: Input, axis = 0): Case => {
  const stored = anyBlocks(type, shape);
  return {
    name: `${type} ${shapeText(shape)} gather ${ids.dtype} ${shapeText(ids.shape)} along ${axis}`,
    inputs: [ids],
    run: ([i], d) => tensor(d, type, stored).gather(i, axis),
    expect: ([i]) => ref.gather(stored.numbers, i, axis),
  };
};

/** What quantising activations to bytes (docs/numerics.md) leaves as it is: whole numbers, every third of magnitude 127. */
const wholeBytes: Fill = (random, i, n, dtype) =>
  i % 3 === 0 ? (random() < 0.5 ? 127 : -127) : whole(-127, 127)(random, i, n, dtype);

type Frame = readonly [m: number, n: number, k: number];

/** x [m, k] with w [n, k] transposed. */
const product = (type: ref.BlockType, [m, n, k]: Frame, fused: boolean): Case => {
  const stored = anyBlocks(type, [n, k]);
  const weights = (d: Device): T => tensor(d, type, stored).transpose();
  const wanted = (x: ref.Ref): ref.Ref => ref.matmul(x, ref.transpose(stored.numbers));
  return {
    name: `matmul f32 [${m}, ${k}] x ${type} [${k}, ${n}]${fused ? ' and an epilogue' : ''}`,
    inputs: [input('f32', [m, k], wholeBytes), ...(fused ? [input('f32', [n])] : [])],
    run: ([x, bias], d) => (fused ? x.matmul(weights(d)).add(bias).relu() : x.matmul(weights(d))),
    expect: ([x, bias]) => (fused ? ref.relu(ref.add(wanted(x), bias)) : wanted(x)),
    tolerance: { ulps: 1, epsilons: 256 * k, anyZero: true },
    large: m * n * k > 100_000,
  };
};

const frames = (block: number): readonly Frame[] => [
  [1, 1, block],
  [1, 17, 3 * block],
  [2, 7, block],
  [5, 1, 2 * block],
  [5, 33, 3 * block],
  [17, 16, block],
  [129, 13, 2 * block],
  [3, 67, 5 * block],
];

const batched = (type: ref.BlockType): Case[] => {
  const [block] = ref.blocks[type];
  const one = anyBlocks(type, [5, block], 'one');
  const each = anyBlocks(type, [3, 5, block], 'each');
  const turned = (x: ref.Ref): ref.Ref => ref.transpose(x);
  const make = (
    name: string,
    lhs: readonly number[],
    stored: Stored,
    view: (t: T) => T,
    same: (x: ref.Ref) => ref.Ref,
  ): Case => ({
    name: `matmul f32 ${shapeText(lhs)} x ${type} ${name}`,
    inputs: [input('f32', lhs, wholeBytes)],
    run: ([x], d) => x.matmul(view(tensor(d, type, stored))),
    expect: ([x]) => ref.matmul(x, same(stored.numbers)),
    tolerance: { ulps: 1, epsilons: 256 * block },
  });
  return [
    make('shared by a batch', [2, 3, block], one, (t) => t.transpose(), turned),
    make('one each', [3, 2, block], each, (t) => t.transpose(), turned),
    make('one for several rows', [3, 1, block], each, (t) => t.transpose(), turned),
    make(
      'every other row',
      [4, block],
      one,
      (t) => t.slice([[0, 5, 2]]).transpose(),
      (x) => turned(ref.slice(x, [[0, 5, 2]])),
    ),
    make(
      'rows backwards',
      [4, block],
      one,
      (t) => t.flip(0).transpose(),
      (x) => turned(ref.flip(x, 0)),
    ),
    make(
      'a vector',
      [4, block],
      one,
      (t) => t.slice([3]),
      (x) => ref.slice(x, [3]),
    ),
    make('by a vector', [block], one, (t) => t.transpose(), turned),
  ];
};

/** f32 beside what ordinary tensors store more narrowly, in both orders of memory. */
const narrow = (['f16', 'bf16', 'i8'] as const).flatMap((dtype): Case[] =>
  (
    [
      [1, 1, 1],
      [1, 67, 33],
      [2, 17, 7],
      [4, 5, 64],
      [5, 16, 300],
      [17, 33, 31],
      [129, 7, 65],
    ] as const
  ).flatMap(([m, n, k]) =>
    [false, true].map((rows): Case => ({
      name: `matmul f32 [${m}, ${k}] x ${dtype} [${k}, ${n}]${rows ? ' by rows of w, scaled' : ''}`,
      inputs: [
        input('f32', [m, k], wholeBytes),
        input(dtype, rows ? [n, k] : [k, n], whole(-100, 100)),
        input('f32', [n], whole(1, 4)),
      ],
      run: ([x, w, s]) => (rows ? x.matmul(w.transpose()).mul(s) : (s.dispose(), x.matmul(w))),
      expect([x, w, s]) {
        const right = ref.to(rows ? ref.transpose(w) : w, 'f32');
        return rows ? ref.mul(ref.matmul(x, right), s) : ref.matmul(x, right);
      },
      tolerance: { anyZero: true },
      large: m * n * k > 20_000,
    })),
  ),
);

const indices: readonly Input[] = (['i32', 'u8', 'i64'] as RefType[]).flatMap((dtype) => [
  input(dtype, [7], whole(0, 4)),
  input(dtype, [2, 3], whole(0, 4)),
]);

export const blockCases: readonly Case[] = [
  ...ref.blockTypes.flatMap((type): Case[] => {
    const [block] = ref.blocks[type];
    return [
      ...[[block], [1, block], [3, 3 * block], [2, 3, block], [0, block], [5, 7 * block]].map((s) =>
        read(type, s),
      ),
      read(type, [3, 2 * block], 'f16'),
      read(type, [3, 2 * block], 'bf16'),
      ...views(type),
      ...indices.map((ids) => picked(type, [5, 3 * block], ids)),
      picked(type, [3, 5, block], indices[0], 1),
      picked(type, [5, 2, block], indices[1]),
      picked(type, [5, block], input('i32', [0])),
      ...frames(block).map((frame) => product(type, frame, false)),
      ...frames(block).map((frame) => product(type, frame, true)),
      ...batched(type),
    ];
  }),
  ...(['q8_0', 'q4_0'] as const).flatMap((type) =>
    (['f32', 'f16', 'bf16'] as const).flatMap((dtype) => [
      written(type, [32], dtype),
      written(type, [3, 64], dtype),
      written(type, [2, 9, 96], dtype),
    ]),
  ),
  ...narrow,
];
