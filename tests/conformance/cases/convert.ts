/** Conversion of values between dtypes, reinterpretation of bytes, and arithmetic on packed dtypes. */
import { Tensor } from '../../../lib/index.js';
import {
  any,
  between,
  input,
  mixed,
  shapeText,
  special,
  specialThen,
  type Case,
  type Fill,
  type T,
} from '../case.js';
import * as ref from '../reference/index.js';
import { allTypes, isFloat, numberTypes, roundTo, type RefType } from '../reference/numbers.js';

const conversion = (
  from: RefType,
  to: RefType,
  shape: readonly number[],
  fill: Fill,
  what: string,
  ulps = 0,
): Case => ({
  name: `to ${from} ${to} ${what}`,
  inputs: [input(from, shape, fill)],
  run: ([x]) => x.to(to),
  expect: ([x]) => ref.to(x, to),
  tolerance: { ulps },
});

const table = allTypes.flatMap((from) =>
  allTypes.map((to, i) =>
    conversion(
      from,
      to,
      [[83], [3, 5, 7], [531]][i % 3],
      specialThen(isFloat(from) ? between(-400, 400) : any),
      'any',
    ),
  ),
);

/** Values a hair beside the middle between two neighbours. Halves are reached through f32, which may round twice. */
const hairs = (
  [
    ['f64', 'f16', 11],
    ['f64', 'bf16', 8],
    ['i32', 'bf16', 8],
    ['i64', 'bf16', 8],
    ['i64', 'f32', 24],
    ['u64', 'f32', 24],
    ['f64', 'f32', 24],
  ] as const
).map(([from, to, digits]) => {
  const hair: Fill = (_, i) =>
    isFloat(from)
      ? 1 + 2 ** -digits + ((i % 3) - 1) * 2 ** -40
      : BigInt(2 ** 30 + 2 ** (30 - digits)) + BigInt((i % 3) - 1);
  return conversion(from, to, [9], hair, 'beside the middle', to === 'f32' ? 0 : 1);
});

/** f32 [T, C] as f32x4 [T, C / 4] and back: arithmetic goes lane by lane. */
const packs = [
  ['f32', 'f32x4', 4],
  ['f16', 'f16x4', 4],
  ['u8', 'u8x4', 4],
] as const;
interface PackedOp {
  readonly name: string;
  readonly floats?: boolean;
  run(a: T, b: T): T;
  expect(a: ref.Ref, b: ref.Ref): ref.Ref;
  readonly ulps?: number;
}
const packedOps: readonly PackedOp[] = [
  { name: 'add', run: (a, b) => a.add(b), expect: ref.add },
  { name: 'sub', run: (a, b) => a.sub(b), expect: ref.sub },
  { name: 'mul', run: (a, b) => a.mul(b), expect: ref.mul },
  { name: 'div', run: (a, b) => a.div(b), expect: ref.div },
  { name: 'mod', run: (a, b) => a.mod(b), expect: ref.mod, ulps: 1 },
  { name: 'max', run: (a, b) => a.max(b), expect: ref.maximum },
  { name: 'min', run: (a, b) => a.min(b), expect: ref.minimum },
  {
    name: 'where a number',
    run: (a, b) => a.mul(2).add(b),
    expect: (a, b) => ref.add(ref.mul(a, ref.scalar(2, a.dtype)), b),
    ulps: 1,
  },
  {
    name: 'clamp',
    run: (a, b) => a.clamp(1, 2).add(b),
    expect: (a, b) => ref.add(ref.clamp(a, ref.scalar(1, a.dtype), ref.scalar(2, a.dtype)), b),
    ulps: 1,
  },
  {
    name: 'neg abs',
    run: (a, b) => a.neg().abs().add(b),
    expect: (a, b) => ref.add(ref.abs(ref.neg(a)), b),
    ulps: 1,
  },
  {
    name: 'exp',
    floats: true,
    run: (a, b) => a.exp().add(b),
    expect: (a, b) => ref.add(ref.exp(a), b),
    ulps: 4,
  },
  {
    name: 'tanh',
    floats: true,
    run: (a, b) => a.tanh().add(b),
    expect: (a, b) => ref.add(ref.tanh(a), b),
    ulps: 4,
  },
];
const packedArithmetic = packs.flatMap(([lane, packed, lanes]) =>
  packedOps
    .filter((op) => !op.floats || isFloat(lane))
    .flatMap((op, i): Case[] => {
      const shape = [[4], [3, 8], [129, 8], [2, 3, 64], [516]][i % 5];
      const half = { ulps: op.ulps ?? 0, stored: op.ulps ? 2 : 0, anyZero: true };
      return [
        {
          name: `${packed} ${op.name} ${shapeText(shape)}`,
          inputs: [input(lane, shape), input(lane, shape, between(1, 3))],
          rowMajor: true,
          tolerance: half,
          run: ([a, b]) => op.run(a.cast(packed), b.cast(packed)).cast(lane),
          expect: ([a, b]) => op.expect(a, b),
        },
        {
          name: `${packed} ${op.name} broadcast`,
          inputs: [input(lane, [5, 2 * lanes]), input(lane, [2 * lanes], between(1, 3))],
          rowMajor: true,
          tolerance: half,
          run: ([a, b]) => op.run(a.cast(packed), b.cast(packed)).cast(lane),
          expect: ([a, b]) => op.expect(a, b),
        },
      ];
    }),
);

