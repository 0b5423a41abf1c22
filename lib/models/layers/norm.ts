import type { Weights } from '../weights.js';
import type { Layer } from '../tensors.js';

/** x / rms(x) * (w + offset): gemma keeps w - 1. */
export function rmsNorm(w: Weights, name: string, size: number, eps: number, offset = 0): Layer {
  const weight = w.floats(`${name}.weight`, size);
  return (x) => x.rmsNorm(offset === 0 ? weight() : weight().add(offset), eps);
}

/** (x - mean) / deviation * w + b; without the bias where there is none. */
export function layerNorm(w: Weights, name: string, size: number, eps: number): Layer {
  const weight = w.floats(`${name}.weight`, size);
  const bias = w.has(`${name}.bias`) ? w.floats(`${name}.bias`, size) : undefined;
  return (x) => x.layerNorm(weight(), bias?.(), eps);
}
