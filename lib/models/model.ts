import type { Device } from '../device.js';
import { MiaError } from '../errors.js';
import type { Config } from './config.js';
import type { Checkpoint } from './files/checkpoint.js';
import { Forward, type NamedArray, type NamedResult } from './forward.js';
import { SequenceProgram, type CacheDType } from './generate/sequence.js';
import type { Network } from './network.js';
import { Tokenizer } from './text/tokenizer.js';
import type { Weights } from './weights.js';

/** What a model is made of, once its weights are on a device. */
export interface ModelParts {
  readonly device: Device;
  /** The device was made for this model, and closes with it. */
  readonly ownsDevice: boolean;
  readonly config: Config;
  readonly checkpoint: Checkpoint;
  readonly weights: Weights;
  readonly network: Network;
  /** Or why there is none. */
  readonly tokenizer: Tokenizer | MiaError;
  readonly cache: CacheDType;
  readonly contextLength: number;
}

export interface GenerateOptions {
  /** Tokens to write at most. 256 */
  readonly maxTokens?: number;
  readonly signal?: AbortSignal;
  /** Goes on after an end-of-text token. false */
  readonly ignoreEos?: boolean;
}

export interface GeneratedToken {
  readonly id: number;
  readonly logprob: number;
}

/** A loaded model. Made by `loadModel`. */
export class Model {
  /** model_type: 'llama', 'bert', ... */
  readonly architecture: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly device: Device;
  readonly #parts: ModelParts;
  readonly #forward: Forward;
  readonly #sequences: SequenceProgram | undefined;
  #disposed = false;

  /** @internal */
  constructor(parts: ModelParts) {
    const { config, device, network, contextLength, cache } = parts;
    this.#parts = parts;
    this.architecture = config.text('model_type');
    this.config = config.fields;
    this.device = device;
    this.#forward = new Forward(device, network);
    if (network.decoder) this.#sequences = new SequenceProgram(device, network.decoder, contextLength, cache);
  }

  /** Text to ids and back; undefined for a model without one, or with one of a kind that is not known. */
  get tokenizer(): Tokenizer | undefined {
    const { tokenizer } = this.#parts;
    return tokenizer instanceof Tokenizer ? tokenizer : undefined;
  }

  /** Outputs by Hugging Face's names, of inputs by theirs. Throws ERR_SHAPE, ERR_DTYPE. */
  async forward(inputs: Readonly<Record<string, NamedArray>>): Promise<Record<string, NamedResult>> {
    this.#check('forward');
    return this.#forward.run(inputs);
  }

  /** The tokens that follow a prompt, as they are written; ends with the text, `maxTokens` or the context. */
  async *generate(prompt: ArrayLike<number>, options: GenerateOptions = {}): AsyncGenerator<GeneratedToken> {
    this.#check('generate');
    if (!this.#sequences)
      throw new MiaError('ERR_UNSUPPORTED', 'generate', `${this.architecture} does not write text`);
    const { maxTokens = 256, signal, ignoreEos = false } = options;
    using sequence = await this.#sequences.start();
    let next = await sequence.feed(prompt, signal);
    for (let written = 1; ; written++) {
      yield next;
      if (!ignoreEos && this.#ends(next.id)) return;
      if (written >= maxTokens || sequence.length >= this.#parts.contextLength) return;
      next = await sequence.feed([next.id], signal);
    }
  }

  /** Frees the weights and programs. Runs in flight end first. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#forward.dispose();
    await this.#sequences?.dispose();
    this.#parts.weights.dispose();
    this.#parts.checkpoint.close();
    if (this.#parts.ownsDevice) await this.device.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #ends(id: number): boolean {
    const ends = this.config.eos_token_id;
    return Array.isArray(ends) ? ends.includes(id) : ends === id;
  }

  #check(op: string): void {
    if (this.#disposed) throw new MiaError('ERR_CLOSED', op, 'the model is disposed');
  }
}
