import type { Device } from '../../device.js';
import { bytesFor, type DType } from '../../dtype.js';
import { sampleSettings } from '../../ops/sample.js';
import { compile, type Program } from '../../tensor/compile.js';
import type { ProgramState } from '../../tensor/program-state.js';
import { spec, state, type Spec } from '../../tensor/spec.js';
import type { Tensor } from '../../tensor/tensor.js';
import { attendBlocks, type LayerCache } from '../decoder/attend.js';
import type { Decoder } from '../decoder/decoder.js';
import { Frequencies } from '../layers/frequencies.js';
import type { Floats, Ints } from '../tensors.js';
import { draw, drawInputs, type DrawBy, type NextToken } from './next-token.js';
import type { CacheDType } from './sequence.js';

/** Positions of a block of the cache. */
export const BLOCK = 64;

/** Rows of a sequence in a run, and of all sequences at most where they have more than one. */
const ROWS = [1, 16, 64, 256];
export const MOST_ROWS = ROWS.at(-1)!;

/** How many of the ids that wait a run takes, where up to `most` rows may be computed: no more than half are padding. */
export const rowsFor = (waiting: number, most = MOST_ROWS): number =>
  ROWS.findLast((rows) => rows <= most && (rows === 1 || 2 * waiting > rows))!;

/** What sequences are padded to. Few sizes altogether: planning one takes as long as many a run. */
const sequencesOf = (n: number): number =>
  n <= 2 ? n : n <= 16 ? Math.ceil(n / 4) * 4 : Math.ceil(n / 8) * 8;

/** What one sequence has computed in a run. */
export interface Part {
  /** All ids of the sequence so far; those in [from, to) are computed, the ones before them have been. */
  readonly ids: readonly number[];
  readonly from: number;
  readonly to: number;
  /** The blocks of its cache, at least as many as `to` positions need. Block 0 is nobody's. */
  readonly blocks: readonly number[];
  readonly by: DrawBy;
}

/**
 * A decoder as a program over rows of several sequences, whose keys and values lie in blocks of one cache. A run takes a grid
 * [sequences, rows] of padded sizes: a sequence with fewer rows has padding before them, which sees nothing and is written
 * into block 0.
 */
export class BatchProgram {
  readonly #perSequence: number;
  #prepared: Promise<{ program: Program; state: ProgramState }> | undefined;

  constructor(
    readonly device: Device,
    readonly decoder: Decoder,
    readonly cache: CacheDType,
    /** Of the cache, with block 0. */
    readonly blocks: number,
    /** Positions that a sequence may have. */
    capacity: number,
  ) {
    this.#perSequence = Math.ceil(capacity / BLOCK);
  }

  /** Of keys and values. */
  static blockBytes({ spec: { layers, kvHeads, headDim } }: Decoder, cache: CacheDType): number {
    return 2 * layers.length * bytesFor(cache, BLOCK * kvHeads * headDim);
  }

