import type { Device } from '../../device.js';
import { MiaError, show } from '../../errors.js';
import type { Tokenizer } from '../text/tokenizer.js';
import type { RowsNetwork } from './network.js';
import { pool, poolings, type Pooling } from './pooling.js';
import { RowsProgram } from './program.js';
import { readSequences, runSequences, type TokenInput } from './requests.js';
import { readSentences, type Sentences } from './sentences.js';

export interface EmbedOptions {
  /** How the tokens of a text become one vector: what a sentence-transformers folder says, else the mean, of models that
   * write text the last. */
  readonly pooling?: Pooling;
  /** To length 1: what a sentence-transformers folder says, else false. */
  readonly normalize?: boolean;
  readonly signal?: AbortSignal;
}

/** `model.embed`: a program for each way of pooling. */
export class Embedder {
  readonly #programs = new Map<string, RowsProgram>();
  #sentences: Promise<Sentences> | undefined;

  constructor(
    readonly device: Device,
    readonly network: RowsNetwork,
    readonly tokenizer: Tokenizer | MiaError,
    /** The model's folder. */
    readonly path: string,
  ) {}

  async run(
    inputs: readonly TokenInput[],
    { pooling, normalize, signal }: EmbedOptions,
  ): Promise<Float32Array[]> {
    if (pooling !== undefined && !poolings.includes(pooling))
      throw new MiaError('ERR_UNSUPPORTED', 'embed', {
        message: 'unknown pooling',
        expected: poolings.join(', '),
        actual: show(pooling),
      });
    const { network, tokenizer } = this;
    const sentences = await (this.#sentences ??= readSentences(this.path, this.device));
    const { model_max_length: most } = tokenizer instanceof MiaError ? {} : tokenizer.config;
    const known = sentences.maxLength ?? (typeof most === 'number' && most > 0 ? most : Infinity);
    const maxLength = Math.min(known, network.maxLength);
    const sequences = readSequences(inputs, { op: 'embed', network, tokenizer, maxLength });
    const program = this.#program(
      pooling ?? sentences.pooling?.() ?? network.pooling,
      normalize ?? sentences.normalize ?? false,
      sentences.dense,
    );
    return runSequences(program, 'embedding', sequences, signal);
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#programs.values()].map((program) => program.dispose()));
    const sentences = await this.#sentences?.catch(() => undefined);
    for (const dense of sentences?.dense ?? []) dense.dispose();
  }

  #program(pooling: Pooling, normalize: boolean, dense: Sentences['dense']): RowsProgram {
    const key = `${pooling} ${normalize}`;
    const known = this.#programs.get(key);
    if (known) return known;
    const program = new RowsProgram(this.device, this.network, {
      embedding: {
        per: 'sequence',
        size: dense.at(-1)?.size ?? this.network.hidden,
        of(hidden, step) {
          const x = dense.reduce((y, { layer }) => layer(y), pool(pooling, hidden, step));
          return normalize ? x.l2Norm(1e-24) : x;
        },
      },
    });
    this.#programs.set(key, program);
    return program;
  }
}
