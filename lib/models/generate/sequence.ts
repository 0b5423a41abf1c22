import type { Device, PlanSummary } from '../../device.js';
import type { DType, TypedArray } from '../../dtype.js';
import { MiaError } from '../../errors.js';
import { compile, type Program } from '../../tensor/compile.js';
import type { ProgramState } from '../../tensor/program-state.js';
import { spec, state, type Spec } from '../../tensor/spec.js';
import type { Tensor } from '../../tensor/tensor.js';
import { attendCached, type LayerCache } from '../decoder/attend.js';
import type { Decoder } from '../decoder/decoder.js';
import { Frequencies, frequencyInputs, frequencySpecs } from '../layers/frequencies.js';
import type { Ints } from '../tensors.js';
import { bucketOf, CHUNK } from './buckets.js';
import { drawInputs, drawSpecs, greedy, nextToken, type DrawBy, type NextToken } from './next-token.js';

export type CacheDType = 'f32' | 'f16' | 'bf16';

/** What a sequence asks of its program. */
export interface SequenceSource {
  /** Positions that a sequence may have. */
  readonly capacity: number;
  /** How many of the ids that wait the next run takes. */
  rows(waiting: number): number;
  /** Inputs of a run over ids from position `start` on. */
  inputs(ids: readonly number[], start: number): Record<string, TypedArray>;
}

/** A decoder as a program over one sequence's cache of keys and values: any number of rows a run, from one on. */
export class SequenceProgram implements SequenceSource {
  #program: Promise<Program> | undefined;

  constructor(
    readonly device: Device,
    readonly decoder: Decoder,
    readonly capacity: number,
    readonly cache: CacheDType,
  ) {}

  get vocab(): number {
    return this.decoder.spec.vocab;
  }

  async start(): Promise<Sequence> {
    const program = await (this.#program ??= this.#compile());
    return new Sequence(this, program, program.createState());
  }

  /** The plan of a run over so many rows. */
  async explain(rows: number): Promise<PlanSummary> {
    const program = await (this.#program ??= this.#compile());
    return program.explain({ ids: [rows], positions: [rows] });
  }

  async dispose(): Promise<void> {
    await (await this.#program)?.dispose();
  }

  rows(waiting: number): number {
    return Math.min(waiting, CHUNK);
  }

  /** Rows of padding follow the real ones, with an id that was seen: nothing sees what they write before it is written over. */
  inputs(ids: readonly number[], start: number): Record<string, TypedArray> {
    const { capacity, decoder } = this;
    const padded = bucketOf(ids.length);
    const rows = start + padded <= capacity ? padded : ids.length;
    return {
      ids: Int32Array.from({ length: rows }, (_, i) => ids[i] ?? ids.at(-1)!),
      positions: Int32Array.from({ length: rows }, (_, i) => start + i),
      length: Int32Array.of(start + rows),
      last: Int32Array.of(ids.length - 1),
      ...frequencyInputs(decoder.rotaries, start + ids.length),
    };
  }

  #compile(): Promise<Program> {
    const { decoder, capacity, cache } = this;
    const { layers, kvHeads, headDim, vocab } = decoder.spec;
    const memory = state(cache, [capacity, kvHeads * headDim]);
    const specs: Record<string, Spec> = {
      ids: spec('i32', [null]),
      positions: spec('i32', [null]),
      length: spec('i32', []),
      last: spec('i32', [1]),
      ...drawSpecs(vocab),
      ...frequencySpecs(decoder.rotaries),
      ...Object.fromEntries(
        layers.flatMap((_, i) => [
          [`keys.${i}`, memory],
          [`values.${i}`, memory],
        ]),
      ),
    };
    return compile(this.device, specs, (inputs) => {
      const { ids, positions, length, last } = inputs as Record<string, Ints>;
      const of = (name: string): Tensor<Device, DType> => inputs[name];
      const caches = layers.map((_, i): LayerCache => ({ keys: of(`keys.${i}`), values: of(`values.${i}`) }));
      const frequencies = new Frequencies(this.device, decoder.rotaries, { inputs });
      const hidden = decoder.hidden({
        ids: ids.clone(),
        positions: positions.clone(),
        frequencies: frequencies.of,
        attend: attendCached(caches, positions, length),
      });
      frequencies.dispose();
      const logits = decoder.logits(hidden.gather(last, 0)).reshape([vocab]);
      const next = caches.flatMap(({ keys, values }, i) => [
        [`keys.${i}`, keys],
        [`values.${i}`, values],
      ]);
      return { ...nextToken(logits, ids, inputs), ...Object.fromEntries(next) } as Record<
        string,
        Tensor<Device, DType>
      >;
    }) as Promise<unknown> as Promise<Program>;
  }
}

/** One sequence that grows: what was fed is remembered on the device. */
export class Sequence implements Disposable {
  #length = 0;

  constructor(
    readonly of: SequenceSource,
    readonly program: Program,
    readonly state: ProgramState,
  ) {}

  /** Positions fed so far. */
  get length(): number {
    return this.#length;
  }

  /** Feeds ids, in chunks, and draws what follows the last. */
  async feed(ids: ArrayLike<number>, by: DrawBy = greedy, signal?: AbortSignal): Promise<NextToken> {
    const { capacity } = this.of;
    if (ids.length === 0)
      throw new MiaError('ERR_SHAPE', 'generate', 'nothing to go on: the prompt is empty');
    if (this.#length + ids.length > capacity) {
      throw new MiaError('ERR_SHAPE', 'generate', {
        message: 'the sequence is longer than the context',
        expected: `at most ${capacity} tokens`,
        actual: String(this.#length + ids.length),
      });
    }
    let next: NextToken | undefined;
    for (let at = 0, rows; at < ids.length; at += rows) {
      rows = this.of.rows(ids.length - at);
      next = await this.#step(Array.prototype.slice.call(ids, at, at + rows), by, signal);
    }
    return next!;
  }

  dispose(): void {
    this.state.dispose();
  }
  [Symbol.dispose](): void {
    this.dispose();
  }

  async #step(ids: readonly number[], by: DrawBy, signal?: AbortSignal): Promise<NextToken> {
    const inputs = { ...this.of.inputs(ids, this.#length), ...drawInputs(by) };
    const { id, logprob } = (await this.program.run(inputs, { state: this.state, signal })) as {
      id: Int32Array;
      logprob: Float32Array;
    };
    this.#length += ids.length;
    return { id: id[0], logprob: logprob[0] };
  }
}
