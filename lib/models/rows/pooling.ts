import { Tensor } from '../../tensor/tensor.js';
import type { Floats } from '../tensors.js';
import type { RowsStep } from './network.js';

/** How the rows of a sequence become one: their mean, the first, the last. */
export const poolings = ['mean', 'cls', 'last'] as const;
export type Pooling = (typeof poolings)[number];

/** Hidden states [rows, size] to [sequences, size]. */
export function pool(pooling: Pooling, hidden: Floats, step: RowsStep): Floats {
  if (pooling !== 'mean') return hidden.gather((pooling === 'cls' ? step.first : step.last).clone(), 0);
  const [sequences] = step.shares.shape;
  const zeros = Tensor.zeros(hidden.device, [sequences + 1, hidden.shape[1]]);
  const sums = zeros.scatter(step.owners.clone(), hidden, 0, { mode: 'add' });
  return sums.slice([[0, sequences]]).mul(step.shares.clone().reshape([-1, 1]));
}
