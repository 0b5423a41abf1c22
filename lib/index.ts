/** Mia's public surface in Node. Nothing inside the library imports this file. */
export * from './portable.js';
export { Cpu, CpuBuilder, type CpuInfo, type CpuOptions } from './cpu/device.js';
export type { HostKernel, HostKernelInfo } from './cpu/executable.js';
