/** The labels of a classifier: id2label. */
import type { Config } from './config.js';

/** transformers writes no labels where there are two without names. */
export function labelCount(config: Config): number {
  return config.has('id2label')
    ? Object.keys(config.part('id2label').fields).length
    : config.size('num_labels', 2);
}
