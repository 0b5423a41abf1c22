/** Embeddings: what sentence-transformers computes, what company must not change, and what is refused. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cpu } from '../../../lib/index.js';
import { writeSafetensors } from '../../../lib/ir/safetensors.js';
import { loadModel, type Model } from '../../../lib/models/index.js';
import { expectedOf, folderOf, relativeError, variantOf } from './fixtures.js';
import { tokenizerFixture } from './text/fixtures.js';

/** `count` sequences of 1 to 30 ids, always the same. */
const sequences = (count: number): number[][] =>
  Array.from({ length: count }, (_, i) =>
    Array.from({ length: 1 + ((i * 11) % 30) }, (_, j) => 10 + ((i * 31 + j * 17) % 80)),
  );

const cosine = (a: Float32Array, b: Float32Array): number =>
  a.reduce((sum, v, i) => sum + v * b[i], 0) / Math.sqrt(normOf(a) * normOf(b));
const normOf = (a: Float32Array): number => a.reduce((sum, v) => sum + v * v, 0);

/** A tokenizer of words of a few letters, whose ids are below 96. */
function smallTokenizer(): object {
  const { tokenizer } = tokenizerFixture('wordpiece');
  const model = tokenizer['model'] as { vocab: Record<string, number> };
  const vocab = Object.fromEntries(Object.entries(model.vocab).filter(([, id]) => id < 96));
  return { ...tokenizer, model: { ...model, vocab } };
}

