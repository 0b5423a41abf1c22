import type { Device, PlanSummary } from '../../device.js';
import { MiaError } from '../../errors.js';
import { compile, type Program } from '../../tensor/compile.js';
import { spec, type Spec } from '../../tensor/spec.js';
import { bucketOf } from '../generate/buckets.js';
import { Frequencies, frequencyInputs, frequencySpecs } from '../layers/frequencies.js';
import type { Floats, Ints } from '../tensors.js';
import type { RowsNetwork, RowsOutput } from './network.js';

/** Tokens of one sequence: at least one. */
export interface Sequence {
  readonly ids: Int32Array;
  readonly positions: Int32Array;
  /** Zeros if left out. */
  readonly types?: Int32Array;
}

const open = { i32: spec('i32', [null]), f32: spec('f32', [null]) };
const inputs = {
  ids: open.i32,
  positions: open.i32,
  types: open.i32,
  owners: open.i32,
  offsets: open.i32,
  first: open.i32,
  last: open.i32,
  shares: open.f32,
};

/** Some outputs of a network over sequences of any lengths. Sizes are padded to few, so that plans are used again. */
export class RowsProgram {
  /** By the padded number of sequences: each program keeps the plans of all numbers of rows. */
  readonly #programs = new Map<number, Promise<Program>>();
  #disposed = false;

  constructor(
    readonly device: Device,
    readonly network: RowsNetwork,
    readonly outputs: Readonly<Record<string, RowsOutput>>,
  ) {}

  /** By output, [rows or sequences, size] of those that were given; ERR_ABORTED once `signal` fires. */
  async run(sequences: readonly Sequence[], signal?: AbortSignal): Promise<Record<string, Float32Array>> {
    if (this.#disposed) throw new MiaError('ERR_CLOSED', 'run', 'the model is disposed');
    const rows = sequences.reduce((sum, s) => sum + s.ids.length, 0);
    const count = 2 ** Math.ceil(Math.log2(sequences.length)); // what pads it costs next to nothing
    const program = await (this.#programs.get(count) ?? this.#compile(count));
    const longest = Math.max(...sequences.map((s) => s.ids.length));
    const { rotaries } = this.network;
    const given = { ...lay(sequences, rows, count), ...frequencyInputs(rotaries, longest) };
    const results = (await program.run(given, { signal })) as Record<string, Float32Array>;
    const cut = ([name, { per, size }]: [string, RowsOutput]) => [
      name,
      results[name].subarray(0, (per === 'row' ? rows : sequences.length) * size),
    ];
    return Object.fromEntries(Object.entries(this.outputs).map(cut));
  }

  /** The plan of a run over so many rows of one sequence. */
  async explain(rows: number): Promise<PlanSummary> {
    const program = await (this.#programs.get(1) ?? this.#compile(1));
    const each = { ids: [rows], positions: [rows], types: [rows], owners: [rows] };
    return program.explain({ ...each, offsets: [2], first: [1], last: [1], shares: [1] });
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    const programs = await Promise.all(this.#programs.values());
    await Promise.all(programs.map((program) => program.dispose()));
  }

  #compile(count: number): Promise<Program> {
    const { rotaries } = this.network;
    const specs: Record<string, Spec> = {
      ...inputs,
      ...frequencySpecs(rotaries),
    };
    const program = compile(this.device, specs, (given) => {
      const named = given as Record<string, Ints>;
      const frequencies = new Frequencies(this.device, rotaries, { inputs: given });
      const step = {
        ...(named as unknown as Record<keyof typeof inputs, Ints>),
        shares: given.shares as Floats,
        frequencies: frequencies.of,
      };
      const hidden = this.network.run(step);
      frequencies.dispose();
      const results = Object.entries(this.outputs).map(([name, output]) => [
        name,
        output.of(hidden.clone(), step),
      ]);
      hidden.dispose();
      return Object.fromEntries(results) as Record<string, Floats>;
    }) as Promise<unknown> as Promise<Program>;
    this.#programs.set(count, program);
    return program;
  }
}

/** Sequences one after another in arrays of padded sizes; what pads is no part of any. */
function lay(
  sequences: readonly Sequence[],
  rows: number,
  count: number,
): Record<keyof typeof inputs, Int32Array | Float32Array> {
  const width = bucketOf(rows);
  const ints = (length: number, fill = 0): Int32Array => new Int32Array(length).fill(fill);
  const laid = {
    ids: ints(width),
    positions: ints(width),
    types: ints(width),
    owners: ints(width, count),
    offsets: ints(count + 1, rows),
    first: ints(count),
    last: ints(count),
    shares: new Float32Array(count),
  };
  let at = 0;
  sequences.forEach(({ ids, positions, types }, i) => {
    const end = at + ids.length;
    laid.ids.set(ids, at);
    laid.positions.set(positions, at);
    if (types) laid.types.set(types, at);
    laid.owners.fill(i, at, end);
    [laid.offsets[i], laid.first[i], laid.last[i], laid.shares[i]] = [at, at, end - 1, 1 / ids.length];
    at = end;
  });
  return laid;
}
