/**
 * One op as work that every library can do: { name, op, x, shape, result, ... }, x f32 of `shape`, and the result's shape.
 * For Mia a program with its weights as constants, for onnxruntime a model.
 */
import { random } from '../harness.mjs';
import { compile, spec, Tensor } from './mia.mjs';
import { Graph } from './onnx.mjs';

/** x [m, k] x w [k, n]; w is a constant. */
export const matmul = (m, k, n) => ({
  op: 'matmul',
  name: `[${m}, ${k}] x [${k}, ${n}]`,
  m,
  k,
  n,
  x: random(m * k, 1),
  w: random(k * n, 2),
  shape: [m, k],
  result: [m, n],
});

/** x [m, n] through `depth` products with constants [n, n], scaled so that values keep their size. */
export const stack = (m, n, depth) => ({
  op: 'stack',
  name: `[${m}, ${n}], ${depth} products with [${n}, ${n}]`,
  n,
  x: random(m * n, 1),
  ws: Array.from({ length: depth }, (_, i) => random(n * n, i + 2).map((v) => v * Math.sqrt(3 / n))),
  shape: [m, n],
  result: [m, n],
});

/** softmax, layerNorm or gelu of [rows, size]. */
export const rows = (op, count, size) => ({
  op,
  name: `${op} [${count}, ${size}]`,
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
  stack: (device, { n, ws }) => {
    const weights = ws.map((w) => Tensor.create(device, [n, n], w));
    return [(x) => weights.reduce((y, w) => y.matmul(w.clone()), x), weights];
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
  matmul: (g, x, { k, n, w }) => g.node('MatMul', [x, g.constant('f32', [k, n], w)]),
  stack: (g, x, { n, ws }) => ws.reduce((y, w) => g.node('MatMul', [y, g.constant('f32', [n, n], w)]), x),
  softmax: (g, x) => g.node('Softmax', [x], { axis: -1 }),
  gelu: (g, x) => g.node('Gelu', [x]),
  layerNorm: (g, x, { size, w, b }) =>
    g.node('LayerNormalization', [x, g.constant('f32', [size], w), g.constant('f32', [size], b)], {
      axis: -1,
      epsilon: { float: 1e-5 },
    }),
};

/** The same work as an ONNX model with input x and output y. */
export function modelOf(work) {
  const g = new Graph();
  const y = nodes[work.op](g, g.input('x', 'f32', work.shape), work);
  g.output(y, 'f32', work.result);
  return g.toBytes();
}
