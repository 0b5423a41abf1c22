/** A file of the reference writer, read as weights: names, shapes and numbers are what went in. */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { Cpu, Tensor } from '../../../../lib/index.js';
import { arrayOf } from '../../../../lib/ir/safetensors.js';
import { openCheckpoint } from '../../../../lib/models/files/checkpoint.js';

const path = fileURLToPath(new URL('../../../fixtures/gguf/gguf-py.gguf', import.meta.url));

it('reads what gguf-py wrote', async () => {
  const checkpoint = await openCheckpoint(path);
  const { metadata, config, tensors } = checkpoint;
  expect(metadata.get('general.name')).toBe('made by gguf-py');
  expect(metadata.get('tokenizer.ggml.tokens')).toEqual(['<s>', 'ü', '▁a']);
  expect(metadata.get('tokenizer.ggml.scores')).toEqual(Float32Array.of(0, -1.5, -2));
  expect(['ints', 'bool', 'f64', 'u64', 'i8'].map((key) => metadata.get(`test.${key}`))).toEqual([
    Int32Array.of(1, 2, 3),
    true,
    0.1,
    2 ** 40,
    -3,
  ]);
  expect(config).toMatchObject({
    model_type: 'llama',
    vocab_size: 3,
    hidden_size: 256,
    tie_word_embeddings: true,
  });

  await using cpu = await Cpu.create();
  const cases = [
    ['model.embed_tokens.weight', 'q8_0', [3, 256], 0.01],
    ['model.norm.weight', 'f32', [256], 0],
    ['model.layers.0.self_attn.q_proj.weight', 'q4_0', [4, 256], 0.25],
    ['model.layers.0.self_attn.k_proj.weight', 'bf16', [2, 256], 0],
    ['model.layers.0.self_attn.v_proj.weight', 'f16', [2, 256], 0],
  ] as const;
  expect(tensors.size).toBe(cases.length);
  for (const [name, dtype, shape, error] of cases) {
    const tensor = tensors.get(name)!;
    expect(tensor).toMatchObject({ dtype, shape });
    const values = await Tensor.create(cpu, shape, arrayOf(tensor), dtype as 'f32')
      .to('f32')
      .back();
    values.forEach((value, i) => expect(Math.abs(value - ((i % 17) - 8) / 4)).toBeLessThanOrEqual(error));
  }
  checkpoint.close();
});