/** Elements of packed dtypes move whole. `lanes` of the lane dtype make one. */
const packedMoves = ([...packs, ['u32', 'u4x8', 1]] as const).flatMap(([lane, packed, lanes]): Case[] => {
  const move = (name: string, run: (x: T) => T, expect: (x: ref.Ref) => ref.Ref): Case => ({
    name: `${packed} ${name}`,
    inputs: [input(lane, [6, 4 * lanes])],
    rowMajor: true,
    run: ([x]) => run(x.cast(packed)).contiguous().cast(lane),
    expect: ([x]) => {
      const grouped = expect({ ...x, shape: [6, 4, lanes] });
      return { ...grouped, shape: [...grouped.shape.slice(0, -2), grouped.shape.at(-2)! * lanes] };
    },
  });
  return [
    move(
      'transpose',
      (x) => x.transpose(),
      (x) => ref.transpose(x, 0, 1),
    ),
    move(
      'slice',
      (x) =>
        x.slice([
          [1, 6, 2],
          [3, null, -1],
        ]),
      (x) => ref.slice(x, [[1, 6, 2], [3, null, -1], null]),
    ),
    move(
      'gather',
      (x) => x.gather(Tensor.create(x.device, [3], Int32Array.of(5, 0, 5))),
      (x) => ref.gather(x, { dtype: 'i32', shape: [3], data: [5n, 0n, 5n] }),
    ),
    move(
      'scatter',
      (x) => x.clone().scatter(Tensor.create(x.device, [2], Int32Array.of(4, 1)), x.slice([[0, 2]])),
      (x) => ref.scatter(x, { dtype: 'i32', shape: [2], data: [4n, 1n] }, ref.slice(x, [[0, 2]])),
    ),
    move(
      'concat',
      (x) => x.clone().concat([x], 1),
      (x) => ref.concat([x, x], 1),
    ),
    move(
      'flip',
      (x) => x.flip(),
      (x) => ref.flip(x, [0, 1]),
    ),
  ];
});

/** Bytes under another dtype of the same, a larger and a smaller size. */
const casts = (
  [
    ['f32', 'i32'],
    ['i32', 'f32'],
    ['f64', 'u64'],
    ['f16', 'u16'],
    ['bf16', 'i16'],
    ['i8', 'u8'],
    ['u8', 'u16'],
    ['u8', 'f32'],
    ['u32', 'u8'],
    ['i64', 'u8'],
    ['f32', 'f64'],
    ['f64', 'f32'],
  ] as const
).map(([from, to]): Case => ({
  name: `cast ${from} ${to}`,
  inputs: [input(from, [5, 8])],
  rowMajor: true,
  run: ([x]) => x.cast(to),
  expect: ([x]) => reinterpret(x, to),
}));

function reinterpret(x: ref.Ref, dtype: RefType): ref.Ref {
  const bytes = ref.toTyped(x);
  const like = ref.toTyped({ dtype, shape: [0], data: [] });
  const made = new (like.constructor as new (b: ArrayBufferLike) => typeof like)(bytes.buffer);
  return ref.fromTyped(dtype, [x.shape[0], made.length / x.shape[0]], made);
}

/** Halves are stored rounded and computed in f32: a chain rounds at its end. */
const halves = (['f16', 'bf16'] as const).map((dtype): Case => ({
  name: `to ${dtype} and back in a chain`,
  inputs: [input('f32', [531], mixed)],
  run: ([x]) => x.to(dtype).to('f32').add(1),
  expect: ([x]) =>
    ref.add(
      ref.zip('f32', [x], (v: number) => roundTo(dtype, v)),
      ref.scalar(1, 'f32'),
    ),
}));

/** Narrow integers wrap after every operation that may leave their range, fused or not. */
const wraps = numberTypes
  .filter((t) => !isFloat(t))
  .map((dtype): Case => ({
    name: `${dtype} wraps inside a chain`,
    inputs: [input(dtype, [531]), input(dtype, [531], special)],
    run: ([a, b]) => a.add(b.clone()).mul(3).div(b).to('i64'),
    expect: ([a, b]) => ref.to(ref.div(ref.mul(ref.add(a, b), ref.scalar(3, dtype)), b), 'i64'),
  }));

export const convertCases: readonly Case[] = [...table, ...hairs, ...halves, ...wraps];
export const packedCases: readonly Case[] = [...packedArithmetic, ...packedMoves, ...casts];
