import { expectTypeOf, test } from 'vitest';
import type { Device } from '../../lib/device.js';
import type { DType, FloatDType, WeightDType } from '../../lib/dtype.js';
import { Layout } from '../../lib/layout/index.js';
import { apply, defineOp, defineScalarOp } from '../../lib/tensor/custom.js';
import { expr } from '../../lib/tensor/expr.js';
import { Tensor } from '../../lib/tensor/tensor.js';
import type { Shape } from '../../lib/tensor/types.js';
import { cpu, gpu, type Cpu } from './devices.js';

/** Most tests are about f32 on a CPU. */
type F32<S extends Shape> = Tensor<Cpu, 'f32', S>;
type I32<S extends Shape> = Tensor<Cpu, 'i32', S>;
const f32 = <const S extends Shape>(...shape: S): F32<[...S]> => Tensor.zeros(cpu, shape) as never;
const i32 = <const S extends Shape>(...shape: S): I32<[...S]> => Tensor.zeros(cpu, shape, 'i32') as never;
const half = <const S extends Shape>(...shape: S): Tensor<Cpu, 'f16', [...S]> =>
  Tensor.zeros(cpu, shape, 'f16') as never;

test('creation takes dtype and shape from its arguments', () => {
  expectTypeOf(Tensor.create(cpu, [2, 3], new Float32Array(6))).toEqualTypeOf<F32<[2, 3]>>();
  expectTypeOf(Tensor.create(cpu, [2], new BigInt64Array(2))).toEqualTypeOf<Tensor<Cpu, 'i64', [2]>>();
  expectTypeOf(Tensor.create(cpu, [2], Buffer.alloc(2))).toEqualTypeOf<Tensor<Cpu, 'u8', [2]>>();
  expectTypeOf(Tensor.create(cpu, [2], new Uint16Array(2), 'bf16')).toEqualTypeOf<Tensor<Cpu, 'bf16', [2]>>();
  expectTypeOf(Tensor.create(cpu, [2], [1, 2])).toEqualTypeOf<F32<[2]>>();
  expectTypeOf(Tensor.create(cpu, [2], [1, 2], 'f16')).toEqualTypeOf<Tensor<Cpu, 'f16', [2]>>();
  expectTypeOf(Tensor.create(cpu, Layout.colMajor([2, 3]), new Float32Array(6))).toEqualTypeOf<F32<Shape>>();
  const shape: number[] = [2, 3];
  expectTypeOf(Tensor.create(cpu, shape, new Float32Array(6))).toEqualTypeOf<F32<Shape>>();
  const n: number = 3;
  expectTypeOf(Tensor.zeros(cpu, [n, 4])).toEqualTypeOf<F32<[number, 4]>>();
  expectTypeOf(Tensor.ones(gpu, [], 'bool').dtype).toEqualTypeOf<'bool'>();
  expectTypeOf(Tensor.arange(cpu, 10)).toEqualTypeOf<F32<[10]>>();
  expectTypeOf(Tensor.arange(cpu, -2.5)).toEqualTypeOf<F32<[number]>>();
  expectTypeOf(Tensor.arange(cpu, n)).toEqualTypeOf<F32<[number]>>();
  expectTypeOf(Tensor.arange(cpu, 0, 1, 0.5, 'f64')).toEqualTypeOf<Tensor<Cpu, 'f64', [number]>>();
});

test('elementwise ops broadcast', () => {
  expectTypeOf(f32(2, 3).add(f32(3)).mul(2).exp()).toEqualTypeOf<F32<[2, 3]>>();
  expectTypeOf(f32(2, 1).lt(f32(3))).toEqualTypeOf<Tensor<Cpu, 'bool', [2, 3]>>();
  expectTypeOf(f32(2).gt(0).and(f32(2).lt(1)).not()).toEqualTypeOf<Tensor<Cpu, 'bool', [2]>>();
  expectTypeOf(f32(2, 1).clamp(0, f32(3))).toEqualTypeOf<F32<[2, 3]>>();
  expectTypeOf(f32(2).gelu({ approximate: 'tanh' })).toEqualTypeOf<F32<[2]>>();
});

