import type { Device } from '../device.js';
import type { TypedArray } from '../dtype.js';
import { MiaError, show } from '../errors.js';
import { compile, type Program } from '../tensor/compile.js';
import { spec, type Spec } from '../tensor/spec.js';
import type { Network, NetworkInput } from './network.js';

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

/** `model.forward`: one program for each set of inputs that are given. */
export class Forward {
  readonly #programs = new Map<string, Promise<Prepared>>();

  constructor(
    readonly device: Device,
    readonly network: Network,
  ) {}

  async run(inputs: Readonly<Record<string, NamedArray>>): Promise<Record<string, NamedResult>> {
    const given = this.#check(inputs);
    const names = Object.keys(given);
    const { program, shapes } = await this.#prepare(names);
    const results = (await program.run(given)) as Record<string, Float32Array>;
    const known = shapes.get(keyOf(Object.values(given)))!;
    return Object.fromEntries(
      Object.entries(results).map(([name, data]) => [name, { data, shape: known[name], dtype: 'f32' }]),
    );
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
        const { dtype, rank } = this.network.inputs[name];
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
      const outputs = this.network.forward(inputs);
      shapes.set(key, Object.fromEntries(Object.entries(outputs).map(([n, t]) => [n, [...t.shape]])));
      return outputs;
    });
    return { program: program as unknown as Program, shapes };
  }

  /** The inputs that matter, in the network's order and dtypes. */
  #check(inputs: Readonly<Record<string, NamedArray>>): Record<string, NamedArray> {
    const known = this.network.inputs;
    const stranger = Object.keys(inputs ?? {}).find((name) => !Object.hasOwn(known, name));
    if (stranger !== undefined) throw refuse('no such input', Object.keys(known).join(', '), show(stranger));
    const given: Record<string, NamedArray> = {};
    for (const [name, input] of Object.entries(known)) {
      const value = inputs?.[name];
      if (value === undefined && input.optional) continue;
      if (value === undefined) throw refuse(`input '${name}' is missing`);
      const checked = checkInput(name, input, value);
      // A mask of ones says nothing, and costs.
      if (input.dtype === 'bool' && input.optional && (checked.data as Uint8Array).every((v) => v === 1))
        continue;
      given[name] = checked;
    }
    return given;
  }
}

const keyOf = (all: readonly { shape: readonly number[] }[]): string =>
  all.map((t) => t.shape.join()).join(';');

function refuse(message: string, expected?: string, actual?: string): MiaError {
  return new MiaError('ERR_SHAPE', 'forward', { message, expected, actual });
}

function checkInput(name: string, { dtype, rank, below }: NetworkInput, value: NamedArray): NamedArray {
  const { data, shape } = value;
  if (!ArrayBuffer.isView(data) || data instanceof DataView || !Array.isArray(shape))
    throw refuse(`input '${name}'`, '{ data: a typed array, shape }', show(value));
  const good = shape.length === rank && shape.every((n) => Number.isSafeInteger(n) && n > 0);
  if (!good || shape.reduce((a, b) => a * b, 1) !== data.length)
    throw refuse(`input '${name}' does not fit`, `${rank} sizes for ${data.length} elements`, show(shape));
  if (dtype === 'f32') {
    if (data instanceof Float32Array) return { data, shape };
    throw new MiaError('ERR_DTYPE', 'forward', {
      message: `input '${name}'`,
      expected: 'a Float32Array',
      actual: show(data),
    });
  }
  if (dtype === 'bool')
    return { data: Uint8Array.from(data as ArrayLike<number>, (v) => (v ? 1 : 0)), shape };
  const ids = data instanceof Int32Array ? data : Int32Array.from(data as ArrayLike<number>, Number);
  const stray = ids.find((v) => v < 0 || v >= (below ?? Infinity));
  if (stray !== undefined)
    throw refuse(`input '${name}' has an id out of range`, `[0, ${below})`, String(stray));
  return { data: ids, shape };
}
