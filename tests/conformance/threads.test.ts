/** The same bits with any number of threads: what computes sums runs on 1, 2 and 3 of them, on every instruction set. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compile, Cpu, spec, Tensor, type Device, type DType } from '../../lib/index.js';
import { randomOf, type T } from './case.js';

const counts = [1, 2, 3];
const { isas } = await Cpu.create().then(async (cpu) => (await cpu.close(), cpu.info));

function numbers(seed: string, n: number): Float32Array {
  const random = randomOf(seed);
  return Float32Array.from({ length: n }, () => random() * 2 - 1);
}
const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
const constant = (device: Cpu, name: string, shape: number[]): T =>
  Tensor.create(device, shape, numbers(name, sizeOf(shape)));

/** x of a shape, and what becomes of it. Large enough that several threads take part. */
type F32 = Tensor<Device, 'f32'>;

interface Row {
  readonly name: string;
  readonly shape: number[];
  readonly of: (device: Cpu) => (x: T) => T;
}
const unary = (name: string, shape: number[], fn: (x: T) => T): Row => ({ name, shape, of: () => fn });
const weights: DType[] = ['f32', 'f16', 'bf16', 'q8_0', 'q4_0', 'q4_k', 'q6_k'];

const rows: readonly Row[] = [
  ...[1, 3, 40, 300].flatMap((m): Row[] => [
    {
      name: `matmul of ${m} rows`,
      shape: [m, 1111],
      of: (device) => {
        const w = constant(device, 'w', [1111, 301]);
        return (x) => x.matmul(w.clone()).add(1);
      },
    },
    ...weights.map((dtype): Row => ({
      name: `linear ${dtype} of ${m} rows`,
      shape: [m, 1024],
      of: (device) => {
        const w = constant(device, 'w', [300, 1024]).to(dtype);
        return (x) => x.matmul(w.clone().transpose());
      },
    })),
    {
      name: `linear i8 of ${m} rows`,
      shape: [m, 1024],
      of: (device) => {
        const w = constant(device, 'w', [300, 1024]).mul(127).to('i8');
        return (x) => x.matmul(w.clone().transpose());
      },
    },
  ]),
  unary('softmax', [300, 1000], (x) => x.softmax()),
  unary('softmax of long rows', [5, 200_000], (x) => x.softmax()),
  unary('layerNorm', [300, 1000], (x) => x.layerNorm()),
  unary('cumsum', [200, 1000], (x) => x.cumsum(1)),
  unary('sum of rows', [200, 3000], (x) => x.sum(1)),
  unary('sum of columns', [3000, 200], (x) => x.sum(0)),
  unary('sum of all', [1_500_000], (x) => x.sum()),
  unary('product and mean', [7, 100_000], (x) => x.add(1).mean(1)),
  unary('gelu', [500_000], (x) => x.gelu()),
  unary('attention', [8, 200, 64], (x) => x.clone().attention(x.clone(), x, { causal: true })),
  unary('attention of one query', [4, 4000, 32], (x) =>
    x
      .clone()
      .slice([[], [0, 1]])
      .attention(x.clone(), x),
  ),
  unary('wkv7', [60, 8, 64], (x) => {
    const rows = (scale: number): F32 => x.clone().mul(scale) as F32;
    const state = x.clone().mean(0, { keepDims: true }).reshape([8, 64, 1]).broadcastTo([8, 64, 64]) as F32;
    return rows(1).wkv7(rows(0.5), rows(0.1), rows(1), rows(0.1), x.mul(0.1) as F32, state).y;
  }),
  {
    name: 'conv2d',
    shape: [2, 32, 40, 40],
    of: (device) => {
      const w = constant(device, 'w', [48, 32, 3, 3]);
      return (x) => x.conv2d(w.clone(), { padding: [[1, 1], [1, 1]] }); // prettier-ignore
    },
  },
  {
    name: 'conv2d by channels',
    shape: [2, 64, 60, 60],
    of: (device) => {
      const w = constant(device, 'w', [64, 1, 3, 3]);
      return (x) => x.conv2d(w.clone(), { groups: 64 });
    },
  },
  unary('avgPool2d', [4, 64, 60, 60], (x) => x.avgPool2d([3, 3])),
];

describe.each(isas)('cpu %s', (isa) => {
  let devices: Cpu[] = [];
  beforeAll(
    async () => void (devices = await Promise.all(counts.map((threads) => Cpu.create({ isa, threads })))),
  );
  afterAll(async () => void (await Promise.all(devices.map((device) => device.close()))));

  test.each(rows)('$name', async ({ name, shape, of }) => {
    const x = numbers(name, sizeOf(shape));
    const results: Buffer[] = [];
    for (const device of devices) {
      const fn = of(device);
      const program = await compile(device, { x: spec('f32', shape) }, (inputs) => ({
        y: fn(inputs.x as T) as typeof inputs.x,
      }));
      for (let turn = 0; turn < 3; turn++) {
        const { y } = (await program.run({ x })) as { y: Float32Array };
        results.push(Buffer.from(y.buffer, y.byteOffset, y.byteLength));
      }
      await program.dispose();
    }
    expect(results.map((bits) => bits.equals(results[0]))).toEqual(results.map(() => true));
  });
});
