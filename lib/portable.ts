/** The public names that are the same in Node and in browsers. */
export { MiaError, type ErrorCode } from './errors.js';
export type {
  ArrayOf,
  BlockDType,
  DType,
  FloatDType,
  IntDType,
  PackedDType,
  ScalarDType,
  TypedArray,
  WeightDType,
} from './dtype.js';
export type { Counters, Device, MemoryInfo, PlanSummary } from './device.js';
export type { Profile, ProfiledRun, ProfiledStep } from './plan/profile.js';
export { Layout, type IntTuple, type Tiler } from './layout/index.js';
export { WebGpu, WebGpuBuilder, type WebGpuInfo, type WebGpuOptions } from './webgpu/device.js';
export { s, type Scalar } from './ir/scalar.js';
export { Tensor } from './tensor/tensor.js';
export { expr } from './tensor/expr.js';
export {
  apply,
  defineOp,
  defineScalarOp,
  type CustomOp,
  type OpDeclaration,
  type ScalarDeclaration,
} from './tensor/custom.js';
export { fromHalf, toHalf } from './tensor/half.js';
export type { TensorOps } from './tensor/ops.js';
export type { Shape } from './tensor/types.js';
export { Tape } from './tensor/tape.js';
export { compile, Program } from './tensor/compile.js';
export type { ProgramState } from './tensor/program-state.js';
export { spec, state, type Spec, type StateSpec } from './tensor/spec.js';
