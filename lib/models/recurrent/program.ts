import type { Device, PlanSummary } from '../../device.js';
import type { TypedArray } from '../../dtype.js';
import { compile, type Program } from '../../tensor/compile.js';
import { spec, state, type Spec } from '../../tensor/spec.js';
import { drawSpecs, nextToken } from '../generate/next-token.js';
import { Sequence, type SequenceSource } from '../generate/sequence.js';
import type { Ints } from '../tensors.js';
import type { Memory, Recurrent } from './recurrent.js';

/** Rows of a run at most. */
const MOST_ROWS = 256;

/** A recurrent network as a program over what it remembers of one sequence: any number of rows a run, from one on. */
export class RecurrentProgram implements SequenceSource {
  #program: Promise<Program> | undefined;

  constructor(
    readonly device: Device,
    readonly network: Recurrent,
    /** Positions that a sequence may have. */
    readonly capacity: number,
  ) {}

  get vocab(): number {
    return this.network.vocab;
  }

  async start(): Promise<Sequence> {
    const program = await (this.#program ??= this.#compile());
    return new Sequence(this, program, program.createState());
  }

  /** The plan of a run over so many rows. */
  async explain(rows: number): Promise<PlanSummary> {
    const program = await (this.#program ??= this.#compile());
    return program.explain({ ids: [rows] });
  }

  async dispose(): Promise<void> {
    await (await this.#program)?.dispose();
  }

  /** Rows of padding would be remembered: runs have exactly as many rows as ids, and few sizes are powers of two. */
  rows(waiting: number): number {
    return Math.min(2 ** Math.floor(Math.log2(waiting)), MOST_ROWS);
  }

  inputs(ids: readonly number[]): Record<string, TypedArray> {
    return { ids: Int32Array.from(ids) };
  }

  #compile(): Promise<Program> {
    const { network } = this;
    const names = Object.keys(network.memory);
    const specs: Record<string, Spec> = {
      ids: spec('i32', [null]),
      ...drawSpecs(network.vocab),
      ...Object.fromEntries(names.map((name) => [name, state('f32', network.memory[name])])),
    };
    return compile(this.device, specs, (inputs) => {
      const { ids } = inputs as unknown as { ids: Ints };
      const before = Object.fromEntries(names.map((name) => [name, inputs[name]])) as unknown as Memory;
      const rows = ids.shape[0];
      const { hidden, memory } = network.rows(ids.clone().reshape([1, rows]), before);
      const last = hidden.slice([null, rows - 1]);
      const logits = network.logits(last).reshape([network.vocab]);
      return { ...nextToken(logits, ids, inputs), ...memory };
    }) as Promise<unknown> as Promise<Program>;
  }
}
