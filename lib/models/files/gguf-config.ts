/** config.json as Hugging Face would write it, from the metadata of a GGUF file. */
import { MiaError, show } from '../../errors.js';
import { ggufError } from './gguf-reader.js';
import { ggufArchitectures } from './gguf-names.js';

type Config = Record<string, unknown>;
type Metadata = ReadonlyMap<string, unknown>;

/** What the converter leaves out because the family knows it, by general.architecture. */
const families: Record<string, Config> = {
  // Rows of q and k are permuted so that the pairs that rotate lie side by side; weights stay as they lie.
  llama: {
    model_type: 'llama',
    architectures: ['LlamaForCausalLM'],
    hidden_act: 'silu',
    rope_interleaved: true,
  },
  qwen2: { model_type: 'qwen2', architectures: ['Qwen2ForCausalLM'], hidden_act: 'silu' },
  qwen3: { model_type: 'qwen3', architectures: ['Qwen3ForCausalLM'], hidden_act: 'silu' },
  phi3: { model_type: 'phi3', architectures: ['Phi3ForCausalLM'], hidden_act: 'silu' },
  // Hugging Face's norms multiply by 1 + weight; the converter has added the 1 already.
  gemma2: {
    model_type: 'gemma2',
    architectures: ['Gemma2ForCausalLM'],
    hidden_activation: 'gelu_pytorch_tanh',
    norm_offset: 0,
  },
  gemma3: {
    model_type: 'gemma3_text',
    architectures: ['Gemma3ForCausalLM'],
    hidden_activation: 'gelu_pytorch_tanh',
    norm_offset: 0,
  },
};

/** What the file has beside its metadata. */
export interface GgufTensors {
  /** Undefined if there is no such tensor. */
  shape(name: string): readonly number[] | undefined;
  /** Numbers of an f32 tensor; undefined if there is none. */
  numbers(name: string): number[] | undefined;
}

export function ggufArchitecture(metadata: Metadata): string {
  const architecture = metadata.get('general.architecture');
  if (typeof architecture !== 'string') {
    throw ggufError('bad general.architecture', 'a string', show(architecture));
  }
  if (ggufArchitectures.includes(architecture)) return architecture;
  throw new MiaError('ERR_UNSUPPORTED', 'gguf', {
    message: 'unknown architecture',
    expected: ggufArchitectures.join(', '),
    actual: show(architecture),
  });
}

/** Throws ERR_FORMAT where a field is missing or is no number, ERR_UNSUPPORTED for what the families cannot have. */
export function configOf(metadata: Metadata, tensors: GgufTensors): Config {
  const architecture = ggufArchitecture(metadata);
  const fields = new Fields(metadata, architecture);
  const parts = fields.optional('split.count', '');
  if (parts !== undefined && parts > 1)
    throw refuse('a part of a split model', 'one file (gguf-split --merge makes it)');
  if ((fields.optional('expert_count') ?? 0) > 0) throw refuse('a mixture of experts', 'a dense model');
  const config: Config = {
    ...families[architecture],
    ...sizes(fields),
    ...rope(fields, tensors, architecture === 'gemma3' ? 10000 : undefined),
    ...window(architecture, fields),
    ...vocabulary(fields, tensors),
    tie_word_embeddings: !tensors.shape('output.weight'),
    attention_bias: tensors.shape('blk.0.attn_q.bias') !== undefined,
    mlp_bias: tensors.shape('blk.0.ffn_down.bias') !== undefined,
    final_logit_softcapping: fields.optional('final_logit_softcapping'),
    attn_logit_softcapping: fields.optional('attn_logit_softcapping'),
  };
  if (architecture.startsWith('gemma')) config.query_pre_attn_scalar = queryScalar(config, architecture);
  return Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
}

const refuse = (message: string, expected: string): MiaError =>
  new MiaError('ERR_UNSUPPORTED', 'gguf', { message, expected });

/** Numbers of the metadata, by the rest of their key after the architecture. */
class Fields {
  constructor(
    readonly metadata: Metadata,
    private readonly architecture: string,
  ) {}

  optional(name: string, prefix = `${this.architecture}.`): number | undefined {
    const value = this.metadata.get(prefix + name);
    if (value === undefined || (typeof value === 'number' && Number.isFinite(value))) return value;
    const same = numbersOf(value);
    // Some converters write one number for each layer; they are all the same in these families.
    if (same && same.length > 0 && same.every((n) => n === same[0])) return same[0];
    if (same) throw refuse(`${prefix}${name} differs from layer to layer`, 'one number');
    throw ggufError(`bad ${prefix}${name}`, 'a number', show(value));
  }

  size(name: string): number {
    const value = this.optional(name);
    if (value !== undefined && Number.isSafeInteger(value) && value > 0) return value;
    throw ggufError(`bad ${this.architecture}.${name}`, 'an integer > 0', show(value));
  }

  text(name: string): string | undefined {
    const value = this.metadata.get(`${this.architecture}.${name}`);
    if (value === undefined || typeof value === 'string') return value;
    throw ggufError(`bad ${this.architecture}.${name}`, 'a string', show(value));
  }
}

