import { asHandle, Handle } from './handle.js';
import type { TypedArray } from '../dtype.js';
import type { Compiled, Device, PlanSummary, Storage } from '../device.js';
import { MiaError, show } from '../errors.js';
import { Node, release, retain } from '../ir/node.js';
import { Layout } from '../layout/index.js';
import { bindInput, type RunInput } from './program-inputs.js';
import { bindOutputs } from './program-outputs.js';
import { checkState, ProgramState } from './program-state.js';
import { writeProgram, type Recorded } from './program-file.js';
import { checkSpecs, type Spec } from './spec.js';

export interface RunOptions {
  readonly signal?: AbortSignal;
  /**
   * Arrays that take outputs, by name: nothing is allocated for those. They are written while the run goes on, must not
   * share memory with an input or another output, and come back in the result.
   */
  readonly into?: Readonly<Record<string, TypedArray>>;
  /** What `createState` made, for a program with states: read, and written over. ERR_BUSY while another run uses it. */
  readonly state?: ProgramState;
}

/** Records a function of named tensors; called once for every new set of sizes. */
export type Recorder = (inputs: Record<string, Handle>) => Record<string, unknown>;

/** Sizes for which a program stays prepared; the least recently used go first. */
const CACHED_SIZES = 32;

interface Specialized extends Recorded {
  readonly compiled: Compiled;
  /** Names and nodes of the outputs that go out as arrays. */
  readonly results: readonly string[];
  readonly arrays: readonly Node[];
}

/**
 * A function recorded once and run many times. Sizes that a spec leaves open (null) are specialized at the first run
 * that has them. Runs may overlap.
 */
export class Program {
  readonly #sizes = new Map<string, Promise<Specialized>>();
  readonly #device: Device;
  readonly #specs: ReadonlyMap<string, Spec>;
  readonly #states: ReadonlyMap<string, Spec>;
  readonly #record: Recorder;
  readonly #Tensor: new (node: Node) => Handle;
  #last: Specialized | undefined;
  readonly #running = new Set<Promise<unknown>>();
  #disposed = false;

  /** @internal */
  constructor(
    device: Device,
    specs: Record<string, Spec>,
    record: Recorder,
    Tensor: new (node: Node) => Handle,
  ) {
    this.#device = device;
    this.#specs = checkSpecs(specs);
    this.#states = new Map([...this.#specs].filter(([, s]) => s.state));
    this.#record = record;
    this.#Tensor = Tensor;
  }

