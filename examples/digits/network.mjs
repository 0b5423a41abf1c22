import { Tensor } from 'mia';

/**
 * The network that train.py trained: a 3x3 convolution written as a matrix, three blocks, ten classes.
 * Returns a function from pixels 0..16, f32 [N, 64], to the probabilities of the ten digits, f32 [N, 10].
 *
 * Operations consume their tensors. What is needed again, as the weights are, is cloned: that costs nothing.
 */
export function digitsNetwork(device, weights) {
  const tensors = new Map();
  for (const [name, { shape, data }] of Object.entries(weights)) {
    tensors.set(name, Tensor.create(device, shape, data));
  }
  const weight = (name) => tensors.get(`net.${name}`).clone();

  const linear = (i, x) => x.matmul(weight(`${i}.weight`)).add(weight(`${i}.bias`));
  const norm = (i, x) => x.layerNorm(weight(`${i}.norm.weight`), weight(`${i}.norm.bias`), 1e-5);
  const block = (i, x) => norm(i, linear(i, x)).silu();

  return (x) => {
    let h = linear(0, x).silu(); // [N, 576]: 16 features at 6 x 6 places
    h = block(1, h); // [N, 256]
    h = h.clone().add(block(2, h));
    h = h.clone().add(block(3, h));
    return linear(4, h).softmax(); // [N, 10]
  };
}
