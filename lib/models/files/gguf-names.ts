/** The tensors of GGUF files by Hugging Face's names. */

/** Tensors outside the layers. */
const outer = new Map([
  ['token_embd', 'model.embed_tokens'],
  ['output_norm', 'model.norm'],
  ['output', 'lm_head'],
]);

/** Tensors of a layer, which most families share. */
const inner: readonly (readonly [string, string])[] = [
  ['attn_norm', 'input_layernorm'],
  ['attn_q', 'self_attn.q_proj'],
  ['attn_k', 'self_attn.k_proj'],
  ['attn_v', 'self_attn.v_proj'],
  ['attn_output', 'self_attn.o_proj'],
  ['ffn_norm', 'post_attention_layernorm'],
  ['ffn_gate', 'mlp.gate_proj'],
  ['ffn_up', 'mlp.up_proj'],
  ['ffn_down', 'mlp.down_proj'],
];

/** Norms of each head of queries and keys. */
const headNorms: typeof inner = [
  ['attn_q_norm', 'self_attn.q_norm'],
  ['attn_k_norm', 'self_attn.k_norm'],
];

/** Gemma has norms on both sides of attention and of the MLP. */
const fourNorms: typeof inner = [
  ['post_attention_norm', 'post_attention_layernorm'],
  ['ffn_norm', 'pre_feedforward_layernorm'],
  ['post_ffw_norm', 'post_feedforward_layernorm'],
];

/** Queries, keys and values are one product, as are gate and up. */
const fused: typeof inner = [
  ['attn_qkv', 'self_attn.qkv_proj'],
  ['ffn_up', 'mlp.gate_up_proj'],
];

/** Names of a layer's tensors by GGUF's general.architecture; later entries replace earlier ones. */
const layers = new Map(
  Object.entries({
    llama: inner,
    qwen2: inner,
    qwen3: [...inner, ...headNorms],
    gemma2: [...inner, ...fourNorms],
    gemma3: [...inner, ...headNorms, ...fourNorms],
    phi3: [...inner, ...fused],
  }).map(([architecture, names]) => [architecture, new Map(names)] as const),
);

/** Families whose names are known. */
export const ggufArchitectures: readonly string[] = [...layers.keys()];

/** Hugging Face's name of a family's tensor; undefined if it has none. */
export function huggingFaceName(architecture: string, name: string): string | undefined {
  const [, layer, stem, kind] = /^(?:blk\.(0|[1-9]\d{0,5})\.)?([a-z_]+)\.(weight|bias)$/.exec(name) ?? [];
  if (stem === undefined) return undefined;
  if (layer === undefined) return withKind(outer.get(stem), kind);
  return withKind(layers.get(architecture)?.get(stem), kind, `model.layers.${layer}.`);
}

const withKind = (stem: string | undefined, kind: string, prefix = ''): string | undefined =>
  stem === undefined ? undefined : `${prefix}${stem}.${kind}`;
