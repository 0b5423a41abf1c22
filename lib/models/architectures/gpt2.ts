import { activation } from '../layers/activation.js';
import { conv1d } from '../layers/linear.js';
import { plainMlp } from '../layers/mlp.js';
import { layerNorm } from '../layers/norm.js';
import type { DecoderFamily } from './decoders.js';

/** GPT-2 (Radford et al. 2019): learned positions, layer norms, weights [in, out]. */
export const gpt2: DecoderFamily = (config, root) => {
  const hidden = config.size('n_embd');
  const heads = config.size('n_head');
  const size = config.size('n_inner', 4 * hidden);
  const act = activation(config.text('activation_function', 'gelu_new'));
  const eps = config.number('layer_norm_epsilon', 1e-5);
  return {
    hidden,
    heads,
    kvHeads: heads,
    headDim: hidden / heads,
    vocab: config.size('vocab_size'),
    maxPositions: config.size('n_positions'),
    layers: Array.from({ length: config.size('n_layer') }, () => ({})),
    names: {
      embedding: `${root}wte`,
      layer: (i) => `${root}h.${i}.`,
      attentionNorm: 'ln_1',
      mlpNorm: 'ln_2',
      out: 'attn.c_proj',
      norm: `${root}ln_f`,
      head: 'lm_head',
    },
    positions: `${root}wpe`,
    norm: (w, name, n) => layerNorm(w, name, n, eps),
    projections: (w, prefix) => [conv1d(w, `${prefix}attn.c_attn`, hidden, 3 * hidden)],
    out: (w, name) => conv1d(w, name, hidden, hidden),
    mlp: (w, prefix) =>
      plainMlp(
        conv1d(w, `${prefix}mlp.c_fc`, hidden, size),
        conv1d(w, `${prefix}mlp.c_proj`, size, hidden),
        act,
      ),
    tied: config.flag('tie_word_embeddings', true),
  };
};
