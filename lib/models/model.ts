import type { Device, MemoryInfo, PlanSummary } from '../device.js';
import { MiaError } from '../errors.js';
import { Classifier, type ClassifyOptions } from './classify.js';
import type { Config } from './config.js';
import type { Checkpoint } from './files/checkpoint.js';
import { openForward, type Forward, type NamedArray, type NamedResult, type Shapes } from './forward.js';
import { readEnds } from './generate/ends.js';
import { Generator, type Prompt } from './generate/generator.js';
import type { GenerateOptions } from './generate/options.js';
import type { SequenceProgram } from './generate/sequence.js';
import type { FinishReason, GeneratedToken } from './generate/writing.js';
import { openPreprocess } from './images/open.js';
import type { Pixels, PixelValues, Preprocess } from './images/preprocess.js';
import type { Classification } from './labels.js';
import type { Network, NetworkInput } from './network.js';
import { Embedder, type EmbedOptions } from './rows/embed.js';
import type { TokenInput } from './rows/requests.js';
import { renderChat, type ChatMessage, type ChatOptions } from './text/chat.js';
import { Tokenizer } from './text/tokenizer.js';
import type { RecurrentProgram } from './recurrent/program.js';
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
  /** For models that write. */
  readonly sequences: SequenceProgram | RecurrentProgram | undefined;
  readonly contextLength: number;
}

/** A loaded model. Made by `loadModel`. */
export class Model {
  /** model_type: 'llama', 'bert', ... */
  readonly architecture: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly device: Device;
  readonly #parts: ModelParts;
  readonly #forward: Forward;
  readonly #embedder: Embedder | undefined;
  readonly #classifier: Classifier;
  #preprocess: Preprocess | undefined;
  readonly #generator: Generator | undefined;
  #settled = false;
  #disposed = false;

