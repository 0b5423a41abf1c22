import { fused, llamaSpec, readLayers } from '../decoder/common.js';
import type { DecoderFamily } from './decoders.js';

/** Phi-3 (Abdin et al. 2024): llama with fused products, windows, partial rotary embeddings and longrope. */
export const phi3: DecoderFamily = (config, root) => {
  const spec = llamaSpec(config, root);
  return {
    ...spec,
    ...fused(config, spec),
    layers: readLayers(config, () => config.has('sliding_window')),
  };
};
