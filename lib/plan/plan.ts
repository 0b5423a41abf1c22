import type { BlockDType, DType, Reg, ScalarDType } from '../dtype.js';
import type { Form, PlanSummary } from '../device.js';
import type { Attrs, RoutineRecord } from '../ir/op.js';
import type { Dims } from './views.js';

/** Planned storage with a lifetime, not an address: devices decide where slots lie. */
export interface Slot {
  readonly kind: 'input' | 'output' | 'temp';
  readonly bytes: number;
  /** Steps that first write and last touch it; -1 and the step count for memory from before and for after the run. */
  readonly first: number;
  readonly last: number;
  /** For an output: the input slot whose memory it may take over. */
  readonly donor?: number;
}

export const IOTA = -1;

/** A strided window on a slot. slot IOTA: no memory, an element is its own offset. */
export interface Operand extends Dims {
  readonly slot: number;
  /** Of blocks: kernels that decode them; offset and strides count elements all the same. */
  readonly dtype: ScalarDType | BlockDType;
}

export interface TileConst {
  readonly reg: number;
  readonly type: Reg;
  readonly value: number;
}
/** dst = op(args); `load` takes an operand index. */
export interface TileInstr {
  readonly op: string;
  readonly dst: number;
  readonly args: readonly number[];
}
export interface TileStore {
  readonly reg: number;
  readonly operand: number;
}

/**
 * Elementwise code over a linear index space: loads, straight-line code in registers, stores. A prologue leaves its value
 * in `result`; an epilogue finds its input in register 0.
 */
export interface TileCode {
  readonly operands: readonly Operand[];
  readonly consts: readonly TileConst[];
  readonly code: readonly TileInstr[];
  readonly stores: readonly TileStore[];
  readonly regs: number;
  readonly result: number;
}

/** One kernel call. What `operands`, `ints` and `floats` mean is the kernel's contract (native/kernels, webgpu/kernels). */
export interface Step {
  /** Ops that the step computes, in order: 'matmul+add+relu'. */
  readonly op: string;
  /** 'map', 'rows.softmax.f32', ... */
  readonly kernel: string;
  readonly ints: readonly number[];
  readonly floats: readonly number[];
  readonly operands: readonly Operand[];
  readonly prologue?: TileCode;
  readonly epilogue?: TileCode;
  /** Slots read and written, each once. */
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  /** A result lies over memory that the step reads. */
  readonly inPlace: boolean;
  /** A kernel in JavaScript: its op, and the shapes and dtypes of its operands (the last one is the result). */
  readonly host?: {
    readonly op: RoutineRecord;
    readonly attrs: Attrs;
    readonly operands: readonly { shape: readonly number[]; dtype: DType }[];
  };
}

export interface PlanInput {
  readonly slot: number;
  /** Computed from another constant by this step, once, when the plan is prepared; devices add such inputs. */
  readonly once?: Step;
  readonly constant: boolean;
  readonly donatable: boolean;
}

/** A result: an array (all of its slot), a value kept on the device, or a state's next value. */
export interface PlanOutput {
  readonly slot: number;
  readonly form: Form;
  readonly dtype: DType;
  readonly elements: number;
}

/**
 * Immutable, device-neutral until a device specializes it, shared between runs. Inputs and states are slots 0, 1, ... in
 * order; a state's is an output slot that has a value before the run.
 */
export interface Plan {
  readonly slots: readonly Slot[];
  readonly inputs: readonly PlanInput[];
  readonly outputs: readonly PlanOutput[];
  readonly steps: readonly Step[];
}

/** Names of slots as plans print them: in0, t1, out0. */
export function slotNames(plan: Plan): string[] {
  const count = { input: 0, output: 0, temp: 0 };
  const short = { input: 'in', output: 'out', temp: 't' } as const;
  return plan.slots.map(({ kind }) => `${short[kind]}${count[kind]++}`);
}

/** Bytes that runs of the plan allocate: results and scratch, without what they take over. */
export const allocatedBytes = (plan: Plan): number =>
  plan.slots.reduce((sum, s) => sum + (s.kind === 'input' || s.donor !== undefined ? 0 : s.bytes), 0);

export function summarize(plan: Plan): PlanSummary {
  const names = slotNames(plan);
  const steps = plan.steps.map((s) => ({
    op: s.op,
    kernel: s.kernel,
    inputs: s.reads.map((r) => names[r]),
    output: s.writes.map((w) => names[w]).join(' '),
    inPlace: s.inPlace,
  }));
  const slots = plan.slots.map((s, i) => ({ name: names[i], bytes: s.bytes, first: s.first, last: s.last }));
  return { steps, slots, bytes: allocatedBytes(plan), toString: () => printPlan(plan) };
}

/** The plan as text, a line a step; the golden tests compare it. */
export function printPlan(plan: Plan): string {
  const names = slotNames(plan);
  const lines = plan.steps.map((s, i) => {
    const parts = [
      `${i}: ${s.writes.map((w) => names[w]).join(' ')} = ${s.op}(${s.reads.map((r) => names[r]).join(', ')})`,
      s.kernel,
    ];
    if (s.ints.length) parts.push(`[${s.ints.join(', ')}]`);
    if (s.inPlace) parts.push('in place');
    return parts.join('  ');
  });
  const slots = plan.slots.map((s, i) => {
    const taken = s.donor === undefined ? '' : ` over ${names[s.donor]}`;
    return `${names[i]}: ${s.bytes === Infinity ? 'any' : s.bytes} bytes${taken}`;
  });
  return [...lines, `slots  ${slots.join(', ')}`].join('\n');
}

/** A tile program as text, for MIA_DEBUG=3. */
export function printTile(code: TileCode): string {
  const consts = code.consts.map((c) => `r${c.reg} = ${c.value} ${c.type}`);
  const instrs = code.code.map(
    (i) => `r${i.dst} = ${i.op} ${i.args.map((a) => (i.op === 'load' ? `#${a}` : `r${a}`)).join(' ')}`,
  );
  const stores = code.stores.map((s) => `#${s.operand} = r${s.reg}`);
  return [...consts, ...instrs, ...stores].join('; ');
}
