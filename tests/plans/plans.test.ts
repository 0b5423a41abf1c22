/** Golden plans: what the planner makes of small functions, as text. Read a changed one before accepting it with -u. */
import { beforeEach, describe, expect, test } from 'vitest';
import { Layout } from '../../lib/layout/index.js';
import { Tensor } from '../../lib/tensor/tensor.js';
import { planningDevice } from './planning-device.js';

const f32 = (n: number): Float32Array => new Float32Array(n);
const i32 = (n: number): Int32Array => new Int32Array(n);

beforeEach(() => void (process.env.MIA_VERIFY = '1'));

type Make = (device: ReturnType<typeof planningDevice>) => { explain(): Promise<{ toString(): string }> };
const on = (device: ReturnType<typeof planningDevice>, shape: number[]) =>
  Tensor.create(device, shape, f32(shape.reduce((a, b) => a * b, 1)));

const plans: Record<string, Make> = {
  'a chain of elementwise ops is one step'(d) {
    return on(d, [4, 8])
      .mul(2)
      .add(1)
      .exp()
      .div(on(d, [8]))
      .sqrt();
  },
  'a bias and an activation run in the epilogue of a product'(d) {
    return on(d, [32, 64])
      .matmul(on(d, [64, 128]))
      .add(on(d, [128]))
      .gelu();
  },
  'a bias, a residual and an activation run in the epilogue of a convolution'(d) {
    const y = on(d, [2, 8, 6, 6]).conv2d(on(d, [16, 4, 3, 3]), { bias: on(d, [16]), padding: 1, groups: 2 });
    return y.add(on(d, [2, 16, 6, 6])).relu();
  },
  'a convolution and a pool take channels that lie last'(d) {
    const x = on(d, [1, 6, 6, 4]).permute([0, 3, 1, 2]);
    return x
      .conv2d(on(d, [3, 3, 4, 8]).permute([3, 2, 0, 1]), { padding: 'same' })
      .maxPool2d(2)
      .neg();
  },
  'layerNorm with a residual is one step'(d) {
    const x = on(d, [4, 8, 16]);
    return x
      .clone()
      .layerNorm(on(d, [16]), on(d, [16]))
      .add(x);
  },
  'a mean folds in columns where memory runs along what stays'(d) {
    return on(d, [64, 32]).exp().mean(0);
  },
  'softmax over another axis moves it last and back'(d) {
    return on(d, [2, 5, 7]).softmax(1);
  },
  'views of computed values cost nothing'(d) {
    return on(d, [4, 6])
      .exp()
      .transpose()
      .slice([[1, 5, 2]])
      .reshape([2, 4])
      .neg();
  },
  'what cannot be said as a view is packed once'(d) {
    const x = on(d, [4, 6]).transpose().reshape([3, 8]);
    return x.matmul(on(d, [8, 2]));
  },
  'equal subexpressions are computed once'(d) {
    const x = on(d, [16]);
    return x.clone().exp().add(1).mul(x.exp().add(1));
  },
  'constants fold'(d) {
    return on(d, [16]).mul(Tensor.full(d, [], 3).mul(4).sqrt());
  },
  'parts of a concat are computed in their places'(d) {
    return Tensor.concat([on(d, [4, 8]).exp(), on(d, [4, 3]), on(d, [4, 1]).neg()], 1);
  },
  'attention writes heads side by side, as the next product reads them'(d) {
    const heads = (n: number) =>
      on(d, [2, 8, n * 16])
        .reshape([2, 8, n, 16])
        .permute([0, 2, 1, 3]);
    const y = heads(4).attention(heads(2), heads(2), { causal: true });
    return y
      .permute([0, 2, 1, 3])
      .reshape([2, 8, 64])
      .matmul(on(d, [64, 64]));
  },
  'rope is one step for each of its tensors, and sine and cosine are computed once'(d) {
    const at = Tensor.create(d, [8], i32(8));
    const [q, k] = [on(d, [2, 4, 8, 16]), on(d, [2, 2, 8, 16])];
    return q.rope(at.clone()).attention(k.clone().rope(at), k);
  },
  'scatter writes into the copy it starts from'(d) {
    return on(d, [10, 4]).scatter(Tensor.create(d, [3], i32(3)), on(d, [3, 4]), 0, { mode: 'add' });
  },
  'a temporary is overwritten in place, and slots are shared'(d) {
    const h = on(d, [8, 32])
      .matmul(on(d, [32, 64]))
      .softmax();
    const g = h.matmul(on(d, [64, 64])).softmax();
    return g.matmul(on(d, [64, 16]));
  },
  'a value used twice across a reduction is stored once'(d) {
    const h = on(d, [8, 32]).matmul(on(d, [32, 32]));
    const scale = h.clone().mul(h.clone()).sum(-1, { keepDims: true });
    return h.div(scale);
  },
  'a kept value is a second result of the step'(d) {
    const y = on(d, [16]).exp();
    kept.push(y.clone());
    return y.add(1);
  },
};
const kept: unknown[] = [];

describe.each([
  ['fused', undefined],
  ['unfused', '0'],
] as const)('%s', (mode, fuse) => {
  test.each(Object.entries(plans))('%s', async (name, make) => {
    process.env.MIA_FUSE = fuse ?? '';
    const text = String(await make(planningDevice()).explain());
    await expect(`${text}\n`).toMatchFileSnapshot(
      `golden/${mode}/${name.replaceAll(/[^a-zA-Z]+/g, '-')}.txt`,
    );
    process.env.MIA_FUSE = '';
  });
});

describe('the quick start', () => {
  test.each([
    ['row-major', false],
    ['column-major', true],
  ] as const)('%s', async (name, columns) => {
    const d = planningDevice();
    const layout = columns ? Layout.colMajor([768, 1024]) : Layout.rowMajor([768, 1024]);
    const make = () => Tensor.create(d, layout, f32(768 * 1024)).cast('f32x4');
    const [a, b0, c] = [make(), make(), make()];
    const b = a.clone().add(b0);
    const out = a.add(b.clone()).add(c).cast('f32');
    await expect(`${await out.explain()}\n`).toMatchFileSnapshot(`golden/quick-start-${name}.txt`);
    expect((await b.clone().add(b).cast('f32').explain()).steps.length).toBeGreaterThan(0);
  });
});
