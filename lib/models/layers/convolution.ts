import type { Layer } from '../tensors.js';
import type { Weights } from '../weights.js';

const EPS = 1e-5;

/** A convolution without bias and its batch norm by running statistics, whose scale goes into the filters. */
export function convolution(
  w: Weights,
  name: string,
  inner: number,
  outer: number,
  { size, stride }: { size: number; stride: number },
): Layer {
  const filters = w.floats(`${name}.convolution.weight`, outer, inner, size, size);
  const [weight, bias, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((part) =>
    w.floats(`${name}.normalization.${part}`, outer),
  );
  return (x) => {
    const scale = weight().mul(variance().add(EPS).rsqrt());
    const shift = bias().sub(mean().mul(scale.clone()));
    const scaled = filters().mul(scale.reshape([outer, 1, 1, 1]));
    return x.conv2d(scaled, { bias: shift, stride, padding: Math.floor(size / 2) });
  };
}