  /** @internal */
  constructor(parts: ModelParts) {
    const { config, device, network, sequences } = parts;
    this.#parts = parts;
    this.architecture = config.text('model_type');
    this.config = config.fields;
    this.device = device;
    this.#forward = openForward(device, network);
    const { tokenizer, checkpoint } = parts;
    if (network.rows) this.#embedder = new Embedder(device, network.rows, tokenizer, checkpoint.path);
    this.#classifier = new Classifier(parts, (images) =>
      this.forward({ pixel_values: this.preprocess(...images) }),
    );
    if (sequences) this.#generator = new Generator(sequences, tokenizer, readEnds(checkpoint, tokenizer));
  }

  /** Text to ids and back; undefined for a model without one, or with one of a kind that is not known. */
  get tokenizer(): Tokenizer | undefined {
    const { tokenizer } = this.#parts;
    return tokenizer instanceof Tokenizer ? tokenizer : undefined;
  }

  /** Whether `generate` works. */
  get writes(): boolean {
    return this.#generator !== undefined;
  }

  /** What `forward` takes, by Hugging Face's names. */
  get inputs(): Readonly<Record<string, NetworkInput>> {
    return this.#parts.network.inputs;
  }

  /** Positions that a prompt and what is written after it may have together. */
  get contextLength(): number {
    return this.#parts.contextLength;
  }

  /** Outputs by Hugging Face's names, of inputs by theirs. Throws ERR_SHAPE, ERR_DTYPE. */
  async forward(inputs: Readonly<Record<string, NamedArray>>): Promise<Record<string, NamedResult>> {
    this.#check('forward');
    return this.#ran(await this.#forward.run(inputs));
  }

  /**
   * The plan of the program behind `generate`, for one token or as many as `input_ids` has; for models that do not write, that
   * behind `forward` for inputs of these shapes.
   */
  async explain(shapes: Shapes = {}): Promise<PlanSummary> {
    this.#check('explain');
    const { sequences } = this.#parts;
    return sequences ? sequences.explain(shapes.input_ids?.at(-1) ?? 1) : this.#forward.explain(shapes);
  }

  /** Bytes of the model's files, and what its device holds. */
  memory(): MemoryInfo & { readonly fileBytes: number } {
    return { fileBytes: this.#parts.checkpoint.bytes, ...this.device.memory() };
  }

  /**
   * The tokens that follow a prompt, as they are written; the returned value is why they ended. The most probable ones,
   * unless a temperature is given. Ends with the text, at a stop string, after `maxTokens` or where the context does.
   * Throws ERR_SHAPE for options and prompts that make no sense, ERR_UNSUPPORTED for text where the model has no tokenizer.
   */
  async *generate(
    prompt: Prompt,
    options: GenerateOptions = {},
  ): AsyncGenerator<GeneratedToken, FinishReason, undefined> {
    this.#check('generate');
    return yield* this.#watch(this.writer('generate').run(prompt, options));
  }

  /** The model's answer to messages, which its own template makes a prompt of. Otherwise as `generate`. */
  async *chat(
    messages: readonly ChatMessage[],
    options: GenerateOptions & ChatOptions = {},
  ): AsyncGenerator<GeneratedToken, FinishReason, undefined> {
    this.#check('chat');
    const writer = this.writer('chat');
    if (writer.tokenizer instanceof MiaError) throw writer.tokenizer;
    const { addGenerationPrompt, tools, template, variables, ...rest } = options;
    const chat = { addGenerationPrompt, tools, template, variables };
    const prompt = await renderChat(writer.tokenizer.config, messages, chat);
    return yield* this.#watch(writer.run(prompt, rest, false));
  }

  /**
   * One vector for each text, or for the token ids of one. Texts run as rows one after another, without padding. Texts that
   * are too long for the model are cut, as sentence-transformers cuts them; ids are not. Throws ERR_SHAPE for ids that the
   * model lacks, for none and for too many, ERR_UNSUPPORTED for models and folders that embed in a way that is not known.
   */
  async embed(inputs: readonly TokenInput[], options: EmbedOptions = {}): Promise<Float32Array[]> {
    this.#check('embed');
    if (this.#embedder) return this.#ran(await this.#embedder.run(inputs, options));
    throw new MiaError('ERR_UNSUPPORTED', 'embed', `${this.architecture} does not embed token ids`);
  }

  /** The labels of each text, array of token ids or image, the most probable first. Throws as `embed` and `preprocess` do. */
  async classify(
    inputs: readonly (TokenInput | Pixels)[],
    options: ClassifyOptions = {},
  ): Promise<Classification[][]> {
    this.#check('classify');
    return this.#ran(await this.#classifier.run(inputs, options));
  }

  /** The input `pixel_values` of decoded images, by preprocessor_config.json. Alpha is dropped. Throws ERR_SHAPE. */
  preprocess(...images: Pixels[]): PixelValues {
    this.#check('preprocess');
    this.#preprocess ??= openPreprocess(this.#parts.checkpoint.path, this.architecture);
    return this.#preprocess(images);
  }

  /** Frees the weights and programs. Runs in flight end first. */
  async dispose(): Promise<void> {
    if (this.#disposed) return;
    this.#disposed = true;
    await this.#forward.dispose();
    await this.#parts.sequences?.dispose();
    await this.#embedder?.dispose();
    await this.#classifier.dispose();
    this.#parts.weights.dispose();
    this.#parts.checkpoint.close();
    if (this.#parts.ownsDevice) await this.device.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  #ran<T>(result: T): T {
    this.settle();
    return result;
  }

  /** After the first run weights are packed: what they were packed from may go. @internal */
  settle(): void {
    if (!this.#settled && !this.#disposed) this.#parts.weights.settle();
    this.#settled = true;
  }

  async *#watch(
    tokens: AsyncGenerator<GeneratedToken, FinishReason, undefined>,
  ): AsyncGenerator<GeneratedToken, FinishReason, undefined> {
    try {
      for (;;) {
        const step = this.#ran(await tokens.next());
        if (step.done) return step.value;
        yield step.value;
      }
    } finally {
      await tokens.return('stop'); // whoever reads may leave
    }
  }

  /** What writes texts, for those who write several together. ERR_UNSUPPORTED. @internal */
  writer(op: string): Generator {
    if (this.#generator) return this.#generator;
    throw new MiaError('ERR_UNSUPPORTED', op, `${this.architecture} does not write text`);
  }

  #check(op: string): void {
    if (this.#disposed) throw new MiaError('ERR_CLOSED', op, 'the model is disposed');
  }
}