  /** What follows the last row of each part. One run at a time. */
  async run(parts: readonly Part[]): Promise<NextToken[]> {
    const { program, state } = await (this.#prepared ??= this.#prepare());
    const results = (await program.run(this.#lay(parts), { state })) as {
      id: Int32Array;
      logprob: Float32Array;
    };
    return parts.map((_, i) => ({ id: results.id[i], logprob: results.logprob[i] }));
  }

  /** Plans runs of up to `sequences` ahead of them, one at a step. */
  async *plan(sequences: number): AsyncGenerator<void> {
    const { program } = await (this.#prepared ??= this.#prepare());
    for (const rows of ROWS) {
      const most = rows === 1 ? sequences : Math.min(sequences, MOST_ROWS / rows);
      for (const count of new Set(Array.from({ length: most }, (_, i) => sequencesOf(i + 1)))) {
        const all = [count * rows];
        const table = [count, this.#perSequence];
        const settings = [count, sampleSettings.length];
        const seen = [count, this.decoder.spec.vocab];
        await program.prepare({
          ids: all,
          positions: all,
          places: all,
          table,
          lengths: [count],
          settings,
          seen,
        });
        yield;
      }
    }
  }

  /** Frees the cache and the program, after the run in flight. */
  async dispose(): Promise<void> {
    const prepared = await this.#prepared?.catch(() => undefined);
    prepared?.state.dispose();
    await prepared?.program.dispose();
  }

  #lay(parts: readonly Part[]): Record<string, Int32Array | Float32Array | Uint8Array> {
    const { vocab } = this.decoder.spec;
    const count = sequencesOf(parts.length);
    const rows = ROWS.find((n) => parts.every(({ from, to }) => to - from <= n))!;
    const laid = {
      ids: new Int32Array(count * rows),
      positions: new Int32Array(count * rows),
      places: new Int32Array(count * rows),
      table: new Int32Array(count * this.#perSequence),
      lengths: new Int32Array(count),
      settings: new Float32Array(count * sampleSettings.length),
      seen: new Uint8Array(count * vocab),
    };
    parts.forEach(({ ids, from, to, blocks, by }, i) => {
      const first = (i + 1) * rows - to; // of position 0, if it were in this run
      for (let at = from; at < to; at++) {
        laid.ids[first + at] = ids[at];
        laid.positions[first + at] = at;
        laid.places[first + at] = blocks[Math.floor(at / BLOCK)] * BLOCK + (at % BLOCK);
      }
      laid.table.set(blocks, i * this.#perSequence);
      laid.lengths[i] = to;
      laid.settings.set(drawInputs(by).settings, i * sampleSettings.length);
      if (by.repetitionPenalty === 1) return; // then nobody asks what was seen
      for (let at = 0; at < to; at++) laid.seen[i * vocab + ids[at]] = 1;
    });
    return laid;
  }

  async #prepare(): Promise<{ program: Program; state: ProgramState }> {
    const program = await this.#compile();
    return { program, state: program.createState() };
  }

  #compile(): Promise<Program> {
    const { decoder, cache, blocks } = this;
    const { layers, kvHeads, headDim, vocab } = decoder.spec;
    const memory = state(cache, [blocks * BLOCK, kvHeads * headDim]);
    const names = layers.flatMap((_, i) => [`keys.${i}`, `values.${i}`]);
    const specs: Record<string, Spec> = {
      ids: spec('i32', [null]),
      positions: spec('i32', [null]),
      places: spec('i32', [null]),
      table: spec('i32', [null, this.#perSequence]),
      lengths: spec('i32', [null]),
      settings: spec('f32', [null, sampleSettings.length]),
      seen: spec('bool', [null, vocab]),
      ...Object.fromEntries(names.map((name) => [name, memory])),
    };
    return compile(this.device, specs, (inputs) => {
      const { ids, positions, places, table, lengths } = inputs as unknown as Record<string, Ints>;
      const of = (name: string): Tensor<Device, DType> => inputs[name];
      const caches = layers.map((_, i): LayerCache => ({ keys: of(`keys.${i}`), values: of(`values.${i}`) }));
      const frequencies = new Frequencies(this.device, decoder.rotaries, {});
      const [count] = lengths.shape;
      const rows = ids.shape[0] / count;
      const hidden = decoder.hidden({
        ids,
        positions,
        frequencies: frequencies.of,
        attend: attendBlocks(caches, BLOCK, { places, table, lengths }),
      });
      frequencies.dispose();
      const last = hidden.reshape([count, rows, -1]).slice([null, rows - 1]) as Floats;
      const seen = inputs.seen as Tensor<Device, 'bool'>;
      const next = caches.flatMap(({ keys, values }) => [keys, values]);
      return {
        ...draw(decoder.logits(last), seen, inputs.settings as Floats),
        ...Object.fromEntries(names.map((name, i) => [name, next[i]])),
      };
    }) as Promise<unknown> as Promise<Program>;
  }
}
