import type { Weights } from '../weights.js';
import type { Layer } from '../tensors.js';

/** x W^T + b, with W [outer, inner] as checkpoints have it. A bias is used where there is one. */
export function linear(w: Weights, name: string, inner: number, outer: number): Layer {
  const weight = w.matrix(`${name}.weight`, outer, inner);
  const bias = w.has(`${name}.bias`) ? w.floats(`${name}.bias`, outer) : undefined;
  return (x) => {
    const y = x.matmul(weight().transpose());
    return bias ? y.add(bias()) : y;
  };
}

/** The same for W [inner, outer], as GPT-2's checkpoints have it. */
export function conv1d(w: Weights, name: string, inner: number, outer: number): Layer {
  const weight = w.matrix(`${name}.weight`, inner, outer);
  const bias = w.floats(`${name}.bias`, outer);
  return (x) => x.matmul(weight()).add(bias());
}
