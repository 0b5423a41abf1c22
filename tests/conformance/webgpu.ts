/** The WebGPU row of the devices, which browsers run too. */
import { WebGpu, type Device } from '../../lib/index.js';
import type { Case } from './case.js';

export interface DeviceRow {
  readonly name: string;
  create(): Promise<Device>;
  /** Cases that the device may answer with ERR_UNSUPPORTED; anything else it must compute. */
  mayRefuse?(c: Case): boolean;
  /** Numbers too small for a normal f32 may count as zeros, in and out. */
  readonly flushes?: true;
}

const wide = /\b(f64|i64|u64)\b/;
/** Shaders compute with 32 bits: 64-bit numbers are moved, at most. Nor do they draw samples or quantise yet. */
const lacking = (c: Case): boolean =>
  wide.test(c.name) ||
  c.inputs.some(({ dtype }) => wide.test(dtype)) ||
  /^sample|wraps inside a chain|^sum of ones|^gather from counts|quanti|to q\d/.test(c.name);

export const webgpu: DeviceRow = {
  name: 'webgpu',
  create: () => WebGpu.create(),
  mayRefuse: lacking,
  flushes: true,
};
