import { expect } from 'vitest';
import type { DType } from '../../../lib/dtype.js';
import type { Device } from '../../../lib/device.js';
import { MiaError, type ErrorCode } from '../../../lib/errors.js';
import { Tensor } from '../../../lib/tensor/tensor.js';
import { fakeDevice } from '../fake-device.js';

export type Any = Tensor<Device, DType>;

/** Zeros on a device, typed loosely so that tests can do what the compiler forbids. */
export const zeros = (device: Device, shape: readonly number[], dtype: DType = 'f32'): Any =>
  Tensor.zeros(device, shape, dtype);

/** What a thrown error says. */
export function failure(fn: () => unknown): MiaError {
  try {
    fn();
  } catch (error) {
    expect(error).toBeInstanceOf(MiaError);
    return error as MiaError;
  }
  throw new Error('nothing was thrown');
}

export interface Refusal {
  /** Makes a call that must fail, with tensors from `make`. */
  call: (make: (shape: readonly number[], dtype?: DType) => Any, device: Device) => unknown;
  code: ErrorCode;
  says: string;
}

/** Checks the error, and that nothing was consumed or left behind. */
export function expectRefusal({ call, code, says }: Refusal): void {
  const device = fakeDevice();
  const made: Any[] = [];
  const make = (shape: readonly number[], dtype?: DType): Any => {
    const tensor = zeros(device, shape, dtype);
    made.push(tensor);
    return tensor;
  };
  const error = failure(() => call(make, device));
  expect(error.message).toContain(says);
  expect(error.code).toBe(code);
  expect(device.memory().liveTensors).toBe(made.length);
  for (const tensor of made) {
    expect(tensor.moved).toBe(false);
    expect(tensor.peek('test').refs).toBe(1);
    tensor.dispose();
  }
  expect(device.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
}
