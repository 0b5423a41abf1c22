import { MiaError } from '../errors.js';
import type { NamedResult } from './forward.js';
import type { Pixels } from './images/preprocess.js';
import { classificationsOf, type Classification } from './labels.js';
import type { ModelParts } from './model.js';
import { RowsProgram } from './rows/program.js';
import { readSequences, runSequences, type TokenInput } from './rows/requests.js';

export interface ClassifyOptions {
  readonly signal?: AbortSignal;
}

/** `model.classify`: of texts by rows, of images by what `see` makes of them. */
export class Classifier {
  readonly #program: RowsProgram | undefined;
  readonly #read: (logits: Float32Array) => Classification[];

  constructor(
    readonly parts: ModelParts,
    /** forward() of preprocessed images. */
    readonly see: (images: readonly Pixels[]) => Promise<Record<string, NamedResult>>,
  ) {
    const { network, device, config } = parts;
    const logits = network.rows?.outputs.logits;
    if (logits?.per === 'sequence') this.#program = new RowsProgram(device, network.rows!, { logits });
    this.#read = classificationsOf(config);
  }

  async run(
    inputs: readonly (TokenInput | Pixels)[],
    { signal }: ClassifyOptions,
  ): Promise<Classification[][]> {
    return (await this.#logits(inputs, signal)).map(this.#read);
  }

  async dispose(): Promise<void> {
    await this.#program?.dispose();
  }

  async #logits(inputs: readonly (TokenInput | Pixels)[], signal?: AbortSignal): Promise<Float32Array[]> {
    const { network, tokenizer } = this.parts;
    if (this.#program) {
      const { maxLength } = network.rows!;
      const reading = { op: 'classify', network: network.rows!, tokenizer, maxLength };
      return runSequences(this.#program, 'logits', readSequences(inputs as TokenInput[], reading), signal);
    }
    const { logits } = network.inputs.pixel_values ? await this.see(inputs as Pixels[]) : {};
    if (!logits)
      throw new MiaError('ERR_UNSUPPORTED', 'classify', 'the model has no labels for whole inputs');
    const [count, size] = logits.shape;
    return Array.from({ length: count }, (_, i) => logits.data.slice(i * size, (i + 1) * size));
  }
}
