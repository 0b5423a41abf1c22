/** Every family of decoders against what transformers computes, whole and token by token. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cpu } from '../../../lib/index.js';
import { loadModel } from '../../../lib/models/index.js';
import { expectedOf, folderOf, relativeError } from './fixtures.js';

const cases = readdirSync(folderOf('.'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map((entry) => entry.name)
  .filter((name) => existsSync(join(folderOf(name), 'config.json')) && 'greedy' in expectedOf(name));

describe('decoders', () => {
  let device: Cpu;
  beforeAll(async () => {
    device = await Cpu.create();
  });
  afterAll(() => device.close());

  test('every family has a case', () => {
    const types = cases.map(
      (c) => JSON.parse(readFileSync(join(folderOf(c), 'config.json'), 'utf8')).model_type,
    );
    expect([...new Set<string>(types)].sort((a, b) => (a < b ? -1 : 1))).toEqual([
      'gemma2',
      'gemma3_text',
      'gpt2',
      'llama',
      'mistral',
      'olmo2',
      'phi3',
      'qwen2',
      'qwen3',
      'qwen3_moe',
      'smollm3',
    ]);
  });

  test.each(cases)('%s: logits and greedy tokens', async (name) => {
    const { input_ids, logits, greedy } = expectedOf(name);
    await using model = await loadModel(folderOf(name), { device, weights: 'f32', contextLength: 64 });
    const out = await model.forward({ input_ids });
    expect(out.logits.shape).toEqual(logits.shape);
    expect(relativeError(out.logits.data, logits.data as Float32Array)).toBeLessThan(2e-4);

    const all = Array.from(greedy.data as ArrayLike<number | bigint>, Number);
    const prompt = input_ids.shape[1];
    const written: number[] = [];
    for await (const { id } of model.generate(all.slice(0, prompt), {
      maxTokens: all.length - prompt,
      ignoreEos: true,
    }))
      written.push(id);
    expect(written).toEqual(all.slice(prompt));
  });
});
