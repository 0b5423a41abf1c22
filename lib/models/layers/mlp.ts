import type { Floats, Layer } from '../tensors.js';

/** down(act(gate(x)) * up(x)) */
export function gatedMlp(gate: Layer, up: Layer, down: Layer, act: Layer): Layer {
  return (x) => {
    const opened = act(gate(x.clone()));
    return down(up(x).mul(opened));
  };
}

/** The same where one product gives gate and up side by side, [..., 2 * size]. */
export function fusedGatedMlp(gateUp: Layer, down: Layer, act: Layer): Layer {
  return (x) => {
    const [gate, up] = gateUp(x).split(2, -1) as [Floats, Floats];
    return down(up.mul(act(gate)));
  };
}

/** down(act(up(x))) */
export function plainMlp(up: Layer, down: Layer, act: Layer): Layer {
  return (x) => down(act(up(x)));
}
