/** GGUF files of Llama's kind: with random weights, which a decoder's speed is measured on, or with those of a model folder. */
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** TinyLlama's sizes: 1.1 billion parameters. */
export const llama1b = { vocab: 32000, hidden: 2048, layers: 22, heads: 32, kvHeads: 4, ffn: 5632 };

const context = 4096;
/** ggml's type numbers, and bytes of a block of elements. */
const types = {
  f32: { id: 0, block: 1, bytes: 4 },
  f16: { id: 1, block: 1, bytes: 2 },
  bf16: { id: 30, block: 1, bytes: 2 },
  q8_0: { id: 8, block: 32, bytes: 34 },
  q4_0: { id: 2, block: 32, bytes: 18 },
};
const ALIGN = 32;
const roundUp = (n) => Math.ceil(n / ALIGN) * ALIGN;

/** The file, made once a machine; its path. */
export function llamaGguf(format, sizes = llama1b) {
  const folder = join(tmpdir(), 'mia-bench');
  const path = join(folder, `llama-${sizes.hidden}x${sizes.layers}-${format}.gguf`);
  if (existsSync(path)) return path;
  mkdirSync(folder, { recursive: true });
  let seed = 0;
  writeLlama(`${path}.part`, format, sizes, (_, shape, type) => weights(shape, type, ++seed));
  renameSync(`${path}.part`, path);
  return path;
}

function tensorsOf({ vocab, hidden, layers, heads, kvHeads, ffn }, format) {
  const kv = (hidden / heads) * kvHeads;
  const list = [
    ['token_embd.weight', [vocab, hidden], format],
    ['output_norm.weight', [hidden], 'f32'],
    ['output.weight', [vocab, hidden], format],
  ];
  for (let i = 0; i < layers; i++) {
    const add = (name, shape, type = format) => list.push([`blk.${i}.${name}.weight`, shape, type]);
    add('attn_norm', [hidden], 'f32');
    add('ffn_norm', [hidden], 'f32');
    add('attn_q', [hidden, hidden]);
    add('attn_k', [kv, hidden]);
    add('attn_v', [kv, hidden]);
    add('attn_output', [hidden, hidden]);
    add('ffn_gate', [ffn, hidden]);
    add('ffn_up', [ffn, hidden]);
    add('ffn_down', [hidden, ffn]);
  }
  return list;
}

const bytesOf = (shape, format) => {
  const { block, bytes } = types[format];
  return (shape.reduce((a, b) => a * b, 1) / block) * bytes;
};

/** A file whose tensors are what `contents(name, shape, type)` gives, asked one by one in the order of the file. */
export function writeLlama(path, format, sizes, contents) {
  const tensors = tensorsOf(sizes, format);
  const file = openSync(path, 'w');
  let at = 0;
  const put = (bytes) => {
    for (let done = 0; done < bytes.length;)
      done += writeSync(file, bytes, done, Math.min(bytes.length - done, 1 << 28));
    at += bytes.length;
  };
  const pad = () => put(new Uint8Array(roundUp(at) - at));
  put(header(tensors, format, sizes));
  pad();
  for (const tensor of tensors) {
    put(contents(...tensor));
    pad();
  }
  closeSync(file);
}

function header(tensors, format, { vocab, hidden, layers, heads, kvHeads, ffn }) {
  const parts = [];
  const push = (bytes) => parts.push(Buffer.from(bytes));
  const number = (method, size) => (value) => {
    const b = Buffer.alloc(size);
    b[method](value);
    parts.push(b);
  };
  const u32 = number('writeUInt32LE', 4);
  const f32 = number('writeFloatLE', 4);
  const u64 = (value) => number('writeBigUInt64LE', 8)(BigInt(value));
  const text = (value) => {
    const bytes = Buffer.from(value);
    u64(bytes.length);
    push(bytes);
  };
  const entries = {
    'general.architecture': [8, 'llama'],
    'llama.context_length': [4, context],
    'llama.embedding_length': [4, hidden],
    'llama.block_count': [4, layers],
    'llama.feed_forward_length': [4, ffn],
    'llama.attention.head_count': [4, heads],
    'llama.attention.head_count_kv': [4, kvHeads],
    'llama.attention.layer_norm_rms_epsilon': [6, 1e-5],
    'llama.rope.freq_base': [6, 10000],
    'llama.rope.dimension_count': [4, hidden / heads],
    'llama.vocab_size': [4, vocab],
    'tokenizer.ggml.model': [8, 'llama'],
    'tokenizer.ggml.bos_token_id': [4, 1],
    'tokenizer.ggml.eos_token_id': [4, 2],
    'tokenizer.ggml.unknown_token_id': [4, 0],
  };
  push('GGUF');
  u32(3);
  u64(tensors.length);
  u64(Object.keys(entries).length + 3);
  for (const [key, [type, value]] of Object.entries(entries)) {
    text(key);
    u32(type);
    ({ 4: u32, 6: f32, 8: text })[type](value);
  }
  const bytes = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`);
  const words = Array.from({ length: vocab - 259 }, (_, i) => `\u2581w${i}`);
  const list = (key, type, values, put) => {
    text(key);
    u32(9);
    u32(type);
    u64(values.length);
    values.forEach(put);
  };
  list('tokenizer.ggml.tokens', 8, ['<unk>', '<s>', '</s>', ...bytes, ...words], text);
  list('tokenizer.ggml.scores', 6, new Array(vocab).fill(0), f32);
  const kinds = [2, 3, 3, ...bytes.map(() => 6), ...words.map(() => 1)];
  list('tokenizer.ggml.token_type', 5, kinds, u32);
  let offset = 0;
  for (const [name, shape, type] of tensors) {
    text(name);
    u32(shape.length);
    for (const n of shape.toReversed()) u64(n);
    u32(types[type].id);
    u64(offset);
    offset += roundUp(bytesOf(shape, type));
  }
  return Buffer.concat(parts);
}

/** Standard deviation of about 0.02, norms of ones. */
function weights(shape, format, seed) {
  const bytes = new Uint8Array(bytesOf(shape, format));
  if (format === 'f32') {
    new Float32Array(bytes.buffer).fill(1);
    return bytes;
  }
  const words = new Uint32Array(bytes.buffer, 0, bytes.length >> 2);
  let x = (seed * 2654435761) >>> 0 || 1;
  for (let i = 0; i < words.length; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
  const { bytes: size, block } = types[format];
  if (block > 1) {
    // Scales of f16: 0.0005 for bytes (uniform in +-127), 0.0044 for nibbles (-8..7).
    const scale = format === 'q8_0' ? 0x0ffe : 0x1c81;
    for (let i = 0; i < bytes.length; i += size) [bytes[i], bytes[i + 1]] = [scale & 255, scale >> 8];
    return bytes;
  }
  // A sign, an exponent of 2^-6 or 2^-7, and the mantissa as it comes.
  const halves = new Uint16Array(bytes.buffer);
  const [keep, exponent] = format === 'f16' ? [0x87ff, 0x2000] : [0x80ff, 0x3c00];
  for (let i = 0; i < halves.length; i++) halves[i] = (halves[i] & keep) | exponent;
  return bytes;
}
