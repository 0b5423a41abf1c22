import type { Config } from '../config.js';
import { llamaSpec, readLayers } from '../decoder/common.js';
import type { DecoderLayerSpec } from '../decoder/spec.js';
import { activation } from '../layers/activation.js';
import { linear } from '../layers/linear.js';
import { gatedMlp } from '../layers/mlp.js';
import { moe } from '../layers/moe.js';
import type { DecoderFamily } from './decoders.js';

const qkNorm = { of: 'head', q: 'self_attn.q_norm', k: 'self_attn.k_norm' } as const;

/** Layers slide from max_window_layers on, where that is asked for at all. */
const layers = (config: Config): DecoderLayerSpec[] => {
  const slides = config.flag('use_sliding_window', false) && config.has('sliding_window');
  return readLayers(config, (i) => slides && i >= config.count('max_window_layers', 28));
};

/** Qwen2: llama with biases on queries, keys and values. */
export const qwen2: DecoderFamily = (config, root) => ({
  ...llamaSpec(config, root),
  layers: layers(config),
});

/** Qwen3: and norms of the heads of queries and keys. */
export const qwen3: DecoderFamily = (config, root) => ({
  ...qwen2(config.defaults({ head_dim: 128 }), root),
  qkNorm,
});

/** Qwen3 with a mixture of experts in most layers. */
export const qwen3Moe: DecoderFamily = (config, root) => {
  const spec = qwen3(config, root);
  const { hidden } = spec;
  const act = activation(config.text('hidden_act', 'silu'));
  const dense = config.has('mlp_only_layers') ? config.numbers('mlp_only_layers') : [];
  const step = config.size('decoder_sparse_step', 1);
  const size = config.size('moe_intermediate_size');
  return {
    ...spec,
    mlp: (w, prefix, layer) => {
      if (dense.includes(layer) || (layer + 1) % step !== 0) return spec.mlp(w, prefix, layer);
      const expert = (name: string) =>
        gatedMlp(
          linear(w, `${name}gate_proj`, hidden, size),
          linear(w, `${name}up_proj`, hidden, size),
          linear(w, `${name}down_proj`, size, hidden),
          act,
        );
      // transformers 5 calls them local
      const experts = config.size(
        'num_experts',
        config.has('num_local_experts') ? config.size('num_local_experts') : undefined,
      );
      return moe({
        router: linear(w, `${prefix}mlp.gate`, hidden, experts),
        experts: Array.from({ length: experts }, (_, i) => expert(`${prefix}mlp.experts.${i}.`)),
        active: config.size('num_experts_per_tok'),
        normalize: config.flag('norm_topk_prob', false),
      });
    },
  };
};
