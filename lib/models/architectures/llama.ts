import { llamaSpec } from '../decoder/common.js';
import type { DecoderFamily } from './decoders.js';

/** Llama 2 and 3 (Touvron et al. 2023), SmolLM, TinyLlama and whoever else keeps to it. */
export const llama: DecoderFamily = (config, root) => llamaSpec(config, root);
