import { denseHead, plainLayers, sizesOf } from '../encoder/common.js';
import type { EncoderFamily } from './encoders.js';

/** BERT (Devlin et al. 2018) and the many who were trained in its shape: MiniLM, BGE, E5, GTE. */
export const bert: EncoderFamily = (config, root) => {
  const sizes = sizesOf(config);
  return {
    ...plainLayers(config, sizes, {
      layer: (i) => `${root}encoder.layer.${i}.`,
      projections: ['attention.self.query', 'attention.self.key', 'attention.self.value'],
      out: 'attention.output.dense',
      attentionNorm: 'attention.output.LayerNorm',
      up: 'intermediate.dense',
      down: 'output.dense',
      mlpNorm: 'output.LayerNorm',
    }),
    vocab: config.size('vocab_size'),
    maxPositions: config.size('max_position_embeddings'),
    types: config.size('type_vocab_size', 2),
    embeddings: {
      words: `${root}embeddings.word_embeddings`,
      positions: `${root}embeddings.position_embeddings`,
      types: `${root}embeddings.token_type_embeddings`,
      norm: `${root}embeddings.LayerNorm`,
    },
    pooler: `${root}pooler.dense`,
    head: denseHead(sizes.hidden, 'tanh', `${root}pooler.dense`, 'classifier', 'classifier'),
  };
};
