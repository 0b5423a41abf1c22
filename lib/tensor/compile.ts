import { MiaError, show } from '../errors.js';
import type { ArrayOf, DType } from '../dtype.js';
import type { Device, PlanSummary } from '../device.js';
import type { Handle } from './handle.js';
import { Program as Recording, type Recorder, type RunOptions } from './program.js';
import { readProgram } from './program-file.js';
import type { RunInput } from './program-inputs.js';
import type { ProgramState } from './program-state.js';
import type { Spec } from './spec.js';
import { Tensor } from './tensor.js';

type Specs = Record<string, Spec>;
type Outputs = Record<string, Tensor<Device, DType>>;
type Sizes<S extends readonly (number | null)[]> = {
  -readonly [I in keyof S]: S[I] extends number ? S[I] : number;
};
/** The tensors that a recorded function gets: sizes left open are plain numbers. */
export type Inputs<D extends Device, X extends Specs> = {
  [K in keyof X]: Tensor<D, X[K]['dtype'], Sizes<X[K]['shape']>>;
};
type States<X extends Specs> = { [K in keyof X]: X[K] extends { state: true } ? K : never }[keyof X];
type Results<X extends Specs, Y extends Outputs> = {
  [K in Exclude<keyof Y, States<X>>]: Y[K] extends Tensor<Device, infer T> ? ArrayOf<T> : never;
};

/** A function recorded once and run many times, typed by its inputs and outputs. */
export interface Program<X extends Specs = Specs, Y extends Outputs = Outputs> extends AsyncDisposable {
  /** Runs with one array per input; resolves to one array per output. Calls may overlap. ERR_ABORTED once `signal` fires. */
  run(inputs: { [K in Exclude<keyof X, States<X>>]: RunInput }, options?: RunOptions): Promise<Results<X, Y>>;
  /** Memory for the program's states, all zeros: one for each sequence of runs that build on each other. */
  createState(): ProgramState;
  /** The plan for given input shapes (open sizes default to 1). */
  explain(shapes?: { [K in keyof X]?: readonly number[] }): Promise<PlanSummary>;
  /** Prepares given input shapes now, so that no run has to wait for it. */
  prepare(shapes?: { [K in keyof X]?: readonly number[] }): Promise<void>;
  /** A safetensors file with weights and graph; `Program.fromBytes` reads it. */
  toBytes(): Uint8Array;
  /** Frees what the program holds. */
  dispose(): Promise<void>;
}

const TensorClass = Tensor as unknown as new (...args: never[]) => Handle;

/**
 * Records `fn` for named inputs. Tensors from outside that it clones become constants; what depends on them alone is
 * computed once. Sizes given as null are specialized, and cached, at the first run that has them.
 */
export async function compile<
  D extends Device,
  const X extends Specs,
  Y extends Record<string, Tensor<D, DType>>,
>(device: D, inputs: X, fn: (inputs: Inputs<D, X>) => Y): Promise<Program<X, Y>> {
  if (typeof (device as Device | undefined)?.core?.compile !== 'function') {
    throw new MiaError('ERR_DEVICE', 'compile', { message: 'not a device', actual: show(device) });
  }
  if (typeof fn !== 'function')
    throw new MiaError('ERR_SHAPE', 'compile', {
      message: 'nothing to record',
      expected: 'a function',
      actual: show(fn),
    });
  return open(device, inputs, fn as unknown as Recorder) as Promise<unknown> as Promise<Program<X, Y>>;
}

async function open(device: Device, specs: Specs, record: Recorder): Promise<Program<never, never>> {
  const program = new Recording(device, specs, record, TensorClass as never);
  if (Object.values(specs).every((s) => s.shape.every((n) => n !== null))) await program.prepare();
  return program as unknown as Program<never, never>;
}

export const Program = {
  /** A program that `toBytes` wrote, on this machine or another. Throws ERR_FORMAT for anything else. */
  async fromBytes(device: Device, bytes: Uint8Array): Promise<Program> {
    const { specs, record } = readProgram(bytes);
    return open(device, specs, record) as Promise<unknown> as Promise<Program>;
  },
};
