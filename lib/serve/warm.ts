/** Finds out what a model can do by doing each thing once, which also prepares the programs for it. */
import { MiaError } from '../errors.js';
import type { NamedArray } from '../models/forward.js';
import type { Pixels } from '../models/images/preprocess.js';
import type { Model } from '../models/model.js';

export interface Abilities {
  readonly write: boolean;
  readonly chat: boolean;
  readonly embed: boolean;
  readonly classify: boolean;
  /** Names of what forward() gives, and how many axes each has. */
  readonly outputs: Readonly<Record<string, number>>;
  /** It takes images. */
  readonly sees: boolean;
}

const dot: Pixels = { data: new Uint8Array(3), width: 1, height: 1 };

export async function warm(model: Model): Promise<Abilities> {
  const { tokenizer } = model;
  const reads = 'input_ids' in model.inputs;
  const text = [Int32Array.of(tokenizer?.bos ?? 0)];
  const write = await can(async () => {
    for await (const _ of model.generate(text[0], { maxTokens: 2, ignoreEos: true }));
  });
  const embed = await can(() => model.embed(text));
  const classify = await can(() => model.classify(reads ? text : [dot]));
  const results = await model.forward(
    reads ? { input_ids: { data: text[0], shape: [1, 1] } } : picture(model),
  );
  return {
    write,
    embed,
    classify,
    chat: write && typeof (tokenizer?.config.chat_template ?? undefined) !== 'undefined',
    outputs: Object.fromEntries(Object.entries(results).map(([name, { shape }]) => [name, shape.length])),
    sees: !reads,
  };
}

/** Whether something is possible: it is not where Mia says that it does not know it. */
async function can(attempt: () => Promise<unknown>): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch (error) {
    if (error instanceof MiaError && error.code === 'ERR_UNSUPPORTED') return false;
    throw error;
  }
}

/** An image as the model's folder prepares it, or of the size in its configuration. */
function picture(model: Model): Record<string, NamedArray> {
  try {
    return { pixel_values: model.preprocess(dot) };
  } catch (error) {
    if (!(error instanceof MiaError) || error.code !== 'ERR_UNSUPPORTED') throw error;
    const { num_channels: channels = 3, image_size: side = 224 } = model.config as Record<string, number>;
    const shape = [1, channels, side, side];
    return { pixel_values: { data: new Float32Array(channels * side * side), shape } };
  }
}
