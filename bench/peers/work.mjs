/**
 * One op as work that every library can do: { op, x, shape, result, ... } with x f32 of `shape`, and the result's shape.
 * For Mia a program with its weights as constants, for onnxruntime a model.
 */
import { random } from '../harness.mjs';
import { compile, spec, Tensor } from './mia.mjs';
import { Graph } from './onnx.mjs';

/** x [m, k] x w [k, n]; w is a constant. */
export const matmul = (m, k, n) => ({
  op: 'matmul',
  m,
  k,
  n,
  x: random(m * k, 1),
  w: random(k * n, 2),
  shape: [m, k],
  result: [m, n],
});

/** softmax, layerNorm or gelu of [rows, size]. */
export const rows = (op, count, size) => ({
  op,
  size,
  x: random(count * size, 1),
  w: random(size, 2),
  b: random(size, 3),
  shape: [count, size],
  result: [count, size],
});

const programs = {
  matmul: (device, { k, n, w }) => {
    const weight = Tensor.create(device, [k, n], w);
    return [(x) => x.matmul(weight.clone()), [weight]];
  },
  softmax: () => [(x) => x.softmax(), []],
  gelu: () => [(x) => x.gelu(), []],
  layerNorm: (device, { size, w, b }) => {
    const [weight, bias] = [Tensor.create(device, [size], w), Tensor.create(device, [size], b)];
    return [(x) => x.layerNorm(weight.clone(), bias.clone(), 1e-5), [weight, bias]];
  },
};

/** Mia's side. */
export async function openMia(device, work) {
  const [fn, weights] = programs[work.op](device, work);
  const program = await compile(device, { x: spec('f32', work.shape) }, ({ x }) => ({ y: fn(x) }));
  const into = { y: new Float32Array(work.result.reduce((a, b) => a * b, 1)) };
  return {
    run: async () => (await program.run({ x: work.x }, { into })).y,
    async close() {
      await program.dispose();
      for (const w of weights) w.dispose();
    },
  };
}

const nodes = {
  matmul: (g, x, { k, n, w }) => ['MatMul', [x, g.constant('f32', [k, n], w)]],
  softmax: (_, x) => ['Softmax', [x], { axis: -1 }],
  gelu: (_, x) => ['Gelu', [x]],
  layerNorm: (g, x, { size, w, b }) => [
    'LayerNormalization',
    [x, g.constant('f32', [size], w), g.constant('f32', [size], b)],
    { axis: -1, epsilon: { float: 1e-5 } },
  ],
};

/** The same work as an ONNX model with input x and output y. */
export function modelOf(work) {
  const g = new Graph();
  const [op, inputs, attributes] = nodes[work.op](g, g.input('x', 'f32', work.shape), work);
  g.node(op, inputs, attributes, { name: 'y' });
  g.output('y', 'f32', work.result);
  return g.toBytes();
}
