import { denseHead } from '../encoder/common.js';
import { bert } from './bert.js';
import type { EncoderFamily } from './encoders.js';

/** RoBERTa (Liu et al. 2019), XLM-RoBERTa, CamemBERT: BERT whose positions begin behind the padding's. */
export const roberta: EncoderFamily = (config, root) => {
  const spec = bert(config, root);
  return {
    ...spec,
    padding: config.count('pad_token_id', 1),
    head: denseHead(spec.hidden, 'tanh', 'classifier.dense', 'classifier.out_proj', 'classifier'),
  };
};
