/** Labels of texts and images beside the logits of forward(). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cpu } from '../../../lib/index.js';
import { loadModel, type Model, type Pixels } from '../../../lib/models/index.js';
import { expectedOf, folderOf, variantOf } from './fixtures.js';

/** The ids of the two rows of a case, without padding, and what forward() makes of them. */
async function rowsOf(name: string, model: Model): Promise<{ ids: number[][]; logits: number[][] }> {
  const { 'in.input_ids': input_ids, 'in.attention_mask': attention_mask } = expectedOf(name);
  const rows = (values: ArrayLike<number | bigint>): number[][] =>
    [0, 1].map((i) =>
      Array.from(values, Number).slice((i * values.length) / 2, ((i + 1) * values.length) / 2),
    );
  const mask = rows(attention_mask.data);
  const ids = rows(input_ids.data).map((row, i) => row.filter((_, j) => mask[i][j] === 1));
  const { logits } = await model.forward({ input_ids, attention_mask });
  return { ids, logits: rows(logits.data) };
}

const softmax = (logits: number[]): number[] => {
  const parts = logits.map(Math.exp);
  return parts.map((p) => p / parts.reduce((a, b) => a + b));
};

describe('labels', () => {
  let device: Cpu;
  beforeAll(async () => {
    device = await Cpu.create();
  });
  afterAll(() => device.close());
  const open = (path: string): Promise<Model> => loadModel(path, { device, weights: 'f32' });

  test.each(['bert-3-labels', 'roberta-3-labels', 'distilbert-2-labels', 'modernbert-mean'])(
    '%s: probabilities, the largest first',
    async (name) => {
      await using model = await open(folderOf(name));
      const { ids, logits } = await rowsOf(name, model);
      const out = await model.classify(ids);
      logits.map(softmax).forEach((wanted, row) => {
        const order = [...wanted.keys()].sort((a, b) => wanted[b] - wanted[a]);
        expect(out[row].map((c) => c.label)).toEqual(order.map((i) => `LABEL_${i}`));
        order.forEach((i, at) => expect(out[row][at].score).toBeCloseTo(wanted[i], 4));
      });
    },
  );

  test('labels by name, each by itself where several may hold', async () => {
    using folder = variantOf('bert-3-labels', {
      'config.json': { id2label: { 0: 'a', 1: 'b', 2: 'c' }, problem_type: 'multi_label_classification' },
    });
    await using model = await open(folder.path);
    const { ids, logits } = await rowsOf('bert-3-labels', model);
    const scores = Object.fromEntries((await model.classify([ids[0]]))[0].map((c) => [c.label, c.score]));
    ['a', 'b', 'c'].forEach((label, i) =>
      expect(scores[label]).toBeCloseTo(1 / (1 + Math.exp(-logits[0][i])), 4),
    );
  });

  test('one label is what the model says', async () => {
    await using model = await open(folderOf('bert-1-label'));
    const { ids, logits } = await rowsOf('bert-1-label', model);
    const out = await model.classify(ids);
    out.forEach((found, row) => {
      expect(found).toEqual([{ label: 'LABEL_0', score: expect.closeTo(logits[row][0], 4) }]);
    });
  });

  test('images, by the folder’s preprocessing', async () => {
    const { image } = expectedOf('image-vit-plain');
    const [height, width] = image.shape;
    const pixels = { data: image.data as Uint8Array, width, height };
    using folder = variantOf('vit-5-labels', { 'preprocessor_config.json': { size: 24 } });
    await using model = await open(folder.path);
    const dark: Pixels = { ...pixels, data: pixels.data.map((v) => v >> 2) };
    const out = await model.classify([pixels, dark]);
    const { logits } = await model.forward({ pixel_values: model.preprocess(pixels, dark) });
    out.forEach((found, i) => {
      const wanted = softmax([...logits.data.subarray(i * 5, i * 5 + 5)]).sort((a, b) => b - a);
      found.forEach(({ score }, at) => expect(score).toBeCloseTo(wanted[at], 5));
    });
  });

  test('nothing gives nothing', async () => {
    await using model = await open(folderOf('bert-3-labels'));
    expect(await model.classify([])).toEqual([]);
  });

  test.each(['bert', 'bert-tokens', 'llama', 'vit'])('%s has no labels of whole inputs', async (name) => {
    await using model = await open(folderOf(name));
    await expect(model.classify([[5]])).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED' });
  });

  test('what is no text, and images without a preprocessor_config.json, are refused', async () => {
    await using model = await open(folderOf('bert-3-labels'));
    const refused = { code: 'ERR_SHAPE', op: 'classify' };
    await expect(model.classify([{ data: new Uint8Array(3), width: 1, height: 1 }])).rejects.toMatchObject(
      refused,
    );
    await expect(model.classify([[96]])).rejects.toMatchObject(refused);
    await using vit = await open(folderOf('vit-5-labels'));
    expect(() => vit.preprocess()).toThrow(/no preprocessor_config.json/);
  });
});