test('where, both ways', () => {
  expectTypeOf(f32(2, 1).gt(0).where(i32(3), 4)).toEqualTypeOf<I32<[2, 3]>>();
  expectTypeOf(f32(2).gt(0).where(1, i32(2))).toEqualTypeOf<I32<[2]>>();
  expectTypeOf(f32(2).gt(0).where(1, 0)).toEqualTypeOf<F32<[2]>>();
  expectTypeOf(i32(2).where(f32(3, 1).gt(0), 4)).toEqualTypeOf<I32<[3, 2]>>();
});

test('rows and folds', () => {
  expectTypeOf(f32(2, 3).softmax().layerNorm(f32(3), f32(3))).toEqualTypeOf<F32<[2, 3]>>();
  expectTypeOf(f32(2, 3).rmsNorm(null, 1e-6)).toEqualTypeOf<F32<[2, 3]>>();
  expectTypeOf(f32(2, 3).sum()).toEqualTypeOf<F32<[]>>();
  expectTypeOf(f32(2, 3).mean([-1], { keepDims: true })).toEqualTypeOf<F32<[2, 1]>>();
  expectTypeOf(f32(2, 3).max(0)).toEqualTypeOf<F32<[3]>>();
  expectTypeOf(f32(2, 3).max(f32(3))).toEqualTypeOf<F32<[2, 3]>>();
  expectTypeOf(f32(2, 3).argmax(0)).toEqualTypeOf<I32<[3]>>();
  expectTypeOf(f32(2, 3).topk(2).indices).toEqualTypeOf<I32<[2, 2]>>();
});

test('shapes follow', () => {
  expectTypeOf(f32(5, 2, 3).matmul(f32(3, 4))).toEqualTypeOf<F32<[5, 2, 4]>>();
  expectTypeOf(f32(5, 3, 8, 8).conv2d(f32(7, 3, 3, 3), { bias: f32(7) })).toEqualTypeOf<
    F32<[5, 7, number, number]>
  >();
  expectTypeOf(f32(5, 3, 8, 8).maxPool2d(2)).toEqualTypeOf<F32<[5, 3, number, number]>>();
  const unknownRank = f32(1) as F32<Shape>;
  expectTypeOf(unknownRank.conv2d(unknownRank)).toEqualTypeOf<F32<[number, number, number, number]>>();
  expectTypeOf(unknownRank.avgPool2d(2)).toEqualTypeOf<F32<[number, number, number, number]>>();
  expectTypeOf(f32(2, 4, 5, 8).attention(f32(2, 2, 9, 8), f32(2, 2, 9, 6))).toEqualTypeOf<
    F32<[2, 4, 5, 6]>
  >();
  expectTypeOf(f32(2, 5, 8).attention(half(2, 9, 8), half(2, 9, 8), { causal: true })).toEqualTypeOf<F32<[2, 5, 8]>>(); // prettier-ignore
  expectTypeOf(f32(2, 5, 8).rope(i32(5), { base: 5e5 })).toEqualTypeOf<F32<[2, 5, 8]>>();
  const rows = (): F32<[5, 2, 8]> => f32(5, 2, 8);
  const { y, state } = rows().wkv7(rows(), rows(), rows(), rows(), rows(), f32(2, 8, 8));
  expectTypeOf(y).toEqualTypeOf<F32<[5, 2, 8]>>();
  expectTypeOf(state).toEqualTypeOf<F32<[2, 8, 8]>>();
  expectTypeOf(f32(9, 4).gather(i32(2, 7))).toEqualTypeOf<F32<[2, 7, 4]>>();
  expectTypeOf(f32(9, 4).embedding(i32(7))).toEqualTypeOf<F32<[7, 4]>>();
  expectTypeOf(f32(9, 4).takeAlong(i32(9, 1), 1)).toEqualTypeOf<F32<[9, 1]>>();
  expectTypeOf(f32(2, 3).concat([f32(4, 3)])).toEqualTypeOf<F32<[number, 3]>>();
  expectTypeOf(Tensor.concat([f32(2, 3), f32(2, 4)], 1)).toEqualTypeOf<F32<[2, number]>>();
  expectTypeOf(Tensor.stack([f32(2, 3), f32(2, 3)], -1)).toEqualTypeOf<F32<[2, 3, 2]>>();
  expectTypeOf(f32(6, 3).split(2)).toEqualTypeOf<F32<[number, 3]>[]>();
  expectTypeOf(f32(2, 6).reshape([3, -1])).toEqualTypeOf<F32<[3, number]>>();
  expectTypeOf(f32(2, 3).slice([0, [0, 2]])).toEqualTypeOf<F32<[number]>>();
  expectTypeOf(f32(2, 3, 4).permute([2, 0, 1])).toEqualTypeOf<F32<[4, 2, 3]>>();
  expectTypeOf(f32(2, 3).transpose()).toEqualTypeOf<F32<[3, 2]>>();
  expectTypeOf(f32(1, 3).squeeze().unsqueeze(-1)).toEqualTypeOf<F32<[3, 1]>>();
  expectTypeOf(f32(3).broadcastTo([2, 3])).toEqualTypeOf<F32<[2, 3]>>();
  expectTypeOf(f32(2, 3).pad([[1, 1], [0, 0]])).toEqualTypeOf<F32<[number, number]>>(); // prettier-ignore
  expectTypeOf(f32(2, 3).to('i32')).toEqualTypeOf<I32<[2, 3]>>();
  expectTypeOf(f32(6, 8).cast('f32x4')).toEqualTypeOf<Tensor<Cpu, 'f32x4', [number, number]>>();
  expectTypeOf(f32(6, 8).cast('f32x4', [6, 2])).toEqualTypeOf<Tensor<Cpu, 'f32x4', [6, 2]>>();
});

