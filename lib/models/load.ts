import type { Device } from '../device.js';
import { Cpu } from '../cpu/device.js';
import { MiaError, show } from '../errors.js';
import { buildNetwork } from './architectures/index.js';
import { Config } from './config.js';
import type { DecoderSpec } from './decoder/spec.js';
import { openCheckpoint } from './files/checkpoint.js';
import type { CacheDType } from './generate/sequence.js';
import { Model } from './model.js';
import { loadTokenizer } from './text/load-tokenizer.js';
import { weightFormats, Weights, type LoadProgress, type WeightFormat } from './weights.js';

export interface LoadOptions {
  /** Where the model runs; the CPU of this machine if none is given, closed with the model. */
  readonly device?: Device;
  /** What matrices become; as they are stored if not given. */
  readonly weights?: WeightFormat;
  /** What cached keys and values are: f32 with f32 weights, else f16. */
  readonly cache?: CacheDType;
  /** Positions that a generated sequence may have; what the model was made for, but 4096 at most, if not given. */
  readonly contextLength?: number;
  readonly onProgress?: (progress: LoadProgress) => void;
}

const DEFAULT_CONTEXT = 4096;

/**
 * Loads a Hugging Face folder, a .gguf or an RWKV-7 .safetensors file. Throws ERR_FORMAT for files that are not what they
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
  const checkpoint = await openCheckpoint(path);
  const device = options.device ?? (await Cpu.create());
  const weights = new Weights(device, checkpoint, format);
  try {
    const config = new Config(`${path}: config`, checkpoint.config);
    const network = buildNetwork(config, weights);
    const vocabSize = config.has('vocab_size') ? config.size('vocab_size') : undefined;
    const tokenizer = await loadTokenizer(checkpoint, vocabSize);
    await weights.load(options.onProgress);
    return new Model({
      device,
      ownsDevice: !options.device,
      config,
      checkpoint,
      weights,
      network,
      tokenizer,
      cache: options.cache ?? (weights.plain ? 'f32' : 'f16'),
      contextLength: contextOf(network.decoder?.spec, options.contextLength),
    });
  } catch (error) {
    weights.dispose();
    checkpoint.close();
    if (!options.device) await device.close();
    throw error;
  }
}

/** A table of learned positions ends; rotary embeddings go on. */
function contextOf(spec: DecoderSpec | undefined, asked: number | undefined): number {
  const known = spec?.maxPositions ?? DEFAULT_CONTEXT;
  if (asked === undefined) return Math.min(known, DEFAULT_CONTEXT);
  const most = spec?.positions === undefined ? Infinity : known;
  if (Number.isSafeInteger(asked) && asked > 0 && asked <= most) return asked;
  throw new MiaError('ERR_SHAPE', 'loadModel', {
    message: 'bad contextLength',
    expected: most === Infinity ? 'an integer > 0' : `an integer in [1, ${most}]`,
    actual: show(asked),
  });
}
