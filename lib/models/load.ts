import type { Device } from '../device.js';
import { Cpu } from '../cpu/device.js';
import { MiaError, show } from '../errors.js';
import { buildNetwork } from './architectures/index.js';
import { rwkv7Config } from './architectures/rwkv7.js';
import { Config } from './config.js';
import { openCheckpoint, type Checkpoint } from './files/checkpoint.js';
import { isHubName, resolveModel } from './files/hub.js';
import type { DownloadProgress } from './files/hub/download.js';
import { SequenceProgram, type CacheDType } from './generate/sequence.js';
import { Model, type ModelParts } from './model.js';
import { RecurrentProgram } from './recurrent/program.js';
import { loadTokenizer } from './text/load-tokenizer.js';
import type { Network } from './network.js';
import { weightFormats, Weights, type LoadProgress, type WeightFormat } from './weights.js';

export interface LoadOptions {
  /** Where the model runs; the CPU of this machine if none is given, closed with the model. */
  readonly device?: Device;
  /** What matrices become; as they are stored if not given. */
  readonly weights?: WeightFormat;
  /** What cached keys and values are: f32 with f32 weights, else f16. */
  readonly cache?: CacheDType;
  /** Positions that a generated sequence may have; what the model was made for, but 4096 at most, if not given. A recurrent model has no end. */
  readonly contextLength?: number;
  readonly onProgress?: (progress: LoadProgress) => void;
  /** While a model by name comes from the hub, before `onProgress`. */
  readonly onDownload?: (progress: DownloadProgress) => void;
}

const DEFAULT_CONTEXT = 4096;

/**
 * Loads a Hugging Face folder, a .gguf or an RWKV-7 .safetensors file, or one by its name on the hub (`org/name`). Throws ERR_FORMAT for files that are not what they
 * say, ERR_UNSUPPORTED for what Mia does not know; both name the file and the tensor.
 */
export async function loadModel(path: string, options: LoadOptions = {}): Promise<Model> {
  const { weights: format } = options;
  if (format !== undefined && !weightFormats.includes(format))
    throw new MiaError('ERR_DTYPE', 'loadModel', {
      message: 'unknown weights',
      expected: weightFormats.join(', '),
      actual: show(format),
    });
  const source = isHubName(path) ? await resolveModel(path, { onProgress: options.onDownload }) : path;
  if (options.device) return build(options.device, false, path, source, options);
  const device = await Cpu.create();
  try {
    return await build(device, true, path, source, options);
  } catch (error) {
    await device.close();
    throw error;
  }
}

/** A model on a device; what was opened for it is closed again if it cannot be. */
async function build(
  device: Device,
  ownsDevice: boolean,
  path: string,
  source: string,
  options: LoadOptions,
): Promise<Model> {
  const checkpoint = await openCheckpoint(source);
  const weights = new Weights(device, checkpoint, options.weights);
  try {
    const config = new Config(`${path}: config`, configOf(checkpoint));
    const network = buildNetwork(config, weights);
    const vocabSize = config.has('vocab_size') ? config.size('vocab_size') : undefined;
    await weights.load(options.onProgress);
    const tokenizer = await loadTokenizer(checkpoint, vocabSize);
    const contextLength = contextOf(network, options.contextLength);
    const cache = options.cache ?? (weights.plain ? 'f32' : 'f16');
    return new Model({
      device,
      ownsDevice,
      config,
      checkpoint,
      weights,
      network,
      tokenizer,
      sequences: sequencesOf(device, network, contextLength, cache),
      contextLength,
    });
  } catch (error) {
    weights.dispose();
    checkpoint.close();
    throw error;
  }
}

/** What a checkpoint says of itself; of a lone .safetensors file, what its tensors do. */
function configOf(checkpoint: Checkpoint): Readonly<Record<string, unknown>> {
  const { path, config } = checkpoint;
  const made = Object.keys(config).length > 0 ? config : rwkv7Config(checkpoint);
  if (made) return made;
  throw new MiaError('ERR_FORMAT', 'loadModel', {
    message: `${path}: no model to be known by itself`,
    expected: "RWKV-7's tensors, or a folder with config.json",
  });
}

/** The program that a network writes by, if it does. */
function sequencesOf(
  device: Device,
  { decoder, recurrent }: Network,
  contextLength: number,
  cache: CacheDType,
): ModelParts['sequences'] {
  if (decoder) return new SequenceProgram(device, decoder, contextLength, cache);
  return recurrent && new RecurrentProgram(device, recurrent, contextLength);
}

/** A table of learned positions ends; rotary embeddings go on, and what is remembered of a sequence always does. */
function contextOf({ decoder, recurrent }: Network, asked: number | undefined): number {
  const spec = decoder?.spec;
  const known = spec?.maxPositions ?? DEFAULT_CONTEXT;
  if (asked === undefined) return recurrent ? Infinity : Math.min(known, DEFAULT_CONTEXT);
  const most = spec?.positions === undefined ? Infinity : known;
  if (Number.isSafeInteger(asked) && asked > 0 && asked <= most) return asked;
  throw new MiaError('ERR_SHAPE', 'loadModel', {
    message: 'bad contextLength',
    expected: most === Infinity ? 'an integer > 0' : `an integer in [1, ${most}]`,
    actual: show(asked),
  });
}
