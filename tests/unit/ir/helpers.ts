import { expect } from 'vitest';
import type { Device } from '../../../lib/device.js';
import { dtypeOfArray, type DType, type TypedArray } from '../../../lib/dtype.js';
import { MiaError, type ErrorCode } from '../../../lib/errors.js';
import { Node } from '../../../lib/ir/node.js';
import type { Attrs } from '../../../lib/ir/op.js';
import { Layout } from '../../../lib/layout/index.js';
import { Handle } from '../../../lib/tensor/handle.js';
import { record } from '../../../lib/tensor/record.js';
import { infer } from '../../../lib/ir/infer.js';

/** A tensor over an array that is lent to the device. */
export function lend(
  device: Device,
  data: TypedArray,
  shape: number[] | Layout,
  dtype?: DType,
  offset = 0,
): Handle {
  const layout = shape instanceof Layout ? shape : Layout.rowMajor(shape);
  const node = new Node(
    device,
    device.core.ops.get('leaf')!,
    [],
    {},
    dtype ?? dtypeOfArray(data)!,
    layout,
    offset,
  );
  node.storage = device.core.borrow(data);
  return new Handle(node);
}

/** A leaf without a value, as a compiled function's inputs are. */
export function placeholder(device: Device, dtype: DType, shape: number[]): Handle {
  return new Handle(new Node(device, device.core.ops.get('leaf')!, [], {}, dtype, Layout.rowMajor(shape), 0));
}

/** A tensor from an op without inputs. */
export function source(device: Device, name: string, attrs: Attrs): Handle {
  const op = device.core.ops.get(name)!;
  const { dtype, layout, offset } = infer(op, [], attrs);
  return new Handle(new Node(device, op, [], attrs, dtype, layout, offset));
}

export const full = (device: Device, value: number, dtype: DType, shape: number[] = []): Handle =>
  source(device, 'full', { value, dtype, shape });

/** Records an op on clones, so that inputs can be used again. */
export const on = (name: string, inputs: readonly Handle[], attrs?: Attrs): Handle =>
  record(name, inputs.map(clone), attrs);

export const clone = (handle: Handle): Handle => new Handle(handle.peek('clone'));

export const ramp = (n: number): Float32Array => Float32Array.from({ length: n }, (_, i) => i);

/** What `fn` throws, which must be a MiaError of one of the codes. */
export function failure(fn: () => unknown, ...codes: ErrorCode[]): MiaError {
  try {
    fn();
  } catch (e) {
    expect(e).toBeInstanceOf(MiaError);
    expect(codes).toContain((e as MiaError).code);
    return e as MiaError;
  }
  throw new Error('nothing was thrown');
}