  /** Runs with one array per input; resolves to one array per output. Rejects with ERR_ABORTED once `signal` fires. */
  async run(
    inputs: Record<string, RunInput>,
    { signal, into, state }: RunOptions = {},
  ): Promise<Record<string, TypedArray>> {
    if (signal !== undefined && !(signal instanceof AbortSignal)) {
      throw new MiaError('ERR_DTYPE', 'run', {
        message: 'bad signal',
        expected: 'an AbortSignal',
        actual: show(signal),
      });
    }
    if (signal?.aborted)
      throw new MiaError('ERR_ABORTED', 'run', { message: 'the run was aborted', cause: signal.reason });
    if (this.#device.core.closed)
      throw new MiaError('ERR_CLOSED', 'run', `the ${this.#device.kind} device is closed`);
    const keeps = checkState(state, this.#states.size > 0);
    const bound = this.#bind(inputs);
    const run = async (states?: readonly Storage[]): Promise<Record<string, TypedArray>> => {
      const { compiled, results, arrays } = await this.#specialize(bound.map((b) => b.shape));
      const data = bound.flatMap((b) => b.data ?? []);
      const targets = into && bindOutputs(results, arrays, into, data);
      const made = await compiled.run(data, signal, targets, states);
      return Object.fromEntries(results.map((name, i) => [name, into?.[name] ?? made[i]]));
    };
    const running = keeps ? keeps.lend(this.#device, this.#states, run) : run();
    this.#running.add(running);
    try {
      return await running;
    } finally {
      this.#running.delete(running);
    }
  }

  /** Memory for the program's states, all zeros: one for each sequence of runs that build on each other. */
  createState(): ProgramState {
    if (this.#device.core.closed)
      throw new MiaError('ERR_CLOSED', 'state', `the ${this.#device.kind} device is closed`);
    return new ProgramState(this.#device, this.#states);
  }

  /** The plan for given input shapes (open sizes default to 1). */
  async explain(shapes: Record<string, readonly number[]> = {}): Promise<PlanSummary> {
    const list = [...this.#specs].map(([name, spec]) => shapes[name] ?? spec.shape.map((n) => n ?? 1));
    return (await this.#specialize(list)).compiled.summary;
  }

  /** Prepares given input shapes now, so that the first run with them is not the slow one. */
  async prepare(shapes: Record<string, readonly number[]> = {}): Promise<void> {
    await this.explain(shapes);
  }

  /**
   * The program as a safetensors file: its weights, and the graph recorded for the sizes used last. Read back, open
   * sizes stay open, as far as the ops were recorded without naming sizes (`reshape([-1, 64])`).
   */
  toBytes(): Uint8Array {
    const recorded =
      this.#last ?? this.#recordAt([...this.#specs.values()].map((s) => s.shape.map((n) => n ?? 1)));
    try {
      return writeProgram(this.#specs, recorded);
    } finally {
      if (recorded !== this.#last) freeNodes(recorded);
    }
  }

  /** Frees what the program holds. Runs in flight end first. */
  async dispose(): Promise<void> {
    this.#disposed = true;
    const all = [...this.#sizes.values()];
    this.#sizes.clear();
    this.#last = undefined;
    await Promise.allSettled(this.#running);
    for (const s of await Promise.allSettled(all)) if (s.status === 'fulfilled') free(s.value);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** One entry per spec; states have no data. */
  #bind(inputs: Record<string, RunInput>): { data?: TypedArray; shape: readonly number[] }[] {
    const expected = [...this.#specs.keys()].filter((name) => !this.#states.has(name));
    for (const name of Object.keys(inputs ?? {})) {
      if (!expected.includes(name))
        throw new MiaError('ERR_SHAPE', 'run', {
          message: 'no such input',
          expected: expected.join(', '),
          actual: show(name),
        });
    }
    return [...this.#specs].map(([name, spec]) =>
      spec.state ? { shape: spec.shape as number[] } : bindInput(name, spec, inputs?.[name]),
    );
  }

  #specialize(shapes: readonly (readonly number[])[]): Promise<Specialized> {
    const key = shapes.map((s) => s.join()).join(';');
    const known = this.#sizes.get(key);
    if (known) return known;
    const made = this.#trace(shapes);
    this.#sizes.set(key, made);
    made.catch(() => this.#sizes.delete(key));
    if (this.#sizes.size > CACHED_SIZES) {
      const [oldest, dropped] = this.#sizes.entries().next().value!;
      this.#sizes.delete(oldest);
      dropped.then(
        (old) => {
          if (this.#last === old) this.#last = undefined;
          free(old);
        },
        () => {},
      );
    }
    return made;
  }

  async #trace(shapes: readonly (readonly number[])[]): Promise<Specialized> {
    const recorded = this.#recordAt(shapes);
    try {
      await settleConstants(recorded.inputs, recorded.outputs, this.#device);
      const { names, inputs, outputs } = recorded;
      const stateOf = new Map([...this.#specs.keys()].map((name, i) => [name, inputs[i]]));
      const results = names.filter((name) => !this.#states.has(name));
      const output = (name: string): Node => outputs[names.indexOf(name)];
      const compiled = this.#device.core.compile(inputs, [
        ...results.map((name) => ({ node: output(name), form: 'array' as const })),
        ...[...this.#states.keys()].map((name) => ({
          node: output(name),
          form: 'state' as const,
          state: stateOf.get(name),
        })),
      ]);
      return (this.#last = { ...recorded, compiled, results, arrays: results.map(output) });
    } catch (error) {
      freeNodes(recorded);
      throw error;
    }
  }

  /** Every state gets a next value of its own kind. */
  #checkStates(names: readonly string[], outputs: readonly Node[]): void {
    for (const [name, { dtype, shape }] of this.#states) {
      const next = outputs[names.indexOf(name)];
      if (next?.dtype === dtype && next.shape.join() === shape.join()) continue;
      throw new MiaError('ERR_SHAPE', 'compile', {
        message: `the function must return the next value of state '${name}'`,
        expected: `${dtype} [${shape.join(', ')}]`,
        actual: next ? `${next.dtype} [${next.shape.join(', ')}]` : 'nothing of this name',
      });
    }
  }

  /** Calls the function once on inputs without values. */
  #recordAt(shapes: readonly (readonly number[])[]): Recorded {
    const device = this.#device;
    const leaf = device.core.ops.get('leaf')!;
    if (this.#disposed) throw new MiaError('ERR_CLOSED', 'run', 'the program is disposed');
    if (device.core.closed)
      throw new MiaError('ERR_CLOSED', 'compile', `the ${device.kind} device is closed`);
    const inputs = [...this.#specs.values()].map(
      (spec, i) => new Node(device, leaf, [], {}, spec.dtype, Layout.rowMajor(shapes[i] as number[]), 0),
    );
    inputs.forEach(retain);
    const handles = inputs.map((node) => new this.#Tensor(node));
    const outputs: Node[] = [];
    try {
      const result = this.#record(
        Object.fromEntries([...this.#specs.keys()].map((name, i) => [name, handles[i]])),
      );
      if (typeof result !== 'object' || result === null || result instanceof Promise) {
        if (result instanceof Promise) disposeLater(result);
        throw new MiaError('ERR_SHAPE', 'compile', {
          message: 'the function must return its outputs by name',
          actual: show(result),
        });
      }
      for (const value of Object.values(result)) outputs.push(asHandle('compile', value).take('compile'));
      this.#checkStates(Object.keys(result), outputs);
      return { names: Object.keys(result), inputs, outputs };
    } catch (error) {
      freeNodes({ names: [], inputs, outputs });
      throw error;
    } finally {
      for (const h of handles) h.dispose();
    }
  }
}

/** What a refused asynchronous function made, when it has. */
function disposeLater(results: Promise<unknown>): void {
  const dispose = (made: unknown): void => {
    for (const value of Object.values(made ?? {})) if (Handle.is(value)) value.dispose();
  };
  results.then(dispose, () => {});
}

function freeNodes({ inputs, outputs }: Recorded): void {
  [...inputs, ...outputs].forEach(release);
}

function free(specialized: Specialized): void {
  specialized.compiled.release();
  freeNodes(specialized);
}

/** Computes, once, what depends on no input: converted weights and the like become constants of the program. */
async function settleConstants(
  inputs: readonly Node[],
  outputs: readonly Node[],
  device: Device,
): Promise<void> {
  const varies = new Map<Node, boolean>(inputs.map((n) => [n, true]));
  const stack = [...outputs];
  while (stack.length) {
    const n = stack.at(-1)!;
    if (varies.has(n)) {
      stack.pop();
      continue;
    }
    if (!n.storage && n.op.kind === 'leaf')
      throw new MiaError('ERR_CLOSED', 'compile', 'a tensor of another recording is used as a constant');
    const open = n.storage ? [] : n.inputs.filter((i) => !varies.has(i));
    if (open.length) stack.push(...open);
    else {
      varies.set(n, !n.storage && n.inputs.some((i) => varies.get(i)));
      stack.pop();
    }
  }
  const constant = (n: Node): boolean =>
    !varies.get(n) && !n.storage && n.inputs.length > 0 && n.op.kind !== 'move';
  const frontier = new Set<Node>();
  const visit = new Set<Node>();
  const walk = [...outputs];
  for (let n = walk.pop(); n; n = walk.pop()) {
    if (visit.has(n)) continue;
    visit.add(n);
    if (constant(n)) frontier.add(n);
    else walk.push(...n.inputs);
  }
  if (frontier.size) await device.core.evaluate([...frontier].map((node) => ({ node, form: 'keep' })));
}
