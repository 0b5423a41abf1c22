import type { Cpu } from '../../lib/cpu/device.js';
import type { Device } from '../../lib/device.js';

/** Some device that is not a Cpu. */
interface Gpu extends Device {
  readonly kind: 'webgpu';
}
export declare const cpu: Cpu;
export declare const gpu: Gpu;
export type { Cpu, Gpu };