test('results are the arrays of their dtypes', () => {
  expectTypeOf(f32(2).back()).resolves.toEqualTypeOf<Float32Array<ArrayBuffer>>();
  expectTypeOf(f32(2).gt(0).back()).resolves.toEqualTypeOf<Uint8Array<ArrayBuffer>>();
  expectTypeOf(Tensor.backAll([f32(2), i32(2)])).resolves.toEqualTypeOf<
    [Float32Array<ArrayBuffer>, Int32Array<ArrayBuffer>]
  >();
  expectTypeOf(f32(2).realize()).resolves.toEqualTypeOf<F32<[2]>>();
});

test('a literal shape is a shape, a Cpu is a Device', () => {
  expectTypeOf(f32(2, 3)).toExtend<F32<Shape>>();
  expectTypeOf(f32(2, 3)).toExtend<Tensor<Device, DType>>();
  expectTypeOf(f32(2, 3)).not.toExtend<F32<[3, 2]>>();
  expectTypeOf(f32(2, 3)).not.toExtend<I32<[2, 3]>>();
  expectTypeOf(f32(2, 3)).not.toExtend<Tensor<typeof gpu, 'f32', [2, 3]>>();
});

test('blocks are storage', () => {
  const q8_0 = f32(9, 64).to('q8_0');
  expectTypeOf(q8_0).toEqualTypeOf<Tensor<Cpu, 'q8_0', [9, 64]>>();
  expectTypeOf(q8_0.to('f32')).toEqualTypeOf<F32<[9, 64]>>();
  expectTypeOf(q8_0.embedding(i32(7))).toEqualTypeOf<F32<[7, 64]>>();
  expectTypeOf(q8_0.gather(i32(2, 7))).toEqualTypeOf<F32<[2, 7, 64]>>();
  expectTypeOf(f32(5, 64).matmul(q8_0.transpose())).toEqualTypeOf<F32<[5, 9]>>();
  expectTypeOf(f32(5, 64).matmul(Tensor.zeros(cpu, [64, 9], 'bf16'))).toEqualTypeOf<F32<[5, 9]>>();
  expectTypeOf(f32(5, 64).matmul(Tensor.zeros(cpu, [64, 9], 'i8'))).toEqualTypeOf<F32<[5, 9]>>();
  expectTypeOf(
    Tensor.create(cpu, [2, 32], new Uint8Array(68), 'q8_0').back(),
  ).resolves.toExtend<Uint8Array>();
  const load = (x: F32<Shape>, w: Tensor<Cpu, 'f32' | WeightDType>): F32<Shape> => x.matmul(w.transpose());
  expectTypeOf(load).toBeFunction();
  void [
    // @ts-expect-error no arithmetic on blocks
    () => q8_0.add(q8_0),
    // @ts-expect-error narrower on the left
    () => Tensor.zeros(cpu, [5, 64], 'bf16').matmul(f32(64, 9)),
    // @ts-expect-error blocks on the left
    () => q8_0.matmul(f32(64, 9)),
    // @ts-expect-error narrower beside halves
    () => Tensor.zeros(cpu, [5, 64], 'f16').matmul(q8_0.transpose()),
    // @ts-expect-error u8 is no weight
    () => f32(5, 64).matmul(Tensor.zeros(cpu, [64, 9], 'u8')),
    // @ts-expect-error blocks lie in bytes
    () => Tensor.create(cpu, [2, 32], new Float32Array(17), 'q8_0'),
  ];
});

