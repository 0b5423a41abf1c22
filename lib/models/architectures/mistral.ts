import { llamaSpec, readLayers } from '../decoder/common.js';
import type { DecoderFamily } from './decoders.js';

/** Mistral (Jiang et al. 2023): llama whose layers all slide, where a window is given. */
export const mistral: DecoderFamily = (config, root) => ({
  ...llamaSpec(config, root),
  layers: readLayers(config, () => config.has('sliding_window')),
});
