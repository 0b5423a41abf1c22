import type { Device } from '../../device.js';
import type { DType } from '../../dtype.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { Floats } from '../tensors.js';

/** The token that follows, and the natural logarithm of its probability. */
export interface NextToken {
  readonly id: number;
  readonly logprob: number;
}

/** The same inside a program, each [1], by logits [vocab]. */
export function nextToken(logits: Floats): { id: Tensor<Device, DType>; logprob: Floats } {
  const id = logits.clone().argmax(0, { keepDims: true });
  return { id: id.clone(), logprob: logits.logSoftmax().takeAlong(id, 0) };
}
