/** A model that is served: what it can do, its queues, and what is counted of it. */
import type { Device } from '../device.js';
import { MiaError } from '../errors.js';
import type { NamedArray, NamedResult } from '../models/forward.js';
import type { GenerateOptions } from '../models/generate/options.js';
import type { Pixels } from '../models/images/preprocess.js';
import type { Classification } from '../models/labels.js';
import { loadModel } from '../models/load.js';
import type { Model } from '../models/model.js';
import { BUDGET, type TokenInput } from '../models/rows/requests.js';
import type { Tokenizer } from '../models/text/tokenizer.js';
import { GenerationQueue, type QueuedToken } from './batching/generation.js';
import { RowsQueue } from './batching/rows.js';
import type { Metrics } from './operations/metrics.js';
import type { Settings } from './options.js';
import { Refusal } from './refusal.js';
import { warm, type Abilities } from './warm.js';

/** Tokens of one request to compute as a whole, and of a sequence whose model has no end. */
const MOST_TOKENS = 4096;

/** What an image costs, in tokens; a text costs its characters, which are more than its tokens. */
const IMAGE = 256;

type Inputs = Readonly<Record<string, NamedArray>>;

export class ServedModel {
  readonly created = Math.floor(Date.now() / 1000);
  /** Positions of prompt and answer together, and tokens of one request to compute as a whole. */
  readonly maxTokens: number;
  readonly texts: GenerationQueue;
  readonly embeddings: RowsQueue<TokenInput, Float32Array>;
  readonly labels: RowsQueue<TokenInput | Pixels, Classification[]>;
  readonly forwards: RowsQueue<Inputs, Record<string, NamedResult>>;

  private constructor(
    readonly name: string,
    readonly model: Model,
    readonly abilities: Abilities,
    readonly metrics: Metrics,
    settings: Settings,
  ) {
    const known = Number.isFinite(model.contextLength) ? model.contextLength : MOST_TOKENS;
    this.maxTokens = Math.min(settings.maxTokens ?? known, known);
    const { maxBatch, maxQueue, maxDelayMs } = settings;
    const watch = (kind: string) => (waitedMs: number, active: number) => {
      metrics.queueSeconds.observe({ model: name }, waitedMs / 1000);
      metrics.batchSize.observe({ model: name, kind }, active);
    };
    const limits = { maxBatch, maxQueue, maxTokens: this.maxTokens };
    this.texts = new GenerationQueue(model, limits, watch('generate'));
    const gathering = { maxQueue, maxDelayMs, budget: BUDGET };
    const rows = <I, R>(op: string, run: (inputs: readonly I[], signal?: AbortSignal) => Promise<R[]>) =>
      new RowsQueue(op, run, gathering, watch(op));
    this.embeddings = rows('embed', (inputs, signal) => model.embed(inputs, { signal }));
    this.labels = rows('classify', (inputs, signal) => model.classify(inputs, { signal }));
    this.forwards = rows('forward', (inputs) => Promise.all(inputs.map((input) => model.forward(input))));
  }

  /** Loads a model and runs all it can do once. */
  static async load(
    name: string,
    device: Device,
    settings: Settings,
    metrics: Metrics,
  ): Promise<ServedModel> {
    const { weights, onProgress } = settings;
    const model = await loadModel(settings.models[name], {
      device,
      ...(weights && { weights }),
      onProgress: (progress) => onProgress?.(name, progress),
    });
    try {
      const served = new ServedModel(name, model, await warm(model), metrics, settings);
      if (served.abilities.write) await served.texts.prepare();
      return served;
    } catch (error) {
      await model.dispose();
      throw error;
    }
  }

  get tokenizer(): Tokenizer {
    const { tokenizer } = this.model;
    if (tokenizer) return tokenizer;
    throw new Refusal(400, `model ${this.name} has no tokenizer: send token ids`, { code: 'unsupported' });
  }

