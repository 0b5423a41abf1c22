/** Families by model_type. */
import { MiaError, show } from '../../errors.js';
import type { Config } from '../config.js';
import type { Network } from '../network.js';
import type { Weights } from '../weights.js';
import { bert } from './bert.js';
import { decoderNetwork, type DecoderFamily } from './decoders.js';
import { distilbert } from './distilbert.js';
import { encoderNetwork, type EncoderFamily } from './encoders.js';
import { gemma2, gemma3 } from './gemma.js';
import { gpt2 } from './gpt2.js';
import { llama } from './llama.js';
import { mistral } from './mistral.js';
import { modernbert } from './modernbert.js';
import { olmo2 } from './olmo2.js';
import { phi3 } from './phi3.js';
import { qwen2, qwen3, qwen3Moe } from './qwen.js';
import { resnet } from './resnet.js';
import { roberta } from './roberta.js';
import { rwkv7 } from './rwkv7.js';
import { smollm3 } from './smollm3.js';
import { vit } from './vit.js';

type Architecture = (config: Config, w: Weights) => Network;

const likeLlama =
  (family: DecoderFamily): Architecture =>
  (config, w) =>
    decoderNetwork(family, config, w, ['model.', ''], 'embed_tokens');

const encoder =
  (family: EncoderFamily, prefix: string): Architecture =>
  (config, w) =>
    encoderNetwork(family, config, w, prefix);

const architectures: Readonly<Record<string, Architecture>> = {
  llama: likeLlama(llama),
  mistral: likeLlama(mistral),
  qwen2: likeLlama(qwen2),
  qwen3: likeLlama(qwen3),
  qwen3_moe: likeLlama(qwen3Moe),
  gemma2: likeLlama(gemma2),
  gemma3_text: likeLlama(gemma3),
  phi3: likeLlama(phi3),
  smollm3: likeLlama(smollm3),
  olmo2: likeLlama(olmo2),
  gpt2: (config, w) => decoderNetwork(gpt2, config, w, ['transformer.', ''], 'wte'),
  bert: encoder(bert, 'bert.'),
  roberta: encoder(roberta, 'roberta.'),
  'xlm-roberta': encoder(roberta, 'roberta.'),
  camembert: encoder(roberta, 'roberta.'),
  distilbert: encoder(distilbert, 'distilbert.'),
  modernbert: encoder(modernbert, 'model.'),
  vit,
  resnet,
  rwkv7,
};

/** The network of a configuration over its weights. ERR_UNSUPPORTED with the known families for another one. */
export function buildNetwork(config: Config, w: Weights): Network {
  const name = config.text('model_type');
  if (Object.hasOwn(architectures, name)) return architectures[name](config, w);
  throw new MiaError('ERR_UNSUPPORTED', 'loadModel', {
    message: `${config.source}: unknown architecture`,
    expected: Object.keys(architectures).join(', '),
    actual: show(name),
  });
}
