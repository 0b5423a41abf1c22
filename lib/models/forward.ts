import type { Device, PlanSummary } from '../device.js';
import type { TypedArray } from '../dtype.js';
import { compile, type Program } from '../tensor/compile.js';
import { spec, type Spec } from '../tensor/spec.js';
import { checkInputs } from './inputs.js';
import type { Network } from './network.js';
import { RowsForward } from './rows/forward.js';

/** A named array with its shape, row-major. */
export interface NamedArray {
  readonly data: TypedArray;
  readonly shape: readonly number[];
}
export interface NamedResult {
  readonly data: Float32Array;
  readonly shape: readonly number[];
  readonly dtype: 'f32';
}

interface Prepared {
  readonly program: Program;
  /** Shapes of the outputs by those of the inputs. */
  readonly shapes: Map<string, Record<string, number[]>>;
}

/** Shapes by input. */
export type Shapes = Readonly<Record<string, readonly number[]>>;

/** `model.forward`. */
export interface Forward {
  run(inputs: Readonly<Record<string, NamedArray>>): Promise<Record<string, NamedResult>>;
  /** The plan for inputs of these shapes. */
  explain(shapes: Shapes): Promise<PlanSummary>;
  dispose(): Promise<void>;
}

export function openForward(device: Device, network: Network): Forward {
  const { inputs, rows } = network;
  const forward = network.forward?.bind(network);
  return forward ? new WholeForward(device, inputs, forward) : new RowsForward(device, rows!, inputs);
}

/** Inputs as they are given: one program for each set of them. */
class WholeForward implements Forward {
  readonly #programs = new Map<string, Promise<Prepared>>();

  constructor(
    readonly device: Device,
    readonly inputs: Network['inputs'],
    readonly forward: NonNullable<Network['forward']>,
  ) {}

  async run(inputs: Readonly<Record<string, NamedArray>>): Promise<Record<string, NamedResult>> {
    const given = checkInputs(this.inputs, inputs);
    const names = Object.keys(given);
    const { program, shapes } = await this.#prepare(names);
    const results = (await program.run(given)) as Record<string, Float32Array>;
    const known = shapes.get(keyOf(Object.values(given)))!;
    return Object.fromEntries(
      Object.entries(results).map(([name, data]) => [name, { data, shape: known[name], dtype: 'f32' }]),
    );
  }

  async explain(shapes: Shapes): Promise<PlanSummary> {
    const needed = Object.keys(this.inputs).filter((name) => !this.inputs[name].optional || name in shapes);
    const { program } = await this.#prepare(needed);
    return program.explain(shapes);
  }

  async dispose(): Promise<void> {
    const programs = await Promise.all(this.#programs.values());
    this.#programs.clear();
    await Promise.all(programs.map(({ program }) => program.dispose()));
  }

  #prepare(names: readonly string[]): Promise<Prepared> {
    const key = names.join();
    const known = this.#programs.get(key);
    if (known) return known;
    const made = this.#compile(names);
    this.#programs.set(key, made);
    made.catch(() => this.#programs.delete(key));
    return made;
  }

  async #compile(names: readonly string[]): Promise<Prepared> {
    const shapes: Prepared['shapes'] = new Map();
    const specs = Object.fromEntries(
      names.map((name): [string, Spec] => {
        const { dtype, rank } = this.inputs[name];
        return [
          name,
          spec(
            dtype,
            Array.from({ length: rank }, () => null),
          ),
        ];
      }),
    );
    const program = await compile(this.device, specs, (inputs) => {
      const key = keyOf(Object.values(inputs));
      const outputs = this.forward(inputs);
      shapes.set(key, Object.fromEntries(Object.entries(outputs).map(([n, t]) => [n, [...t.shape]])));
      return outputs;
    });
    return { program: program as unknown as Program, shapes };
  }
}

const keyOf = (all: readonly { shape: readonly number[] }[]): string =>
  all.map((t) => t.shape.join()).join(';');
