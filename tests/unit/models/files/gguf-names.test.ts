import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../../lib/models/files/checkpoint.js';
import { huggingFaceName } from '../../../../lib/models/files/gguf-names.js';
import {
  bytes,
  linear,
  makeGguf,
  norm,
  tinyModel,
  type Entry,
  type GgufParts,
  type GgufTensor,
} from './gguf-maker.js';
import { refusal, tempFile } from './temp.js';

const file = (parts: GgufParts): string => tempFile('model.gguf', makeGguf(parts));
async function open(parts: GgufParts) {
  const { config, tensors, metadata, close, format } = await openCheckpoint(file(parts));
  close();
  return { config, names: [...tensors.keys()], metadata, format };
}
const config = async (architecture: string, metadata: Entry[] = [], more: GgufTensor[] = []) =>
  (await open(tinyModel(architecture, metadata, more))).config;

describe('names', () => {
  it.each([
    ['llama', 'token_embd.weight', 'model.embed_tokens.weight'],
    ['llama', 'output.weight', 'lm_head.weight'],
    ['llama', 'blk.12.attn_q.bias', 'model.layers.12.self_attn.q_proj.bias'],
    ['llama', 'blk.0.attn_output.weight', 'model.layers.0.self_attn.o_proj.weight'],
    ['qwen2', 'blk.3.ffn_norm.weight', 'model.layers.3.post_attention_layernorm.weight'],
    ['qwen3', 'blk.3.attn_k_norm.weight', 'model.layers.3.self_attn.k_norm.weight'],
    ['gemma2', 'blk.1.ffn_norm.weight', 'model.layers.1.pre_feedforward_layernorm.weight'],
    ['gemma3', 'blk.1.post_attention_norm.weight', 'model.layers.1.post_attention_layernorm.weight'],
    ['gemma3', 'blk.1.post_ffw_norm.weight', 'model.layers.1.post_feedforward_layernorm.weight'],
    ['phi3', 'blk.0.attn_qkv.weight', 'model.layers.0.self_attn.qkv_proj.weight'],
    ['phi3', 'blk.0.ffn_up.weight', 'model.layers.0.mlp.gate_up_proj.weight'],
    ['llama', 'blk.0.attn_q_norm.weight', undefined],
    ['llama', 'blk.00.attn_q.weight', undefined],
    ['llama', 'blk.0.constructor.weight', undefined],
    ['llama', 'attn_q.weight', undefined],
    ['llama', 'output', undefined],
  ])('%s has %s as %s', (architecture, name, expected) => {
    expect(huggingFaceName(architecture, name)).toBe(expected);
  });

  it('of a whole model, whose metadata stays at hand', async () => {
    const { names, metadata, format } = await open(tinyModel('llama'));
    expect(format).toBe('gguf');
    expect(names).toContain('model.layers.1.mlp.down_proj.weight');
    expect(names).toHaveLength(18);
    expect(metadata.get('tokenizer.ggml.tokens')).toEqual(['a', 'b', 'ü']);
  });

  it('come after metadata that is longer than the first look', async () => {
    const long = 'x'.repeat(17 * 2 ** 20);
    const { names, metadata } = await open(tinyModel('llama', [['long', 'string', long]]));
    expect(names).toHaveLength(18);
    expect((metadata.get('long') as string).length).toBe(long.length);
  });

  it('refuse what has no place', async () => {
    const path = file(tinyModel('llama', [], [norm('blk.0.ffn_gate_inp.weight', 32)]));
    const { message } = await refusal(path, 'ERR_UNSUPPORTED');
    expect(message).toBe(`openCheckpoint: ${path}: tensor 'blk.0.ffn_gate_inp.weight' has no place in llama`);
  });
});

