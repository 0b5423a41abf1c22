/** A BERT encoder (Devlin et al. 2018) over tensors, with seeded random weights: MiniLM-L6's sizes unless others are given. */
import { Tensor } from 'mia';
import { random } from '../harness.mjs';

export const miniLM = {
  vocab: 30522,
  positions: 512,
  hidden: 384,
  heads: 12,
  layers: 6,
  ffn: 1536,
  eps: 1e-12,
};

/** Weights by name, as Float32Arrays with their shapes; matrices are [out, in], as in checkpoints. */
export function bertWeights({ vocab, positions, hidden, layers, ffn } = miniLM) {
  const weights = {};
  let seed = 1;
  // Standard deviations as trained models have them, roughly: uniform in +-size.
  const add = (name, shape, size, mean = 0) => {
    const data = random(
      shape.reduce((a, b) => a * b, 1),
      seed++,
    );
    for (let i = 0; i < data.length; i++) data[i] = mean + size * data[i];
    weights[name] = { shape, data };
  };
  const linear = (name, out, inner) => {
    add(`${name}.weight`, [out, inner], 0.05);
    add(`${name}.bias`, [out], 0.03);
  };
  const norm = (name) => {
    add(`${name}.weight`, [hidden], 0.03, 1);
    add(`${name}.bias`, [hidden], 0.03);
  };
  add('words', [vocab, hidden], 0.05);
  add('positions', [positions, hidden], 0.05);
  add('type', [hidden], 0.05);
  norm('norm');
  for (let i = 0; i < layers; i++) {
    linear(`${i}.qkv`, 3 * hidden, hidden);
    linear(`${i}.out`, hidden, hidden);
    norm(`${i}.norm1`);
    linear(`${i}.up`, ffn, hidden);
    linear(`${i}.down`, hidden, ffn);
    norm(`${i}.norm2`);
  }
  return weights;
}

/**
 * The weights on a device. Matrices of the layers become what `store` makes of an f32 tensor [out, in]: { w, scale? }, with
 * one scale an output where the dtype has none of its own.
 */
export async function loadBert(device, weights, store = (w) => ({ w })) {
  const tensors = {};
  for (const [name, { shape, data }] of Object.entries(weights)) {
    const t = Tensor.create(device, shape, data);
    const matrix = /^\d.*\.weight$/.test(name) && shape.length === 2;
    const { w, scale } = matrix ? store(t) : { w: t };
    tensors[name] = await w.realize();
    if (scale) tensors[`${name}.scale`] = await scale.realize();
  }
  return tensors;
}

/**
 * Token ids and positions, i32 [rows], to hidden states [rows, hidden]. Rows are `batch` sequences of one length, or, with
 * `offsets` (i32 [sequences + 1]), sequences of any lengths one after another.
 */
export function bert(
  tensors,
  { ids, positions, offsets, batch = 1 },
  { hidden, heads, layers, eps } = miniLM,
) {
  const get = (name) => tensors[name].clone();
  const linear = (x, name) => {
    const y = x.matmul(get(`${name}.weight`).transpose());
    return (tensors[`${name}.weight.scale`] ? y.mul(get(`${name}.weight.scale`)) : y).add(
      get(`${name}.bias`),
    );
  };
  const norm = (x, name) => x.layerNorm(get(`${name}.weight`), get(`${name}.bias`), eps);
  const ragged = offsets !== undefined;
  // [rows, hidden] -> [heads, rows, head], or [batch, heads, length, head]
  const split = (x) =>
    ragged
      ? x.reshape([-1, heads, hidden / heads]).permute([1, 0, 2])
      : x.reshape([batch, -1, heads, hidden / heads]).permute([0, 2, 1, 3]);
  const join = (x) => x.permute(ragged ? [1, 0, 2] : [0, 2, 1, 3]).reshape([-1, hidden]);

  const embedded = get('words').embedding(ids).add(get('positions').embedding(positions)).add(get('type'));
  let x = norm(embedded, 'norm');
  for (let i = 0; i < layers; i++) {
    const [q, k, v] = linear(x.clone(), `${i}.qkv`).split(3, 1).map(split);
    const attended = join(q.attention(k, v, ragged ? { offsets: offsets.clone() } : {}));
    x = norm(linear(attended, `${i}.out`).add(x), `${i}.norm1`);
    x = norm(linear(linear(x.clone(), `${i}.up`).gelu(), `${i}.down`).add(x), `${i}.norm2`);
  }
  return x;
}
