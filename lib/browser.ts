/** Mia's public surface in browsers: the names of index.ts, and nothing that needs Node. */
export * from './portable.js';
export { Cpu, CpuBuilder } from './cpu/absent.js';
