/** RWKV-7 against a float64 recurrence, whole, in pieces and token by token; files that are not whole. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cpu } from '../../../lib/index.js';
import { buildNetwork } from '../../../lib/models/architectures/index.js';
import { rwkv7Config } from '../../../lib/models/architectures/rwkv7.js';
import { parseSafetensors, writeSafetensors } from '../../../lib/ir/safetensors.js';
import { Config } from '../../../lib/models/config.js';
import { loadModel, openCheckpoint } from '../../../lib/models/index.js';
import type { NextToken } from '../../../lib/models/generate/next-token.js';
import { RecurrentProgram } from '../../../lib/models/recurrent/program.js';
import { Weights } from '../../../lib/models/weights.js';
import { expectedOf, folderOf, relativeError } from './fixtures.js';

const file = join(folderOf('rwkv7'), 'model.safetensors');
const expected = expectedOf('rwkv7');
const ids = (name: 'input_ids' | 'greedy'): number[] =>
  Array.from(expected[name].data as ArrayLike<number | bigint>, Number);
const vocab = 96;

describe('rwkv7', () => {
  let device: Cpu;
  beforeAll(async () => {
    device = await Cpu.create();
  });
  afterAll(() => device.close());

  /** The network, and its program over a sequence. */
  async function open() {
    const checkpoint = await openCheckpoint(file);
    const weights = new Weights(device, checkpoint);
    const network = buildNetwork(new Config(file, rwkv7Config(checkpoint)!), weights);
    await weights.load();
    const program = new RecurrentProgram(device, network.recurrent!, Infinity);
    const close = async (): Promise<void> => {
      await program.dispose();
      weights.dispose();
      checkpoint.close();
    };
    return { program, [Symbol.asyncDispose]: close };
  }

  test('logits of a whole sequence', async () => {
    await using model = await loadModel(file, { device });
    expect(model.architecture).toBe('rwkv7');
    expect(model.config).toMatchObject({ hidden_size: 64, num_heads: 4, head_dim: 16, num_hidden_layers: 3 });
    const all = ids('input_ids');
    const { logits } = await model.forward({
      input_ids: { data: Int32Array.from(all), shape: [1, all.length] },
    });
    expect(logits.shape).toEqual([1, all.length, vocab]);
    expect(relativeError(logits.data, expected.logits.data as Float32Array)).toBeLessThan(2e-5);
  });

  test('sequences of a batch do not hear each other', async () => {
    await using model = await loadModel(file, { device });
    const all = ids('input_ids');
    const data = Int32Array.from([...all, ...all.toReversed()]);
    const { logits } = await model.forward({ input_ids: { data, shape: [2, all.length] } });
    const first = logits.data.subarray(0, all.length * vocab);
    expect(relativeError(first, expected.logits.data as Float32Array)).toBeLessThan(2e-5);
    const alone = await model.forward({
      input_ids: { data: data.subarray(all.length), shape: [1, all.length] },
    });
    expect(relativeError(logits.data.subarray(all.length * vocab), alone.logits.data)).toBeLessThan(1e-5);
  });

  test('greedy tokens', async () => {
    await using model = await loadModel(file, { device });
    const all = ids('greedy');
    const written: number[] = [];
    for await (const { id } of model.generate(all.slice(0, 8), { maxTokens: 16 })) written.push(id);
    expect(written).toEqual(all.slice(8));
  });

  test.each([[[24]], [[1, 23]], [[16, 8]], [[7, 5, 12]], [Array.from({ length: 24 }, () => 1)]])(
    'a sequence fed in pieces of %j',
    async (pieces) => {
      await using opened = await open();
      using sequence = await opened.program.start();
      const all = ids('greedy');
      const logits = logSoftmax(await lastLogits(all));
      let next: NextToken | undefined;
      for (const n of pieces) next = await sequence.feed(all.slice(sequence.length, sequence.length + n));
      expect(sequence.length).toBe(24);
      expect(next?.id).toBe(logits.indexOf(Math.max(...logits)));
      expect(next?.logprob).toBeCloseTo(Math.max(...logits), 5);
      const size = 16;
      const [layers, heads] = expected.state.shape;
      const state = Array.from({ length: layers }, (_, i) => [
        ...(sequence.state.read(`state.${i}`) as Float32Array),
      ]).flat();
      // Kept keys by values, expected values by keys.
      const turned = state.map((_, at) => {
        const [head, i, j] = [Math.floor(at / size ** 2), Math.floor(at / size) % size, at % size];
        return state[(head * size + j) * size + i];
      });
      expect(turned.length).toBe(layers * heads * size ** 2);
      expect(relativeError(turned, expected.state.data as Float32Array)).toBeLessThan(2e-6);
    },
  );

  describe('a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'mia-rwkv7-'));
    afterAll(() => rmSync(folder, { recursive: true }));
    type Tensors = Map<string, Stored>;
    type Stored =
      ReturnType<typeof parseSafetensors>['tensors'] extends ReadonlyMap<string, infer T> ? T : never;

    const flat = (name: string) => (tensors: Tensors) => {
      const tensor = tensors.get(name)!;
      tensors.set(name, { ...tensor, shape: [tensor.shape.reduce((a, b) => a * b, 1)] });
    };
    const without = (name: string) => (tensors: Tensors) => void tensors.delete(name);
    const bare = (tensors: Tensors) => {
      for (const name of tensors.keys()) if (name.includes('.att.')) tensors.delete(name);
    };
    const longer = (tensors: Tensors) =>
      void tensors.set('blocks.7.ln1.weight', tensors.get('ln_out.weight')!);
    const split = (tensors: Tensors) => {
      const heads = tensors.get('blocks.0.att.r_k')!;
      tensors.set('blocks.0.att.r_k', { ...heads, shape: [4, 8], data: heads.data.subarray(0, 4 * 8 * 4) });
    };
    test.each<[string, (tensors: Tensors) => void, string]>([
      ['without an embedding', without('emb.weight'), "there is no tensor 'emb.weight'"],
      ['without a mixture', without('blocks.2.att.x_g'), "there is no tensor 'blocks.2.att.x_g'"],
      ['without a small product', without('blocks.0.att.w1'), "there is no tensor 'blocks.0.att.w1'"],
      ['without a head', without('head.weight'), "there is no tensor 'head.weight'"],
      ['of a block that is not there', longer, "there is no tensor 'blocks.3.ln1.weight'"],
      ['whose ranks are no matrix', flat('blocks.0.att.g1'), "'blocks.0.att.g1' is no matrix: got [1024]"],
      [
        'with rows of another shape',
        flat('blocks.1.att.k_k'),
        "'blocks.1.att.k_k' does not fit the configuration: expected [1, 1, 64], got [64]",
      ],
      ['whose heads do not fit', split, 'heads do not fit: expected 64 features in all, got 4 of 8'],
      ['of something else', bare, "expected RWKV-7's tensors, or a folder with config.json"],
    ])('%s', async (name, spoil, says) => {
      const tensors: Tensors = new Map(parseSafetensors(readFileSync(file)).tensors);
      spoil(tensors);
      const path = join(folder, `${name}.safetensors`);
      writeFileSync(path, writeSafetensors(tensors));
      const loading = loadModel(path, { device });
      await expect(loading).rejects.toMatchObject({
        code: 'ERR_FORMAT',
        op: 'loadModel',
        message: expect.stringContaining(says),
      });
      await expect(loading).rejects.toThrow(path);
      expect(device.memory().liveTensors).toBe(0);
    });
  });

  test('a prompt of nothing, or of strangers', async () => {
    await using model = await loadModel(file, { device });
    await expect(model.generate([]).next()).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    await expect(model.generate([1, 96]).next()).rejects.toMatchObject({ code: 'ERR_SHAPE' });
    await expect(
      model.forward({ input_ids: { data: Int32Array.of(96), shape: [1, 1] } }),
    ).rejects.toMatchObject({
      code: 'ERR_SHAPE',
    });
  });

  test('a context ends where it was asked to', async () => {
    await using model = await loadModel(file, { device, contextLength: 10 });
    const written: number[] = [];
    for await (const { id } of model.generate(ids('greedy').slice(0, 8))) written.push(id);
    expect(written).toEqual(ids('greedy').slice(8, 11));
  });

  test('runs have as many rows as ids, in powers of two', async () => {
    await using opened = await open();
    const { program } = opened;
    expect([1, 2, 3, 7, 64, 255, 256, 1000].map((n) => program.rows(n))).toEqual([
      1, 2, 2, 4, 64, 128, 256, 256,
    ]);
  });

  async function lastLogits(all: number[]): Promise<Float32Array> {
    await using model = await loadModel(file, { device });
    const { logits } = await model.forward({
      input_ids: { data: Int32Array.from(all), shape: [1, all.length] },
    });
    return logits.data.slice(-vocab);
  }
});

function logSoftmax(x: Float32Array): number[] {
  const top = Math.max(...x);
  const sum = x.reduce((s, v) => s + Math.exp(v - top), 0);
  return Array.from(x, (v) => v - top - Math.log(sum));
}