describe('embeddings', () => {
  let device: Cpu;
  beforeAll(async () => {
    device = await Cpu.create();
  });
  afterAll(() => device.close());
  const open = (path: string): Promise<Model> => loadModel(path, { device, weights: 'f32' });

  test.each(['sentences-mean', 'sentences-cls'])('%s: as the folder says', async (name) => {
    const { embeddings, ...ids } = expectedOf(name);
    await using model = await open(folderOf(name));
    const inputs = Object.values(ids).map(({ data }) => data);
    const out = await model.embed(inputs);
    expect(out.map((e) => e.length)).toEqual(inputs.map(() => embeddings.shape[1]));
    const all = Float32Array.from(out.flatMap((e) => [...e]));
    expect(relativeError(all, embeddings.data as Float32Array)).toBeLessThan(2e-4);
  });

  test.each([
    ['bert', 'mean'],
    ['roberta', 'cls'],
    ['modernbert', 'last'],
    ['llama', 'last'],
    ['gemma3', 'mean'],
    ['phi3-longrope-short', 'last'],
  ] as const)('%s, %s: a batch is its texts alone, in any order', async (name, pooling) => {
    await using model = await open(folderOf(name));
    const most = name.startsWith('phi3') ? 12 : 30;
    const inputs = sequences(100).map((ids) => ids.slice(0, most)); // more than one run
    const together = await model.embed(inputs, { pooling });
    const reversed = await model.embed(inputs.toReversed(), { pooling });
    for (const i of [0, 1, 7, 63, 99]) {
      const [alone] = await model.embed([inputs[i]], { pooling });
      expect(relativeError(alone, together[i])).toBeLessThan(1e-5);
      expect(relativeError(reversed[99 - i], together[i])).toBeLessThan(1e-5);
    }
    expect(cosine(together[0], together[1])).toBeLessThan(0.99);
  });

  test.each(['llama', 'llama-dynamic', 'qwen2-window'])('%s: the last hidden state', async (name) => {
    using folder = variantOf(name, { 'config.json': { architectures: ['SomeModel'] } });
    await using model = await open(folder.path);
    const { data, shape } = expectedOf(name).input_ids;
    const { last_hidden_state: states } = await model.forward({ input_ids: { data, shape } });
    const embeddings = await model.embed([0, 1].map((i) => data.subarray(i * shape[1], (i + 1) * shape[1])));
    embeddings.forEach((embedding, i) => {
      const end = (i + 1) * shape[1] * embedding.length;
      expect(relativeError(embedding, states.data.subarray(end - embedding.length, end))).toBeLessThan(1e-5);
    });
  });

  test('pooling and length are the caller’s, if given', async () => {
    await using model = await open(folderOf('sentences-mean'));
    const inputs = sequences(5);
    const [mean, raw] = [await model.embed(inputs), await model.embed(inputs, { normalize: false })];
    mean.forEach((e, i) => {
      expect(normOf(e)).toBeCloseTo(1, 5);
      expect(normOf(raw[i])).not.toBeCloseTo(1, 2);
      expect(cosine(e, raw[i])).toBeCloseTo(1, 5);
    });
    const [cls] = await model.embed([inputs[3]], { pooling: 'cls', normalize: false });
    const { last_hidden_state: states } = await model.forward({
      input_ids: { data: Int32Array.from(inputs[3]), shape: [1, inputs[3].length] },
    });
    expect(relativeError(cls, states.data.subarray(0, 32))).toBeLessThan(1e-5);
  });

  test('pooling as newer folders say it', async () => {
    using folder = variantOf('sentences-cls', {
      '1_Pooling/config.json': new TextEncoder().encode('{"pooling_mode": "lasttoken"}'),
    });
    await using model = await open(folder.path);
    const inputs = sequences(3);
    expect(await model.embed(inputs)).toEqual(await model.embed(inputs, { pooling: 'last' }));
  });

  test('texts are cut to max_seq_length, their ending kept', async () => {
    using folder = variantOf('sentences-mean', {
      'tokenizer.json': smallTokenizer(),
      'sentence_bert_config.json': { max_seq_length: 6 },
    });
    await using model = await open(folder.path);
    const ids = model.tokenizer!.encode('a b c d e f g h');
    expect(ids.length).toBe(10);
    const [short, long, cut, empty, bare] = await model.embed([
      'a b',
      'a b c d e f g h',
      [...ids.slice(0, 5), ids[9]],
      '',
      [ids[0], ids[9]],
    ]);
    expect(relativeError(long, cut)).toBeLessThan(1e-6);
    expect(relativeError(empty, bare)).toBeLessThan(1e-6);
    expect(cosine(short, long)).toBeLessThan(0.999);
  });

  test('a product after pooling', async () => {
    const weight = Float32Array.from({ length: 3 * 32 }, (_, i) => Math.sin(i));
    const bias = Float32Array.of(0.5, -0.25, 0);
    using folder = variantOf('sentences-cls', {
      'modules.json': ['', '1_Pooling', '2_Dense'].map((path) => ({
        path,
        type: `sentence_transformers.models.${path.slice(2) || 'Transformer'}`,
      })),
      '2_Dense/config.json': {
        in_features: 32,
        out_features: 3,
        bias: true,
        activation_function: 'torch.nn.modules.activation.Tanh',
      },
      '2_Dense/model.safetensors': writeSafetensors(
        new Map([
          ['linear.weight', { dtype: 'f32', shape: [3, 32], data: new Uint8Array(weight.buffer) }],
          ['linear.bias', { dtype: 'f32', shape: [3], data: new Uint8Array(bias.buffer) }],
        ]),
      ),
    });
    await using plain = await open(folderOf('sentences-cls'));
    await using model = await open(folder.path);
    const inputs = sequences(3);
    const rows = await plain.embed(inputs);
    const wanted = rows.map((row) =>
      bias.map((b, o) => Math.tanh(row.reduce((sum, v, i) => sum + v * weight[o * 32 + i], b))),
    );
    (await model.embed(inputs)).forEach((e, i) => expect(relativeError(e, wanted[i])).toBeLessThan(1e-5));
  });

  test('nothing gives nothing', async () => {
    await using model = await open(folderOf('bert'));
    expect(await model.embed([])).toEqual([]);
  });

  test.each<[what: string, inputs: unknown, code: string, message: RegExp]>([
    ['a text without a tokenizer', ['a'], 'ERR_UNSUPPORTED', /tokenizer\.json/],
    ['a lone text', 'a', 'ERR_SHAPE', /array of texts/],
    ['what is no text', [[5], { length: 2 }], 'ERR_SHAPE', /input 1.*an object/],
    ['no ids', [[5], []], 'ERR_SHAPE', /input 1 has no tokens/],
    ['an id out of the vocabulary', [[5, 96]], 'ERR_SHAPE', /input 0.*\[0, 96\).*96/],
    ['a negative id', [[-1]], 'ERR_SHAPE', /input 0.*-1/],
    ['half an id', [[1.5]], 'ERR_SHAPE', /input 0.*1\.5/],
    ['more ids than positions', [Array(33).fill(5)], 'ERR_SHAPE', /at most 32.*33/],
  ])('%s is refused', async (_, inputs, code, message) => {
    await using model = await open(folderOf('bert'));
    const refused = expect.objectContaining({ code, message: expect.stringMatching(message) });
    await expect(model.embed(inputs as string[])).rejects.toEqual(refused);
    expect(await model.embed([[5]])).toHaveLength(1); // and the model still works
  });

  test('unknown ways are refused, and those of the folder only if they are needed', async () => {
    using folder = variantOf('sentences-cls', {
      '1_Pooling/config.json': { pooling_mode_max_tokens: true },
    });
    await using model = await open(folder.path);
    const refused = { code: 'ERR_UNSUPPORTED', op: 'embed' };
    await expect(model.embed([[5]])).rejects.toMatchObject(refused);
    await expect(model.embed([[5]], { pooling: 'max' as never })).rejects.toMatchObject(refused);
    expect(await model.embed([[5]], { pooling: 'mean' })).toHaveLength(1);
    await using vit = await open(folderOf('vit'));
    await expect(vit.embed([[5]])).rejects.toMatchObject(refused);
  });

  test('ends where its signal does, and with the model', async () => {
    const model = await open(folderOf('bert'));
    const aborted = { code: 'ERR_ABORTED' };
    await expect(model.embed([[5]], { signal: AbortSignal.abort() })).rejects.toMatchObject(aborted);
    const running = model.embed(sequences(2000)); // many runs
    const end = expect(running).rejects.toMatchObject({ code: 'ERR_CLOSED' });
    await Promise.all([model.dispose(), end]);
    await expect(model.embed([[5]])).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
});
