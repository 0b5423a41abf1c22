import { llamaNames, llamaSpec } from '../decoder/common.js';
import type { DecoderFamily } from './decoders.js';

/** OLMo 2 (2024): norms after each half of a layer instead of before, and over all heads of queries and keys together. */
export const olmo2: DecoderFamily = (config, root) => ({
  ...llamaSpec(config, root),
  names: {
    ...llamaNames(root),
    attentionNorm: undefined,
    mlpNorm: undefined,
    attentionPostNorm: 'post_attention_layernorm',
    mlpPostNorm: 'post_feedforward_layernorm',
  },
  qkNorm: { of: 'all', q: 'self_attn.q_norm', k: 'self_attn.k_norm' },
});
