/** Kernel families by the first word of a kernel's name. */
import { MiaError } from '../../errors.js';
import type { Step } from '../../plan/plan.js';
import { attention } from './attention.js';
import { decode } from './decode.js';
import { gather, scatter, takeAlong } from './indexed.js';
import type { Dispatch, Kernel, KernelContext } from './kernel.js';
import { map } from './map.js';
import { product } from './product.js';
import { reduce } from './reduce.js';
import { rows } from './rows.js';
import { topk } from './topk.js';
import { avgPool2d, conv2d, maxPool2d } from './windows.js';
import { wkv7 } from './wkv7.js';

const kernels: Readonly<Record<string, Kernel>> = {
  map,
  reduce,
  rows,
  matmul: product,
  gather,
  takeAlong,
  scatter,
  conv2d,
  maxPool2d,
  avgPool2d,
  attention,
  topk,
  decode,
  wkv7,
};

export function dispatchOf(step: Step, cx: KernelContext): Dispatch {
  const kernel = kernels[step.kernel.split('.')[0]];
  if (kernel) return kernel(step, cx);
  throw new MiaError('ERR_UNSUPPORTED', step.op, {
    message: 'WebGPU has no kernel for it',
    expected: `one of ${Object.keys(kernels).join(' ')}`,
    actual: step.kernel,
  });
}
