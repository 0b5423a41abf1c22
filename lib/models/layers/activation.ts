import { MiaError } from '../../errors.js';
import type { Layer } from '../tensors.js';

/** Activations by the names that configurations use. */
const activations: Readonly<Record<string, Layer>> = {
  gelu: (x) => x.gelu(),
  gelu_new: (x) => x.gelu({ approximate: 'tanh' }),
  gelu_pytorch_tanh: (x) => x.gelu({ approximate: 'tanh' }),
  gelu_fast: (x) => x.gelu({ approximate: 'tanh' }),
  quick_gelu: (x) => x.clone().mul(x.mul(1.702).sigmoid()),
  silu: (x) => x.silu(),
  swish: (x) => x.silu(),
  relu: (x) => x.relu(),
  tanh: (x) => x.tanh(),
  sigmoid: (x) => x.sigmoid(),
};

export function activation(name: string): Layer {
  const known = Object.hasOwn(activations, name) ? activations[name] : undefined;
  if (known) return known;
  throw new MiaError('ERR_UNSUPPORTED', 'loadModel', {
    message: 'unknown activation',
    expected: Object.keys(activations).join(', '),
    actual: name,
  });
}
