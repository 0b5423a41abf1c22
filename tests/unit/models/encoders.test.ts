/** Every family of encoders against what transformers computes, and against itself: padding, batches, order. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cpu } from '../../../lib/index.js';
import { loadModel, type Model, type NamedArray } from '../../../lib/models/index.js';
import { expectedOf, folderOf, relativeError, type Expected } from './fixtures.js';

const cases = readdirSync(folderOf('.'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && 'in.input_ids' in expectedOf(entry.name))
  .map((entry) => entry.name);

/** Inputs and outputs of a case, by their names. */
function partsOf(name: string): { inputs: Record<string, Expected>; outputs: Record<string, Expected> } {
  const entries = Object.entries(expectedOf(name));
  const isInput = ([key]: [string, Expected]): boolean => key.startsWith('in.');
  return {
    inputs: Object.fromEntries(entries.filter(isInput).map(([key, value]) => [key.slice(3), value])),
    outputs: Object.fromEntries(entries.filter((e) => !isInput(e))),
  };
}

/** Where the mask is 0, results mean nothing: zeros. */
function masked({ data, shape }: Expected, mask: Expected): Float32Array {
  if (shape.length < 3) return data as Float32Array;
  return (data as Float32Array).map((v, i) => (Number(mask.data[Math.floor(i / shape[2])]) ? v : 0));
}

describe('encoders', () => {
  let device: Cpu;
  beforeAll(async () => {
    device = await Cpu.create();
  });
  afterAll(() => device.close());
  const open = (name: string): Promise<Model> => loadModel(folderOf(name), { device, weights: 'f32' });

  test('every family has a case', () => {
    const types = cases.map(
      (c) => JSON.parse(readFileSync(join(folderOf(c), 'config.json'), 'utf8')).model_type,
    );
    const families = [...new Set<string>(types)].sort((a, b) => (a < b ? -1 : 1));
    expect(families).toEqual(['bert', 'distilbert', 'modernbert', 'roberta']);
  });

  test.each(cases)('%s: as transformers has it', async (name) => {
    const { inputs, outputs } = partsOf(name);
    await using model = await open(name);
    const out = await model.forward(inputs);
    expect(Object.keys(out).sort()).toEqual(Object.keys(outputs).sort());
    for (const [key, expected] of Object.entries(outputs)) {
      expect(out[key].shape).toEqual(expected.shape);
      const wanted = masked(expected, inputs.attention_mask);
      expect(relativeError(out[key].data, wanted)).toBeLessThan(2e-4);
    }
  });

  test.each(cases)('%s: padding and company change nothing', async (name) => {
    const { inputs } = partsOf(name);
    await using model = await open(name);
    const together = await model.forward(inputs);
    const length = inputs.input_ids.shape[1];
    const real = Array.from(inputs.attention_mask.data.subarray(length), Number).filter(Boolean).length;
    const alone = Object.fromEntries(
      Object.entries(inputs).map(([key, { data }]): [string, NamedArray] => [
        key,
        { data: data.slice(length, length + real), shape: [1, real] },
      ]),
    );
    for (const [key, { data, shape }] of Object.entries(await model.forward(alone))) {
      const second = together[key].data.slice(together[key].data.length / 2);
      expect(shape[0]).toBe(1);
      expect(data.every((v, i) => Math.abs(v - second[i]) < 1e-5)).toBe(true);
    }
  });

  test('padding before the text, and rows of padding alone', async () => {
    await using model = await open('distilbert');
    const ids = Int32Array.of(5, 6, 7);
    const alone = await model.forward({ input_ids: { data: ids, shape: [1, 3] } });
    const { last_hidden_state: out } = await model.forward({
      input_ids: { data: Int32Array.of(5, 6, 7, 0, 0, 0, 0, 0), shape: [2, 4] },
      attention_mask: { data: Uint8Array.of(1, 1, 1, 0, 0, 0, 0, 0), shape: [2, 4] },
    });
    const real = 3 * 32;
    expect(relativeError(out.data.subarray(0, real), alone.last_hidden_state.data)).toBeLessThan(1e-6);
    expect(out.data.subarray(real).every((v) => v === 0)).toBe(true);
  });

  test('token types are zeros if they are left out', async () => {
    const { inputs } = partsOf('bert');
    await using model = await open('bert');
    const { token_type_ids, ...others } = inputs;
    const zeros = { data: new Int32Array(token_type_ids.data.length), shape: token_type_ids.shape };
    const [a, b] = [await model.forward(others), await model.forward({ ...others, token_type_ids: zeros })];
    expect(a.last_hidden_state.data).toEqual(b.last_hidden_state.data);
  });

  const row = (...ids: number[]): NamedArray => ({ data: Int32Array.from(ids), shape: [1, ids.length] });
  const bad: [what: string, name: string, inputs: Record<string, NamedArray>, message: RegExp][] = [
    ['an id out of the vocabulary', 'bert', { input_ids: row(5, 96) }, /input_ids.*\[0, 96\).*96/],
    ['a type out of range', 'bert', { input_ids: row(5), token_type_ids: row(2) }, /token_type_ids/],
    ['types of a model without them', 'distilbert', { input_ids: row(5), token_type_ids: row(0) }, /no such/],
    ['a mask of another shape', 'bert', { input_ids: row(5, 6), attention_mask: row(0) }, /attention_mask/],
    ['more tokens than positions', 'bert', { input_ids: row(...Array(33).fill(5)) }, /at most 32.*33/],
    ['more than Roberta has', 'roberta', { input_ids: row(...Array(31).fill(5)) }, /at most 30.*31/],
    ['no ids', 'bert', {}, /input_ids.*missing/],
    ['an empty batch', 'bert', { input_ids: { data: new Int32Array(0), shape: [0, 4] } }, /input_ids/],
  ];
  test.each(bad)('%s is refused', async (_, name, inputs, message) => {
    await using model = await open(name);
    await expect(model.forward(inputs)).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    await expect(model.forward(inputs)).rejects.toThrow(message);
  });
});
