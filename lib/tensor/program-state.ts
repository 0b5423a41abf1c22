import { bytesFor, laneOf, lengthFor, viewArray, type TypedArray } from '../dtype.js';
import type { Device, Storage } from '../device.js';
import { MiaError, show } from '../errors.js';
import { sizeOf } from '../ops/rules.js';
import type { Spec } from './spec.js';

/**
 * What a program keeps on its device from one run to the next: its inputs declared by `state()`. Starts as zeros; a run
 * that is given it reads it and writes the next values over it. One run at a time.
 */
export class ProgramState implements Disposable {
  readonly #device: Device;
  readonly #specs: ReadonlyMap<string, Spec>;
  readonly #memory = new Map<string, Storage>();
  #busy = false;
  #disposed = false;

  /** Users take `program.createState()`. @internal */
  constructor(device: Device, specs: ReadonlyMap<string, Spec>) {
    this.#device = device;
    this.#specs = specs;
    try {
      for (const [name, s] of specs) this.#memory.set(name, device.core.reserve(bytesOf(s)));
    } catch (error) {
      this.dispose();
      throw error;
    }
  }

  /** Bytes reserved on the device; pages not yet written may take no memory. */
  get bytes(): number {
    return [...this.#specs.values()].reduce((sum, s) => sum + bytesOf(s), 0);
  }

  /** A copy of one value, in row-major order. Throws ERR_BUSY during a run, ERR_UNSUPPORTED where the host cannot see it. */
  read(name: string): TypedArray {
    const [spec, memory] = [this.#specs.get(name), this.#memory.get(name)];
    this.#check();
    if (!spec || !memory)
      throw new MiaError('ERR_SHAPE', 'state', {
        message: 'no such state',
        expected: [...this.#specs.keys()].join(', '),
        actual: show(name),
      });
    const bytes = memory.peek();
    if (!bytes) throw new MiaError('ERR_UNSUPPORTED', 'state', `cannot be read on ${this.#device.kind}`);
    return viewArray(laneOf(spec.dtype), bytes.slice().buffer, 0, elementsOf(spec));
  }

  /** Frees the memory, after the run that uses it. */
  dispose(): void {
    this.#disposed = true;
    for (const memory of this.#memory.values()) memory.release();
    this.#memory.clear();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Lends the memory of `specs`, in their order, to one run at a time. @internal */
  async lend<T>(
    device: Device,
    specs: ReadonlyMap<string, Spec>,
    run: (memory: readonly Storage[]) => Promise<T>,
  ): Promise<T> {
    this.#check();
    if (device !== this.#device)
      throw new MiaError('ERR_DEVICE', 'run', 'the state belongs to another device');
    for (const [name, s] of specs) {
      const own = this.#specs.get(name);
      if (own && own.dtype === s.dtype && own.shape.join() === s.shape.join()) continue;
      throw new MiaError('ERR_SHAPE', 'run', {
        message: `state '${name}' does not fit`,
        expected: `${s.dtype} [${s.shape.join(', ')}]`,
        actual: own ? `${own.dtype} [${own.shape.join(', ')}]` : 'nothing of this name',
      });
    }
    const memory = [...specs.keys()].map((name) => this.#memory.get(name)!);
    this.#busy = true;
    for (const m of memory) m.retain(); // dispose() may come first
    try {
      return await run(memory);
    } finally {
      this.#busy = false;
      for (const m of memory) m.release();
    }
  }

  #check(): void {
    if (this.#disposed) throw new MiaError('ERR_CLOSED', 'run', 'the state is disposed');
    if (this.#busy) throw new MiaError('ERR_BUSY', 'run', 'another run is using the state');
  }
}

/** The state that a run was given, if it is one and the program wants one. */
export function checkState(state: unknown, wanted: boolean): ProgramState | undefined {
  if (wanted ? state instanceof ProgramState : state === undefined) return state as ProgramState | undefined;
  throw new MiaError('ERR_SHAPE', 'run', {
    message: wanted ? 'the program keeps a state' : 'the program keeps no state',
    expected: wanted ? 'what program.createState() made' : 'no state',
    actual: show(state),
  });
}

const elementsOf = ({ dtype, shape }: Spec): number => lengthFor(dtype, sizeOf(shape as number[]));
const bytesOf = ({ dtype, shape }: Spec): number => bytesFor(dtype, sizeOf(shape as number[]));
