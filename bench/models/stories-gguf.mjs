/** The language model that ships with Mia, as a GGUF file: trained, so that its likeliest tokens are clearly so. */
import { mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Tensor } from 'mia';
import { openCheckpoint } from '../../dist/models/index.js';
import { writeLlama } from './llama-gguf.mjs';

const folder = fileURLToPath(new URL('../../models/stories', import.meta.url));

/** GGUF's names below a layer, as Hugging Face has them. */
const names = {
  attn_norm: 'input_layernorm',
  ffn_norm: 'post_attention_layernorm',
  attn_q: 'self_attn.q_proj',
  attn_k: 'self_attn.k_proj',
  attn_v: 'self_attn.v_proj',
  attn_output: 'self_attn.o_proj',
  ffn_gate: 'mlp.gate_proj',
  ffn_up: 'mlp.up_proj',
  ffn_down: 'mlp.down_proj',
};

function sourceOf(name) {
  const layer = /^blk\.(\d+)\.(\w+)\.weight$/.exec(name);
  if (layer) return `model.layers.${layer[1]}.${names[layer[2]]}.weight`;
  return name === 'output_norm.weight' ? 'model.norm.weight' : 'model.embed_tokens.weight'; // the head is tied
}

/** Writes the file; its path. */
export async function storiesGguf(cpu, format) {
  const config = JSON.parse(readFileSync(join(folder, 'config.json'), 'utf8'));
  const sizes = {
    vocab: config.vocab_size,
    hidden: config.hidden_size,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    kvHeads: config.num_key_value_heads,
    ffn: config.intermediate_size,
  };
  const checkpoint = await openCheckpoint(folder);
  const made = new Map();
  const path = join(tmpdir(), 'mia-bench', `stories-${format}.gguf`);
  mkdirSync(join(tmpdir(), 'mia-bench'), { recursive: true });
  const list = [];
  writeLlama(path, format, sizes, (name, shape, type) => {
    list.push([name, shape, type]);
    return new Uint8Array(0);
  });
  for (const [name, shape, type] of list) {
    const { data } = checkpoint.tensors.get(sourceOf(name));
    const halves = new Uint16Array(data.buffer, data.byteOffset, data.length / 2).slice();
    let t = Tensor.create(cpu, shape, halves, 'f16').to('f32');
    if (/attn_[qk]\./.test(name)) t = sideBySide(t, name.includes('attn_q') ? sizes.heads : sizes.kvHeads);
    const array = await (type === 'f32' ? t : t.to(type)).back();
    made.set(name, new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
  }
  checkpoint.close();
  writeLlama(path, format, sizes, (name) => made.get(name));
  return path;
}

/** Rows of each head in GGUF's order: those that turn together lie side by side. */
function sideBySide(t, heads) {
  const [rows, inner] = t.shape;
  return t
    .reshape([heads, 2, rows / heads / 2, inner])
    .permute([0, 2, 1, 3])
    .reshape([rows, inner]);
}
