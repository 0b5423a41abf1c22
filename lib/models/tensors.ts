/** Tensors as models use them: sizes are the configuration's, known when a model is loaded. */
import type { Device } from '../device.js';
import type { AnyTensor } from '../tensor/signatures.js';
import type { Tensor } from '../tensor/tensor.js';

export type Floats = Tensor<Device, 'f32'>;
export type Ints = Tensor<Device, 'i32'>;
/** A weight: f32, or what f32 multiplies with. */
export type Weight = AnyTensor;

/** What a layer does to activations, rows of features. */
export type Layer = (x: Floats) => Floats;
