/** RWKV-7 against a float64 recurrence, whole, in pieces and token by token; files that are not whole. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cpu } from '../../../lib/index.js';
import { buildNetwork } from '../../../lib/models/architectures/index.js';
import { rwkv7Config } from '../../../lib/models/architectures/rwkv7.js';
import { Config } from '../../../lib/models/config.js';
import { loadModel, openCheckpoint } from '../../../lib/models/index.js';
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
      let next;
      for (let at = 0, i = 0; i < pieces.length; at += pieces[i++])
        next = await sequence.feed(all.slice(at, at + pieces[i]));
      expect(sequence.length).toBe(24);
      expect(next!.id).toBe(logits.indexOf(Math.max(...logits)));
      expect(next!.logprob).toBeCloseTo(Math.max(...logits), 5);
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
