/** What a sentence-transformers folder says of embeddings: modules.json and the folders that it names. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Device } from '../../device.js';
import { MiaError, show } from '../../errors.js';
import { isPlainObject, parseJson } from '../../ir/json.js';
import { Config } from '../config.js';
import { openCheckpoint } from '../files/checkpoint.js';
import { readJsonFile } from '../files/json-file.js';
import { activation } from '../layers/activation.js';
import { linear } from '../layers/linear.js';
import type { Layer } from '../tensors.js';
import { Weights } from '../weights.js';
import type { Pooling } from './pooling.js';

/** A product after pooling. */
export interface Dense {
  readonly size: number;
  readonly layer: Layer;
  dispose(): void;
}

export interface Sentences {
  /** Throws where it is not known. */
  readonly pooling?: () => Pooling;
  readonly normalize?: boolean;
  readonly dense: readonly Dense[];
  /** Tokens that texts are cut to. */
  readonly maxLength?: number;
}

/** Nothing but defaults for a path that is no such folder. ERR_UNSUPPORTED for modules that are not known. */
export async function readSentences(path: string, device: Device): Promise<Sentences> {
  const file = join(path, 'modules.json');
  if (!existsSync(file)) return { dense: [] };
  const result: { -readonly [K in keyof Sentences]: Sentences[K] } = { normalize: false, dense: [] };
  const limit = join(path, 'sentence_bert_config.json');
  if (existsSync(limit)) {
    const config = new Config(limit, readJsonFile(limit));
    if (config.has('max_seq_length')) result.maxLength = config.size('max_seq_length');
  }
  const dense: Dense[] = [];
  result.dense = dense;
  try {
    for (const { type, folder } of readModules(file)) {
      const settings = (): Config => {
        const source = join(path, folder, 'config.json');
        return new Config(source, readJsonFile(source));
      };
      const kind = type.split('.').at(-1);
      if (kind === 'Pooling') result.pooling = () => poolingOf(settings());
      else if (kind === 'Dense') dense.push(await openDense(settings(), join(path, folder), device));
      else if (kind === 'Normalize') result.normalize = true;
      else if (kind !== 'Transformer')
        throw unsupported(`${file}: unknown module`, 'Transformer, Pooling, Dense, Normalize', type);
    }
  } catch (error) {
    for (const d of dense) d.dispose();
    throw error;
  }
  return result;
}

function readModules(file: string): { type: string; folder: string }[] {
  const bad = (detail: string, cause?: unknown): MiaError =>
    new MiaError('ERR_FORMAT', 'embed', { message: `${file}: ${detail}`, cause });
  const modules = parseJson(readFileSync(file, 'utf8'), 16, bad);
  if (!Array.isArray(modules)) throw bad('no list of modules');
  return modules.map((module: unknown) => {
    const { type, path: folder } = isPlainObject(module) ? module : {};
    if (typeof type !== 'string' || typeof folder !== 'string') throw bad(`bad module: ${show(module)}`);
    return { type, folder };
  });
}

/** By sentence-transformers' names. */
const poolings: Readonly<Record<string, Pooling>> = { mean: 'mean', cls: 'cls', lasttoken: 'last' };

/** `pooling_mode`, or, in older folders, a flag for each: pooling_mode_mean_tokens and so on. */
function poolingOf(config: Config): Pooling {
  const flags = Object.keys(config.fields).filter((f) => f.startsWith('pooling_mode_') && config.flag(f));
  const known = flags.map((f) => f.replace(/^pooling_mode_|_tokens?$/g, ''));
  const mode = config.has('pooling_mode') ? config.text('pooling_mode') : known.join(' and ');
  if (Object.hasOwn(poolings, mode)) return poolings[mode];
  throw unsupported(`${config.source}: pooling_mode`, Object.keys(poolings).join(', '), mode);
}

async function openDense(config: Config, folder: string, device: Device): Promise<Dense> {
  config.word('module_input_name', ['sentence_embedding'], 'sentence_embedding');
  if (config.flag('use_residual', false)) throw unsupported(config.source, 'no use_residual', 'true');
  const [inner, size] = [config.size('in_features'), config.size('out_features')];
  const checkpoint = await openCheckpoint(join(folder, 'model.safetensors'));
  const weights = new Weights(device, checkpoint);
  const dispose = (): void => {
    weights.dispose();
    checkpoint.close();
  };
  try {
    const product = linear(weights, 'linear', inner, size);
    // a class of torch: 'torch.nn.modules.activation.Tanh'
    const name = config.text('activation_function', 'Tanh').split('.').at(-1)!.toLowerCase();
    const act: Layer = name === 'identity' ? (x) => x : activation(name);
    await weights.load();
    return { size, layer: (x) => act(product(x)), dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

function unsupported(message: string, expected: string, actual: string): MiaError {
  return new MiaError('ERR_UNSUPPORTED', 'embed', { message, expected, actual });
}