describe('config', () => {
  const own = (architecture: string, key: string, type: Entry[1], value: unknown): Entry => [
    `${architecture}.${key}`,
    type,
    value,
  ];

  it('of llama', async () => {
    expect(await config('llama')).toEqual({
      model_type: 'llama',
      architectures: ['LlamaForCausalLM'],
      hidden_act: 'silu',
      rope_interleaved: true,
      hidden_size: 32,
      num_hidden_layers: 2,
      intermediate_size: 64,
      num_attention_heads: 4,
      num_key_value_heads: 2,
      head_dim: 8,
      rms_norm_eps: 0.5,
      max_position_embeddings: 128,
      rope_theta: 500000,
      vocab_size: 3,
      bos_token_id: 1,
      eos_token_id: 2,
      tie_word_embeddings: true,
      attention_bias: false,
      mlp_bias: false,
    });
  });

  it('sees a head of its own and biases', async () => {
    const more = [linear('output.weight', 3, 32), norm('blk.0.attn_q.bias', 32)];
    expect(await config('qwen2', [], more)).toMatchObject({
      tie_word_embeddings: false,
      attention_bias: true,
    });
  });

  it('of llama with frequency factors, as llama3 has them', async () => {
    const factors = Float32Array.of(1, 1, 2.5, 8);
    const tensor: GgufTensor = {
      name: 'rope_freqs.weight',
      type: 'F32',
      dims: [4],
      data: new Uint8Array(factors.buffer),
    };
    const { config, names } = await open(tinyModel('llama', [], [tensor]));
    expect(config['rope_scaling']).toEqual({ rope_type: 'factors', factors: [1, 1, 2.5, 8] });
    expect(names).not.toContain('rope_freqs.weight');
    const half: GgufTensor = { ...tensor, type: 'F16', data: bytes(8) };
    const error = await refusal(file(tinyModel('llama', [], [half])), 'ERR_UNSUPPORTED');
    expect(error.message).toContain("tensor 'rope_freqs.weight' is of type f16: expected f32");
  });

  it('of scaled rotary embeddings', async () => {
    const scaled = async (...entries: [string, Entry[1], unknown][]) =>
      (await config('qwen2', entries.map(([key, type, value]) => own('qwen2', `rope.${key}`, type, value))))['rope_scaling']; // prettier-ignore
    expect(await scaled(['scaling.type', 'string', 'none'])).toBeUndefined();
    expect(await scaled(['scale_linear', 'f32', 4])).toEqual({ rope_type: 'linear', factor: 4 });
    expect(await scaled(['scaling.type', 'string', 'linear'], ['scaling.factor', 'f32', 2])).toEqual({
      rope_type: 'linear',
      factor: 2,
    });
    const yarn: [string, Entry[1], unknown][] = [
      ['scaling.type', 'string', 'yarn'],
      ['scaling.factor', 'f32', 4],
      ['scaling.original_context_length', 'u32', 32],
    ];
    expect(await scaled(...yarn)).toEqual({
      rope_type: 'yarn',
      factor: 4,
      original_max_position_embeddings: 32,
    });
    expect(await scaled(...yarn, ['scaling.attn_factor', 'f32', 0.5])).toMatchObject({
      attention_factor: 0.5 * (0.1 * Math.log(4) + 1),
    });
  });

  it('of phi3: short and long factors, part of a head rotated, a window or none', async () => {
    const factors = [norm('rope_factors_long.weight', 3), norm('rope_factors_short.weight', 3)];
    const phi = await config(
      'phi3',
      [
        own('phi3', 'rope.dimension_count', 'u32', 6),
        own('phi3', 'rope.scaling.original_context_length', 'u32', 64),
        own('phi3', 'rope.scaling.attn_factor', 'f32', 1.5),
        own('phi3', 'attention.sliding_window', 'u32', 0),
      ],
      factors,
    );
    expect(phi).toMatchObject({
      partial_rotary_factor: 0.75,
      original_max_position_embeddings: 64,
      rope_scaling: { rope_type: 'longrope', attention_factor: 1.5 },
    });
    expect((phi['rope_scaling'] as { long_factor: number[] }).long_factor).toHaveLength(3);
    expect(phi).not.toHaveProperty('sliding_window');
  });

  it('of gemma: norms without the 1, windows in turn, the scale of queries', async () => {
    const window = (architecture: string): Entry => own(architecture, 'attention.sliding_window', 'u32', 16);
    const gemma2 = await config('gemma2', [
      window('gemma2'),
      own('gemma2', 'final_logit_softcapping', 'f32', 30),
    ]);
    expect(gemma2).toMatchObject({
      norm_offset: 0,
      hidden_activation: 'gelu_pytorch_tanh',
      sliding_window: 16,
      layer_types: ['sliding_attention', 'full_attention'],
      final_logit_softcapping: 30,
      query_pre_attn_scalar: 8,
    });
    const gemma3 = await config('gemma3', [
      window('gemma3'),
      own('gemma3', 'attention.key_length', 'u32', 16),
    ]);
    expect(gemma3).toMatchObject({
      model_type: 'gemma3_text',
      head_dim: 16,
      query_pre_attn_scalar: 16,
      rope_theta: 500000,
      rope_local_base_freq: 10000,
      layer_types: ['sliding_attention', 'sliding_attention'],
    });
  });

  it('takes one number for all layers, and several ends', async () => {
    const parts = tinyModel('llama', [['tokenizer.ggml.eot_token_id', 'u32', 0]]);
    const metadata = parts.metadata!.map((entry): Entry =>
      entry[0] === 'llama.feed_forward_length' ? [entry[0], 'array', [64, 64], 'i32'] : entry,
    );
    expect((await open({ ...parts, metadata })).config).toMatchObject({
      intermediate_size: 64,
      eos_token_id: [2, 0],
    });
    const differing = metadata.map((entry): Entry =>
      entry[0] === 'llama.feed_forward_length' ? [entry[0], 'array', [64, 32], 'i32'] : entry,
    );
    const error = await refusal(file({ ...parts, metadata: differing }), 'ERR_UNSUPPORTED');
    expect(error.message).toContain('llama.feed_forward_length differs from layer to layer');
  });

  const without = (key: string): GgufParts => {
    const parts = tinyModel('llama');
    return { ...parts, metadata: parts.metadata!.filter(([name]) => name !== key) };
  };
  it.each([
    ['no architecture', without('general.architecture'), 'ERR_FORMAT', 'bad general.architecture'],
    ['an unknown architecture', tinyModel('mamba'), 'ERR_UNSUPPORTED', "unknown architecture: expected llama, qwen2, qwen3, gemma2, gemma3, phi3, got 'mamba'"],
    ['no width', without('llama.embedding_length'), 'ERR_FORMAT', 'bad llama.embedding_length: expected an integer > 0'],
    ['heads that do not divide the width', { ...without('llama.attention.head_count'), metadata: [...without('llama.attention.head_count').metadata!, own('llama', 'attention.head_count', 'u32', 5)] }, 'ERR_FORMAT', 'bad head size'],
    ['text for a number', tinyModel('llama', [own('llama', 'rope.scaling.factor', 'string', '2')]), 'ERR_FORMAT', 'bad llama.rope.scaling.factor: expected a number'],
    ['NaN', tinyModel('llama', [own('llama', 'rope.scaling.factor', 'f32', NaN)]), 'ERR_FORMAT', 'bad llama.rope.scaling.factor'],
    ['a scaling that nobody knows', tinyModel('llama', [own('llama', 'rope.scaling.type', 'string', 'x')]), 'ERR_UNSUPPORTED', "rope scaling of type 'x'"],
    ['experts', tinyModel('llama', [own('llama', 'expert_count', 'u32', 8)]), 'ERR_UNSUPPORTED', 'a mixture of experts'],
    ['a part of a split model', tinyModel('llama', [['split.count', 'u16', 3]]), 'ERR_UNSUPPORTED', 'a part of a split model'],
    ['two head sizes', tinyModel('llama', [own('llama', 'attention.value_length', 'u32', 16)]), 'ERR_UNSUPPORTED', 'values of 16 beside keys of 8'],
    ['windows of absurdly many layers', { ...tinyModel('gemma2', [own('gemma2', 'attention.sliding_window', 'u32', 4)]), metadata: [...tinyModel('gemma2', [own('gemma2', 'attention.sliding_window', 'u32', 4)]).metadata!.filter(([k]) => k !== 'gemma2.block_count'), own('gemma2', 'block_count', 'u32', 4e9)] }, 'ERR_FORMAT', 'bad block_count'],
  ] as const)('refuses %s', async (_, parts, code, message) => {
    expect((await refusal(file(parts), code)).message).toContain(message);
  }); // prettier-ignore
});
