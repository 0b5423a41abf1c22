/** The encoder of bench/models/bert.mjs as an ONNX graph of standard ops. */
import { Graph } from '../onnx.mjs';
import { miniLM } from '../../models/bert.mjs';

/** Rows [n, k] as columns [k, n]. */
function transposed({ shape: [n, k], data }) {
  const out = new Float32Array(n * k);
  for (let i = 0; i < n; i++) for (let j = 0; j < k; j++) out[j * n + i] = data[i * k + j];
  return out;
}

/** Symmetric i8 columns of [k, n], and a scale for each. */
function quantized(w, k, n) {
  const scale = new Float32Array(n);
  for (let i = 0; i < w.length; i++) scale[i % n] = Math.max(scale[i % n], Math.abs(w[i]) / 127);
  return { data: Int8Array.from(w, (v, i) => Math.round(v / scale[i % n])), scale };
}

/**
 * input_ids i64 [batch, length] (and, with `mask`, attention_mask f32 [batch, length], 0 for padding) to
 * y f32 [batch, length, hidden]. `int8`: products of dynamically quantised bytes.
 */
export function bertModel(weights, batch, length, { mask = false, int8 = false, config = miniLM } = {}) {
  const { hidden, heads, layers, eps } = config;
  const g = new Graph();
  const f32 = (shape, data) => g.constant('f32', shape, data);
  const shapeOf = (...dims) => g.constant('i64', [dims.length], BigInt64Array.from(dims, BigInt));
  const named = (name) => f32(weights[name].shape, weights[name].data);
  const norm = (x, name) =>
    g.node('LayerNormalization', [x, named(`${name}.weight`), named(`${name}.bias`)], {
      axis: -1,
      epsilon: { float: eps },
    });
  const linear = (x, name) => {
    const [n, k] = weights[`${name}.weight`].shape;
    const w = transposed(weights[`${name}.weight`]);
    const y = int8 ? byBytes(x, w, k, n) : g.node('MatMul', [x, f32([k, n], w)]);
    return g.node('Add', [y, named(`${name}.bias`)]);
  };
  const byBytes = (x, w, k, n) => {
    const { data, scale } = quantized(w, k, n);
    const [bytes, s, zero] = g.node('DynamicQuantizeLinear', [x], {}, { outputs: 3 });
    const sums = g.node('MatMulInteger', [bytes, g.constant('i8', [k, n], data), zero]);
    return g.node('Mul', [g.node('Cast', [sums], { to: 1 }), g.node('Mul', [s, f32([n], scale)])]);
  };

  const ids = g.input('input_ids', 'i64', [batch, length]);
  let bias;
  if (mask) {
    const far = g.node('Mul', [
      g.node('Sub', [f32([], new Float32Array([1])), g.input('attention_mask', 'f32', [batch, length])]),
      f32([], new Float32Array([-1e4])),
    ]);
    bias = g.node('Reshape', [far, shapeOf(batch, 1, 1, length)]);
  }
  const places = weights.positions.data.subarray(0, length * hidden);
  const words = g.node('Gather', [named('words'), ids], { axis: 0 });
  const placed = g.node('Add', [words, f32([1, length, hidden], places)]);
  let x = norm(g.node('Add', [placed, named('type')]), 'norm');

  const split = (t, perm) =>
    g.node('Transpose', [g.node('Reshape', [t, shapeOf(batch, length, heads, hidden / heads)])], { perm });
  for (let i = 0; i < layers; i++) {
    const [q, k, v] = g.node('Split', [linear(x, `${i}.qkv`)], { axis: -1, num_outputs: 3 }, { outputs: 3 });
    const raw = g.node('MatMul', [split(q, [0, 2, 1, 3]), split(k, [0, 2, 3, 1])]);
    const scaled = g.node('Mul', [raw, f32([], new Float32Array([1 / Math.sqrt(hidden / heads)]))]);
    const seen = bias ? g.node('Add', [scaled, bias]) : scaled;
    const mixed = g.node('MatMul', [g.node('Softmax', [seen], { axis: -1 }), split(v, [0, 2, 1, 3])]);
    const joined = g.node('Reshape', [
      g.node('Transpose', [mixed], { perm: [0, 2, 1, 3] }),
      shapeOf(batch, length, hidden),
    ]);
    x = norm(g.node('Add', [linear(joined, `${i}.out`), x]), `${i}.norm1`);
    const up = g.node('Gelu', [linear(x, `${i}.up`)]);
    x = norm(g.node('Add', [linear(up, `${i}.down`), x]), `${i}.norm2`);
  }
  g.output(x, 'f32', [batch, length, hidden]);
  return g.toBytes();
}