const numbersOf = (value: unknown): number[] | undefined =>
  ArrayBuffer.isView(value) && !(value instanceof DataView)
    ? Array.from(value as unknown as ArrayLike<number | bigint>, Number)
    : undefined;

function sizes(fields: Fields): Config {
  const hidden = fields.size('embedding_length');
  const heads = fields.size('attention.head_count');
  const headDim = fields.optional('attention.key_length') ?? hidden / heads;
  const valueDim = fields.optional('attention.value_length') ?? headDim;
  if (!Number.isInteger(headDim) || headDim <= 0) {
    throw ggufError('bad head size', 'an integer > 0', `${headDim} (${hidden} in ${heads} heads)`);
  }
  if (valueDim !== headDim) throw refuse(`values of ${valueDim} beside keys of ${headDim}`, 'one head size');
  return {
    hidden_size: hidden,
    num_hidden_layers: fields.size('block_count'),
    intermediate_size: fields.size('feed_forward_length'),
    num_attention_heads: heads,
    num_key_value_heads: fields.optional('attention.head_count_kv') ?? heads,
    head_dim: headDim,
    rms_norm_eps: fields.optional('attention.layer_norm_rms_epsilon') ?? 1e-6,
    max_position_embeddings: fields.size('context_length'),
  };
}

function rope(fields: Fields, tensors: GgufTensors, localBase: number | undefined): Config {
  const { head_dim: headDim } = sizes(fields) as { head_dim: number };
  const rotated = fields.optional('rope.dimension_count') ?? headDim;
  const original = fields.optional('rope.scaling.original_context_length');
  return {
    rope_theta: fields.optional('rope.freq_base') ?? 10000,
    rope_local_base_freq: fields.optional('rope.freq_base_swa') ?? localBase,
    partial_rotary_factor: rotated === headDim ? undefined : rotated / headDim,
    original_max_position_embeddings: original,
    rope_scaling: ropeScaling(fields, tensors, original),
  };
}

/** As in config.json; `factors` is the one type of our own: each frequency divided by its factor (llama3's, computed). */
function ropeScaling(fields: Fields, tensors: GgufTensors, original: number | undefined): Config | undefined {
  const attention = fields.optional('rope.scaling.attn_factor');
  const long = tensors.numbers('rope_factors_long.weight');
  const short = tensors.numbers('rope_factors_short.weight');
  if (long && short) {
    return { rope_type: 'longrope', long_factor: long, short_factor: short, attention_factor: attention };
  }
  const factors = tensors.numbers('rope_freqs.weight');
  if (factors) return { rope_type: 'factors', factors };
  const type = fields.text('rope.scaling.type') ?? (fields.optional('rope.scale_linear') ? 'linear' : 'none');
  const factor = fields.optional('rope.scaling.factor') ?? fields.optional('rope.scale_linear') ?? 1;
  if (type === 'none' || (type === 'linear' && factor === 1)) return undefined;
  if (type === 'linear') return { rope_type: 'linear', factor };
  if (type !== 'yarn')
    throw refuse(`rope scaling of type ${show(type)}`, 'none, linear, yarn, or factors as tensors');
  const scaling = { rope_type: 'yarn', factor, original_max_position_embeddings: original };
  // GGUF's factor comes on top of yarn's own, config.json's replaces it.
  return attention === undefined
    ? scaling
    : { ...scaling, attention_factor: attention * (0.1 * Math.log(factor) + 1) };
}

/** Gemma's layers take turns: all but every second (gemma2) or sixth (gemma3) see a window only. */
function window(architecture: string, fields: Fields): Config {
  const size = fields.optional('attention.sliding_window') || undefined; // Phi-4 says 0 for none
  const period = { gemma2: 2, gemma3: 6 }[architecture];
  if (size === undefined || period === undefined) return { sliding_window: size };
  const layers = fields.size('block_count');
  if (layers > MAX_LAYERS) throw ggufError('bad block_count', `at most ${MAX_LAYERS}`, `${layers}`);
  const types = Array.from({ length: layers }, (_, i) =>
    (i + 1) % period === 0 ? 'full_attention' : 'sliding_attention',
  );
  return { sliding_window: size, layer_types: types };
}

const MAX_LAYERS = 2 ** 16;

function vocabulary(fields: Fields, tensors: GgufTensors): Config {
  const id = (name: string): number | undefined => fields.optional(`tokenizer.ggml.${name}_token_id`, '');
  const ends = [...new Set([id('eos'), id('eot'), id('eom')])].filter((end) => end !== undefined);
  return {
    vocab_size: tensors.shape('token_embd.weight')?.[0] ?? fields.size('vocab_size'),
    bos_token_id: id('bos'),
    eos_token_id: ends.length > 1 ? ends : ends[0],
    pad_token_id: id('padding'),
  };
}

/** Scores are divided by its root; only the largest model of each family (46 or 62 layers) does not use the head size. */
function queryScalar(config: Config, architecture: string): number {
  const {
    hidden_size: hidden,
    num_attention_heads: heads,
    head_dim: headDim,
  } = config as Record<string, number>;
  return config.num_hidden_layers === { gemma2: 46, gemma3: 62 }[architecture] ? hidden / heads : headDim;
}