test('generic code compiles', () => {
  const layer = <D extends Device, T extends FloatDType>(x: Tensor<D, T>, y: Tensor<D, T>): Tensor<D, T> =>
    x.add(y).tanh().mul(2).max(y).reshape([4, -1]).transpose().clamp(0, 1);
  expectTypeOf(layer(f32(2), f32(2))).toEqualTypeOf<F32<Shape>>();
  const same = <S extends Shape>(x: F32<S>): F32<S> => x.clone().exp().softmax();
  expectTypeOf(same(f32(2, 3))).toEqualTypeOf<F32<[2, 3]>>();
  const dynamic = (x: Tensor<Device, DType>, y: Tensor<Device, DType>): Tensor<Device, DType> =>
    x.add(y).matmul(f32(2, 2)).softmax().where(y, x).gather(y).and(y);
  expectTypeOf(dynamic).toBeFunction();
});

test('expr is typed by its values', () => {
  const [a, b] = [f32(2, 3), f32(3)];
  expectTypeOf(expr`${a} + ${a} * 2`).toEqualTypeOf<F32<[2, 3]>>();
  expectTypeOf(expr`${2} * ${a} + ${b}`).toEqualTypeOf<F32<Shape>>();
  expectTypeOf(expr`${b} @ ${b}`).toEqualTypeOf<F32<Shape>>();
  // @ts-expect-error dtypes differ
  void expr`${a} + ${i32(2)}`;
  // @ts-expect-error a string is no value
  void expr`${a} + ${'b'}`;
});

test('custom ops give what they declare', () => {
  const mask = defineOp({ name: 'mask', doc: 'a mask', infer: ([x]) => ({ dtype: 'bool', shape: x.shape }) });
  expectTypeOf(apply(mask, [f32(2)])).toEqualTypeOf<Tensor<Cpu, 'bool'>>();
  const id = defineScalarOp({ name: 'id', doc: 'x', expr: (x) => x });
  expectTypeOf(apply(id, [f32(2)])).toEqualTypeOf<Tensor<Cpu, 'f32'>>();
  // @ts-expect-error a list of tensors
  void (() => apply(id, f32(2)));
});

test('what cannot be is rejected', () => {
  const [a, i] = [f32(2, 3), i32(2, 3)];
  void [
    // @ts-expect-error mixed dtypes
    () => a.add(i),
    // @ts-expect-error mixed devices
    () => a.add(Tensor.zeros(gpu, [2, 3])),
    // @ts-expect-error [2, 3] x [2, 3]
    () => a.matmul(f32(2, 3)),
    // @ts-expect-error f32 keys under f16 queries
    () => half(1, 2, 3).attention(f32(1, 2, 3), f32(1, 2, 3)),
    // @ts-expect-error no such option
    () => f32(1, 2, 3).attention(f32(1, 2, 3), f32(1, 2, 3), { dropout: 0.1 }),
    // @ts-expect-error positions that are no integers
    () => a.rope(f32(2)),
    // @ts-expect-error [2, 3] and [2]
    () => a.add(f32(2)),
    // @ts-expect-error softmax of integers
    () => i.softmax(),
    // @ts-expect-error a string is no operand
    () => a.add('1'),
    // @ts-expect-error no such dtype
    () => a.to('f33'),
    // @ts-expect-error no such option
    () => a.sum(0, { keepdims: true }),
    // @ts-expect-error i32 does not lie in a Float32Array
    () => Tensor.create(cpu, [2], new Float32Array(2), 'i32'),
    // @ts-expect-error a shape is not changed in place
    () => (a.dtype = 'f32'),
  ];
});