  /** The tokens after a prompt, from the queue. */
  write(ids: Int32Array, options: GenerateOptions): AsyncIterable<QueuedToken> {
    const tokens = this.texts.submit(ids, options);
    this.metrics.prefillTokens.inc({ model: this.name }, ids.length);
    return this.#watch(tokens);
  }

  /** One vector for each input; `tokens` is how many there are in all. */
  embed(inputs: readonly TokenInput[], tokens: number, signal: AbortSignal): Promise<Float32Array[]> {
    this.metrics.prefillTokens.inc({ model: this.name }, tokens);
    return this.embeddings.submit(inputs, tokens, signal);
  }

  /** The labels of each input, the most probable first. */
  classify(inputs: readonly (TokenInput | Pixels)[], signal: AbortSignal): Promise<Classification[][]> {
    const costOf = (input: TokenInput | Pixels): number =>
      typeof input === 'object' && 'width' in input ? IMAGE : input.length;
    const cost = inputs.reduce((sum, input) => sum + costOf(input), 0);
    return this.labels.submit(inputs, cost, signal);
  }

  /** The model as a function of named tensors; of no more tokens than fit. */
  async forward(inputs: Inputs, signal: AbortSignal): Promise<Record<string, NamedResult>> {
    const tokens = inputs.input_ids?.data.length ?? 0;
    if (tokens > this.maxTokens)
      throw new Refusal(400, `input_ids: more than ${this.maxTokens} tokens in one request`, { code: 'invalid_value', param: 'input_ids' }); // prettier-ignore
    const [result] = await this.forwards.submit([inputs], Infinity, signal);
    this.metrics.prefillTokens.inc({ model: this.name }, tokens);
    return result;
  }

  /** What an ability needs; refused in one voice. */
  needs(ability: 'write' | 'chat' | 'embed' | 'classify'): void {
    if (this.abilities[ability]) return;
    const what = {
      write: 'does not write text',
      chat: 'has no chat template',
      embed: 'does not embed',
      classify: 'has no labels',
    };
    throw new Refusal(400, `model ${this.name} ${what[ability]}`, { code: 'unsupported', param: 'model' });
  }

  /** Requests of each kind that wait and run. */
  *queues(): Iterable<{ model: string; kind: string; waiting: number; active: number }> {
    const { name: model, texts, embeddings, labels, forwards } = this;
    for (const [kind, queue] of Object.entries({
      generate: texts,
      embed: embeddings,
      classify: labels,
      forward: forwards,
    })) {
      const { waiting, active } = queue.stats();
      yield { model, kind, waiting, active };
    }
  }

  async close(): Promise<void> {
    const { texts, embeddings, labels, forwards } = this;
    await Promise.all([texts, embeddings, labels, forwards].map((queue) => queue.close()));
    await this.model.dispose();
  }

  async *#watch(tokens: AsyncIterable<QueuedToken>): AsyncGenerator<QueuedToken> {
    const { metrics, name: model } = this;
    let [before, first] = [performance.now(), true];
    for await (const token of tokens) {
      const now = performance.now();
      (first ? metrics.firstTokenSeconds : metrics.interTokenSeconds).observe(
        { model },
        (now - before) / 1000,
      );
      metrics.decodeTokens.inc({ model });
      [before, first] = [now, false];
      yield token;
    }
  }
}

/** Ids of a request, each of which the model must have. */
export function idsOf(model: Model, ids: readonly number[], param: string): Int32Array {
  const vocab = Number(model.config.vocab_size ?? Infinity);
  const stray = ids.find((id) => !Number.isInteger(id) || id < 0 || id >= vocab);
  if (stray === undefined) return Int32Array.from(ids);
  const { message } = new MiaError('ERR_SHAPE', param, { message: 'an id out of range', expected: `[0, ${vocab})`, actual: String(stray) }); // prettier-ignore
  throw new Refusal(400, message, { code: 'invalid_value', param });
}
