import { MiaError } from '../../errors.js';
import type { Config } from '../config.js';
import { layerTypes, llamaNames, llamaSpec, readLayers, readRotary } from '../decoder/common.js';
import type { DecoderSpec } from '../decoder/spec.js';
import { rmsNorm } from '../layers/norm.js';
import type { DecoderFamily } from './decoders.js';

/** What Gemma 2 and 3 share: norms around both halves of a layer that keep w - 1, and a scaled embedding. */
function gemma(config: Config, root: string): DecoderSpec {
  const spec = llamaSpec(config, root);
  const eps = config.number('rms_norm_eps', 1e-6);
  const offset = config.number('norm_offset', 1); // GGUF's files have it added already
  return {
    ...spec,
    names: {
      ...llamaNames(root),
      attentionPostNorm: 'post_attention_layernorm',
      mlpNorm: 'pre_feedforward_layernorm',
      mlpPostNorm: 'post_feedforward_layernorm',
    },
    norm: (w, name, n) => rmsNorm(w, name, n, eps, offset),
    embeddingScale: Math.fround(Math.sqrt(spec.hidden)),
    scale: config.number('query_pre_attn_scalar', 256) ** -0.5,
    logitSoftcap: optional(config, 'final_logit_softcapping'),
    tied: config.flag('tie_word_embeddings', true),
  };
}

const own = { head_dim: 256, hidden_activation: 'gelu_pytorch_tanh' };

const optional = (config: Config, name: string): number | undefined =>
  config.has(name) ? config.number(name) : undefined;

/** Gemma 2 (2024): every other layer slides, from the first on; scores and logits are capped. */
export const gemma2: DecoderFamily = (raw, root) => {
  const config = raw.defaults(own);
  return {
    ...gemma(config, root),
    layers: readLayers(config, (i) => i % 2 === 0),
    softcap: optional(config, 'attn_logit_softcapping'),
  };
};

/** Gemma 3 (2025): five of six layers slide and turn at a base of their own; queries and keys are normed. */
export const gemma3: DecoderFamily = (raw, root) => {
  const config = raw.defaults(own);
  if (config.flag('use_bidirectional_attention', false))
    throw new MiaError('ERR_UNSUPPORTED', 'loadModel', `${config.source}: use_bidirectional_attention`);
  const pattern = config.size('sliding_window_pattern', 6);
  const slides = layerTypes(config, (i) => (i + 1) % pattern !== 0);
  const local = config.has('rope_parameters')
    ? readRotary(config, { layerType: 'sliding_attention' })
    : readRotary(config.without('rope_scaling'), { theta: config.number('rope_local_base_freq', 10000) });
  const global = readRotary(config, { layerType: 'full_attention' });
  return {
    ...gemma(config, root),
    layers: slides.map((s) =>
      s ? { rotary: local, window: config.size('sliding_window') } : { rotary: global },
    ),
    qkNorm: { of: 'head', q: 'self_attn.q_norm', k: 'self_attn.k_norm' },
  };
};
