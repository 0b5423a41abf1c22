import { llamaSpec, readLayers } from '../decoder/common.js';
import type { DecoderFamily } from './decoders.js';

/** SmolLM3 (2025): llama in which every fourth layer has no positions (no_rope_layers: 1 where it has). */
export const smollm3: DecoderFamily = (config, root) => {
  const interval = config.size('no_rope_layer_interval', 4);
  const turns = config.has('no_rope_layers') ? config.numbers('no_rope_layers') : undefined;
  const slides = config.flag('use_sliding_window', false) && config.has('sliding_window');
  return {
    ...llamaSpec(config, root),
    layers: readLayers(config, () => slides).map((layer, i) =>
      (turns ? turns[i] !== 0 : (i + 1) % interval !== 0) ? layer : { ...layer, rotary: undefined },
    ),
    tied: config.flag('tie_word_embeddings', true),
  };
};
