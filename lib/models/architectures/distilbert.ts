import { denseHead, plainLayers } from '../encoder/common.js';
import type { EncoderFamily } from './encoders.js';

/** DistilBERT (Sanh et al. 2019): BERT under other names, without token types and pooler. */
export const distilbert: EncoderFamily = (config, root) => {
  const hidden = config.size('dim');
  return {
    ...plainLayers(
      config,
      {
        hidden,
        heads: config.size('n_heads'),
        inner: config.size('hidden_dim'),
        layers: config.size('n_layers'),
        activation: config.text('activation', 'gelu'),
        eps: 1e-12,
      },
      {
        layer: (i) => `${root}transformer.layer.${i}.`,
        projections: ['attention.q_lin', 'attention.k_lin', 'attention.v_lin'],
        out: 'attention.out_lin',
        attentionNorm: 'sa_layer_norm',
        up: 'ffn.lin1',
        down: 'ffn.lin2',
        mlpNorm: 'output_layer_norm',
      },
    ),
    vocab: config.size('vocab_size'),
    maxPositions: config.size('max_position_embeddings'),
    embeddings: {
      words: `${root}embeddings.word_embeddings`,
      positions: `${root}embeddings.position_embeddings`,
      norm: `${root}embeddings.LayerNorm`,
    },
    head: denseHead(hidden, 'relu', 'pre_classifier', 'classifier', 'classifier'),
  };
};
