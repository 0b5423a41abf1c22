/** The model that ships with Mia, against what transformers computes of it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { Cpu } from '../../../lib/index.js';
import { arrayOf, parseSafetensors } from '../../../lib/ir/safetensors.js';
import { loadModel } from '../../../lib/models/index.js';
import { relativeError } from './fixtures.js';

const root = join(import.meta.dirname, '../../..');
const fixtures = join(root, 'tests/fixtures/stories');
interface Story {
  readonly prompt: string;
  readonly ids: number[];
  readonly greedy: number[];
}
const { prompts } = JSON.parse(readFileSync(join(fixtures, 'expected.json'), 'utf8')) as { prompts: Story[] };
const { tensors } = parseSafetensors(readFileSync(join(fixtures, 'expected.safetensors')));

test('tokenizer, logits and stories', async () => {
  await using device = await Cpu.create();
  await using model = await loadModel(join(root, 'models/stories'), { device, weights: 'f32' });
  for (const [i, { prompt, ids, greedy }] of prompts.entries()) {
    expect([...model.tokenizer!.encode(prompt)]).toEqual(ids);
    const { logits } = await model.forward({
      input_ids: { data: Int32Array.from(ids), shape: [1, ids.length] },
    });
    const expected = arrayOf(tensors.get(`logits.${i}`)!) as Float32Array;
    expect(relativeError(logits.data, expected)).toBeLessThan(2e-4);
    const written: number[] = [];
    for await (const { id } of model.generate(prompt, { maxTokens: greedy.length, ignoreEos: true }))
      written.push(id);
    expect(written).toEqual(greedy);
  }
});

test('a story ends by itself, and is told again by its seed', async () => {
  await using device = await Cpu.create();
  await using model = await loadModel(join(root, 'models/stories'), { device });
  const tell = async (seed: number): Promise<[string, string]> => {
    const tokens = model.generate('', { maxTokens: 400, temperature: 0.8, topP: 0.95, seed });
    let text = '';
    for (;;) {
      const step = await tokens.next();
      if (step.done) return [text, step.value];
      text += step.value.text;
    }
  };
  const [text, reason] = await tell(1);
  expect(reason).toBe('eos');
  expect(text.split(/\s+/).length).toBeGreaterThan(40);
  expect(text).toMatch(/[.!?"]\s*$/);
  expect(await tell(1)).toEqual([text, reason]);
});
