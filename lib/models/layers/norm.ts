import type { Weights } from '../weights.js';
import type { Layer } from '../tensors.js';

/** x / rms(x) * (w + offset): gemma keeps w - 1. */
export function rmsNorm(w: Weights, name: string, size: number, eps: number, offset = 0): Layer {
  const weight = w.floats(`${name}.weight`, size);
  return (x) => x.rmsNorm(offset === 0 ? weight() : weight().add(offset), eps);
}

/** (x - mean) / deviation * w + b; without the bias where there is none. Checkpoints of TensorFlow's time say gamma, beta. */
export function layerNorm(w: Weights, name: string, size: number, eps: number): Layer {
  const [scale, shift] = w.has(`${name}.gamma`) ? ['gamma', 'beta'] : ['weight', 'bias'];
  const weight = w.floats(`${name}.${scale}`, size);
  const bias = w.has(`${name}.${shift}`) ? w.floats(`${name}.${shift}`, size) : undefined;
  return (x) => x.layerNorm(weight(), bias?.(), eps);
}
