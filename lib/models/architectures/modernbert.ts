import type { Config } from '../config.js';
import { layerTypes, readRotary } from '../decoder/common.js';
import { checkHeads } from '../encoder/common.js';
import type { EncoderLayerSpec } from '../encoder/spec.js';
import { activation } from '../layers/activation.js';
import { linear } from '../layers/linear.js';
import { fusedGatedMlp } from '../layers/mlp.js';
import { layerNorm } from '../layers/norm.js';
import type { Layer } from '../tensors.js';
import type { Weights } from '../weights.js';
import type { EncoderFamily } from './encoders.js';

/** ModernBERT (Warner et al. 2024): norms before, rotary embeddings, gated MLPs; two of three layers see neighbours only. */
export const modernbert: EncoderFamily = (config, root) => {
  const hidden = config.size('hidden_size');
  const heads = config.size('num_attention_heads');
  checkHeads(config, hidden, heads);
  const inner = config.size('intermediate_size');
  const eps = config.number('norm_eps', 1e-5);
  const act = activation(config.text('hidden_activation', 'gelu'));
  const norm = (w: Weights, name: string, n: number): Layer => layerNorm(w, name, n, eps);
  const head = (w: Weights): Layer => {
    const dense = linear(w, 'head.dense', hidden, hidden);
    const act = activation(config.text('classifier_activation', 'gelu'));
    const normed = norm(w, 'head.norm', hidden);
    return (x) => normed(act(dense(x)));
  };
  const scores = (w: Weights, labels: number): Layer => {
    const [before, classifier] = [head(w), linear(w, 'classifier', hidden, labels)];
    return (x) => classifier(before(x));
  };
  return {
    hidden,
    heads,
    vocab: config.size('vocab_size'),
    maxPositions: config.size('max_position_embeddings', 8192),
    layers: layers(config),
    names: {
      layer: (i) => `${root}layers.${i}.`,
      out: 'attn.Wo',
      // the embedding's norm serves the first layer
      attentionNorm: (i) => (i === 0 ? undefined : 'attn_norm'),
      mlpNorm: 'mlp_norm',
      norm: `${root}final_norm`,
    },
    embeddings: { words: `${root}embeddings.tok_embeddings`, norm: `${root}embeddings.norm` },
    preNorm: true,
    norm,
    projections: (w, prefix) => [linear(w, `${prefix}attn.Wqkv`, hidden, 3 * hidden)],
    mlp: (w, prefix) =>
      fusedGatedMlp(
        linear(w, `${prefix}mlp.Wi`, hidden, 2 * inner),
        linear(w, `${prefix}mlp.Wo`, inner, hidden),
        act,
      ),
    head: {
      pooling: config.word('classifier_pooling', ['cls', 'mean'], 'cls'),
      sequence: scores,
      token: scores,
    },
  };
};

/** Neighbours are half of local_attention on each side. */
function layers(config: Config): EncoderLayerSpec[] {
  const every = config.size('global_attn_every_n_layers', 3);
  const window = Math.floor(config.size('local_attention', 128) / 2) + 1;
  const rotary = (layerType: string, field: string, theta: number) =>
    config.has('rope_parameters')
      ? readRotary(config, { layerType })
      : readRotary(config, { theta: config.number(field, theta) });
  const global = rotary('full_attention', 'global_rope_theta', 160000);
  const local = rotary('sliding_attention', 'local_rope_theta', 10000);
  return layerTypes(config, (i) => i % every !== 0).map((slides) =>
    slides ? { rotary: local, window } : { rotary: global },
  );
}
