/** What families of decoders read from their configurations in the same way. */
import type { Config } from '../config.js';
import { activation } from '../layers/activation.js';
import { linear } from '../layers/linear.js';
import { fusedGatedMlp, gatedMlp } from '../layers/mlp.js';
import { rmsNorm } from '../layers/norm.js';
import { rotary, type Rotary } from '../layers/rotary.js';
import type { DecoderLayerSpec, DecoderNames, DecoderSpec } from './spec.js';

/** Llama's names; most families have them. */
export const llamaNames = (root: string): DecoderNames => ({
  embedding: `${root}embed_tokens`,
  layer: (i) => `${root}layers.${i}.`,
  attentionNorm: 'input_layernorm',
  mlpNorm: 'post_attention_layernorm',
  out: 'self_attn.o_proj',
  norm: `${root}norm`,
  head: 'lm_head',
});

/** Parameters of a rotary embedding in the fields of transformers 5 (rope_parameters) or 4 (rope_theta, rope_scaling). */
export function readRotary(config: Config, options: { layerType?: string; theta?: number } = {}): Rotary {
  const { layerType } = options;
  const newer = config.part('rope_parameters');
  const parameters = layerType !== undefined && newer.has(layerType) ? newer.part(layerType) : newer;
  const scaling = config.has('rope_parameters') ? parameters : config.part('rope_scaling');
  const partial = scaling.number('partial_rotary_factor', config.number('partial_rotary_factor', 1));
  const theta = options.theta ?? scaling.number('rope_theta', config.number('rope_theta', 10000));
  const maxPositions = config.size('max_position_embeddings', 2048);
  const original = config.has('original_max_position_embeddings') && {
    original_max_position_embeddings: config.fields.original_max_position_embeddings,
  };
  return rotary({
    headDim: headDimOf(config),
    scaling: scaling.defaults(original || {}),
    theta,
    maxPositions,
    partial,
    interleaved: config.flag('rope_interleaved', false),
  });
}

/** Families with a size of their own put it in by `defaults`. */
export const headDimOf = (config: Config): number =>
  config.has('head_dim')
    ? config.size('head_dim')
    : config.size('hidden_size') / config.size('num_attention_heads');

/** Kinds of attention by layer, where a configuration lists them; else what `rule` says. */
export function layerTypes(config: Config, rule: (layer: number) => boolean): boolean[] {
  const count = config.size('num_hidden_layers');
  if (!config.has('layer_types')) return Array.from({ length: count }, (_, i) => rule(i));
  const types = config.texts('layer_types');
  const known = types.every((t) => t === 'full_attention' || t === 'sliding_attention');
  if (types.length !== count || !known)
    config.fail('bad layer_types', `${count} of full_attention, sliding_attention`, types.join(', '));
  return types.map((t) => t === 'sliding_attention');
}

/** Layers of one rotary embedding, some of which slide. */
export function readLayers(
  config: Config,
  sliding: (layer: number) => boolean = () => false,
): DecoderLayerSpec[] {
  const shared = readRotary(config);
  return layerTypes(config, sliding).map((slides) => ({
    rotary: shared,
    window: slides ? config.size('sliding_window') : undefined,
  }));
}

/** Llama's own specification, which other families change in some places. */
export function llamaSpec(config: Config, root: string): DecoderSpec {
  const hidden = config.size('hidden_size');
  const heads = config.size('num_attention_heads');
  const kvHeads = config.size('num_key_value_heads', heads);
  const headDim = headDimOf(config);
  if (heads % kvHeads !== 0 || !Number.isInteger(headDim))
    config.fail(
      'heads do not divide',
      'hidden_size by heads, heads by key-value heads',
      `${hidden}, ${heads}, ${kvHeads}`,
    );
  const size = config.size('intermediate_size');
  const act = activation(config.text('hidden_activation', config.text('hidden_act', 'silu')));
  const eps = config.number('rms_norm_eps', 1e-6);
  return {
    hidden,
    heads,
    kvHeads,
    headDim,
    vocab: config.size('vocab_size'),
    maxPositions: config.size('max_position_embeddings', 2048),
    layers: readLayers(config),
    names: llamaNames(root),
    norm: (w, name, n) => rmsNorm(w, name, n, eps),
    projections: (w, prefix) => [
      linear(w, `${prefix}self_attn.q_proj`, hidden, heads * headDim),
      linear(w, `${prefix}self_attn.k_proj`, hidden, kvHeads * headDim),
      linear(w, `${prefix}self_attn.v_proj`, hidden, kvHeads * headDim),
    ],
    out: (w, name) => linear(w, name, heads * headDim, hidden),
    mlp: (w, prefix) =>
      gatedMlp(
        linear(w, `${prefix}mlp.gate_proj`, hidden, size),
        linear(w, `${prefix}mlp.up_proj`, hidden, size),
        linear(w, `${prefix}mlp.down_proj`, size, hidden),
        act,
      ),
    tied: config.flag('tie_word_embeddings', false),
  };
}

/** Phi-3's products that give several things side by side. */
export function fused(config: Config, spec: DecoderSpec): Pick<DecoderSpec, 'projections' | 'mlp'> {
  const { hidden, heads, kvHeads, headDim } = spec;
  const size = config.size('intermediate_size');
  const act = activation(config.text('hidden_act', 'silu'));
  return {
    projections: (w, prefix) => [
      linear(w, `${prefix}self_attn.qkv_proj`, hidden, (heads + 2 * kvHeads) * headDim),
    ],
    mlp: (w, prefix) =>
      fusedGatedMlp(
        linear(w, `${prefix}mlp.gate_up_proj`, hidden, 2 * size),
        linear(w, `${prefix}mlp.down_proj`, size, hidden),
        act,
      ),
  };
}
