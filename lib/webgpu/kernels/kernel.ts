import type { Step } from '../../plan/plan.js';
import type { Program, ShaderBuilder } from '../shader.js';
import type { GpuTraits } from '../context.js';

/** One dispatch of a step: its program, and how many workgroups in x, y and z. */
export interface Dispatch {
  readonly program: Program;
  readonly grid: readonly [number, number, number];
}

export interface KernelContext {
  readonly traits: GpuTraits;
  /** The step's place in its plan. */
  readonly index: number;
  shader(): ShaderBuilder;
}

/** How a step of a kernel family becomes a dispatch. */
export type Kernel = (step: Step, cx: KernelContext) => Dispatch;

/** Of a dimension of a grid, in workgroups. */
const MOST_GROUPS = 65535;

/** Enough workgroups for `count`, over x and then y; shaders find their number by `group_of`. */
export function gridOf(count: number): [number, number, number] {
  const x = Math.min(count, MOST_GROUPS);
  return [x, Math.ceil(count / Math.max(x, 1)), 1];
}
