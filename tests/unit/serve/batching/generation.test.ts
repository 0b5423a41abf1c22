/** Texts written together: what each gets alone, whoever comes and goes beside it, and nothing left behind. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cpu } from '../../../../lib/index.js';
import { loadModel, type GenerateOptions, type Model } from '../../../../lib/models/index.js';
import { GenerationQueue, type QueuedToken } from '../../../../lib/serve/batching/generation.js';
import { folderOf } from '../../models/fixtures.js';

const stories = join(import.meta.dirname, '../../../../models/stories');
const limits = { maxBatch: 8, maxQueue: 100, maxTokens: 256 };

async function readAll(tokens: AsyncIterable<QueuedToken>): Promise<QueuedToken[]> {
  const all: QueuedToken[] = [];
  for await (const token of tokens) all.push(token);
  return all;
}

async function alone(model: Model, ids: Int32Array, options: GenerateOptions): Promise<QueuedToken[]> {
  const all: QueuedToken[] = [];
  const tokens = model.generate(ids, options);
  for (;;) {
    const { done, value } = await tokens.next();
    if (done) return [...all.slice(0, -1), { ...all.at(-1)!, finish: value }];
    all.push(value);
  }
}

/** The same ids, texts and reasons to end; log-probabilities up to the rounding of other sums. */
function expectSame(actual: readonly QueuedToken[], expected: readonly QueuedToken[]): void {
  const said = ({ id, text, finish }: QueuedToken) => ({ id, text, finish });
  expect(actual.map(said)).toEqual(expected.map(said));
  actual.forEach(({ logprob }, i) => expect(logprob).toBeCloseTo(expected[i].logprob, 2));
}

/** Ids of a prompt that no other has. */
const promptOf = (seed: number, length: number, vocab: number): Int32Array =>
  Int32Array.from({ length }, (_, i) => 3 + ((seed * 7919 + i * i * 31 + i * 17) % (vocab - 3)));

describe('stories', () => {
  let device: Awaited<ReturnType<typeof Cpu.create>>;
  let model: Model;
  let vocab: number;
  beforeAll(async () => {
    device = await Cpu.create();
    model = await loadModel(stories, { device });
    vocab = Number(model.config.vocab_size);
  });
  afterAll(async () => {
    await model.dispose();
    await device.close();
  });

  test('each text is the one that it is alone', async () => {
    const queue = new GenerationQueue(model, limits);
    const requests = [1, 2, 5, 9, 17, 40, 64, 65, 90, 129, 30, 30, 30].map((length, i) => {
      const options: GenerateOptions = [
        { maxTokens: 20, ignoreEos: true },
        { maxTokens: 30, temperature: 0.9, topP: 0.9, seed: i },
        { maxTokens: 25, repetitionPenalty: 1.3, temperature: 0.5, topK: 20, seed: 7 },
        { maxTokens: 12 + i, stop: ['the', '.'] },
      ][i % 4];
      return { ids: promptOf(i, length, vocab), options };
    });
    const all = await Promise.all(requests.map(({ ids, options }) => readAll(queue.submit(ids, options))));
    for (const [i, { ids, options }] of requests.entries())
      expectSame(all[i], await alone(model, ids, options));
    expect(queue.stats()).toMatchObject({ active: 0, waiting: 0, kvBlocksUsed: 0 });
    await queue.close();
  });

  test('a beginning is computed once', async () => {
    const queue = new GenerationQueue(model, limits);
    const start = [...promptOf(1, 150, vocab)];
    const options = { maxTokens: 4, ignoreEos: true };
    const prompts = [1, 2, 3].map((i) => Int32Array.from([...start, i + 3, i + 9, i * 5 + 3]));
    const first = await readAll(queue.submit(prompts[0], options));
    const { prefillTokens } = queue.stats();
    expect(prefillTokens).toBe(153);
    const others = await Promise.all(prompts.slice(1).map((ids) => readAll(queue.submit(ids, options))));
    expect(queue.stats().prefillTokens - prefillTokens).toBe(2 * (153 - 128));
    expect(queue.stats().sharedTokens).toBe(2 * 128);
    for (const [i, ids] of prompts.entries())
      expectSame([first, ...others][i], await alone(model, ids, options));
    const again = await readAll(queue.submit(prompts[0], options));
    expectSame(again, first);
    await queue.close();
  });

  test('few blocks: texts wait for them, and old beginnings are forgotten', async () => {
    const queue = new GenerationQueue(model, { ...limits, kvBlocks: 5 });
    const options = { maxTokens: 40, ignoreEos: true };
    const prompts = Array.from({ length: 12 }, (_, i) => promptOf(i % 7, 30 + 13 * (i % 7), vocab));
    const all = await Promise.all(prompts.map((ids) => readAll(queue.submit(ids, options))));
    for (const [i, ids] of prompts.entries()) expectSame(all[i], await alone(model, ids, options));
    expect(queue.stats()).toMatchObject({ kvBlocks: 5, kvBlocksUsed: 0 });
    await queue.close();
  });

  test('a long prompt lets the others go on', async () => {
    const queue = new GenerationQueue(model, limits);
    const writes = queue.submit(promptOf(1, 5, vocab), { maxTokens: 100, ignoreEos: true });
    const order: string[] = [];
    const reader = (async () => {
      for await (const _ of writes) order.push('token');
    })();
    while (order.length < 3) await new Promise((resolve) => setTimeout(resolve, 1));
    const long = queue.submit(promptOf(2, 250, vocab), { maxTokens: 1 });
    const at = order.length;
    await readAll(long);
    expect(order.length - at).toBeGreaterThan(1);
    await reader;
    await queue.close();
  });

  test('first come, first served; more than fit are refused', async () => {
    const queue = new GenerationQueue(model, { maxBatch: 1, maxQueue: 2, maxTokens: 64 });
    const ends: number[] = [];
    const options = { maxTokens: 3, ignoreEos: true };
    const all = [0, 1, 2].map(async (i) => {
      await readAll(queue.submit(promptOf(i, 4, vocab), options));
      ends.push(i);
    });
    expect(queue.stats()).toMatchObject({ waiting: 3, active: 0 });
    expect(() => queue.submit(promptOf(3, 4, vocab), options)).toThrow(
      expect.objectContaining({ code: 'ERR_BUSY' }),
    );
    await Promise.all(all);
    expect(ends).toEqual([0, 1, 2]);
    await readAll(queue.submit(promptOf(3, 4, vocab), options));
    await queue.close();
  });

  test('a thousand requests, many of which leave: nothing stays behind', async () => {
    const before = device.memory();
    const queue = new GenerationQueue(model, { ...limits, maxQueue: 1000, kvBlocks: 16 });
    let random = 1;
    const draw = (n: number): number => (random = (random * 48271) % 2147483647) % n;
    const one = async (i: number): Promise<string> => {
      const controller = new AbortController();
      const ids = promptOf(draw(20), 1 + draw(120), vocab);
      const { signal } = controller;
      const tokens = queue.submit(ids, { maxTokens: 1 + draw(6), ignoreEos: true, signal });
      const leaves = draw(4);
      if (leaves === 0) setTimeout(() => controller.abort(), draw(300));
      let left = leaves === 1 ? draw(4) : Infinity;
      try {
        for await (const { finish } of tokens) {
          if (finish) return 'finished';
          if (left-- <= 0) break;
        }
        return 'left';
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_ABORTED' });
        return `aborted`;
      } finally {
        if (i % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    const ends = await Promise.all(Array.from({ length: 1000 }, (_, i) => one(i)));
    const count = (what: string): number => ends.filter((end) => end === what).length;
    expect(count('finished')).toBeGreaterThan(500);
    expect(count('left')).toBeGreaterThan(50);
    expect(count('aborted')).toBeGreaterThan(50);
    while (queue.stats().active > 0) await new Promise((resolve) => setTimeout(resolve, 1));
    expect(queue.stats()).toMatchObject({ active: 0, waiting: 0, kvBlocksUsed: 0 });
    await queue.close();
    const { liveBytes, liveTensors } = device.memory();
    expect({ liveBytes, liveTensors }).toEqual({
      liveBytes: before.liveBytes,
      liveTensors: before.liveTensors,
    });
  }, 60_000);

  test('what one request asks for wrongly is its own affair', async () => {
    const queue = new GenerationQueue(model, limits);
    const good = readAll(queue.submit(promptOf(1, 9, vocab), { maxTokens: 5, ignoreEos: true }));
    const refused = (ids: Int32Array, options: object): void =>
      expect(() => queue.submit(ids, options)).toThrow(expect.objectContaining({ code: 'ERR_SHAPE' }));
    refused(Int32Array.of(), {});
    refused(Int32Array.of(vocab), {});
    refused(Int32Array.of(-1), {});
    refused(new Int32Array(256), {});
    refused(Int32Array.of(1), { temperature: -1 });
    refused(Int32Array.of(1), { stop: [''] });
    const aborted = { signal: AbortSignal.abort() };
    expect(() => queue.submit(Int32Array.of(1), aborted)).toThrow(
      expect.objectContaining({ code: 'ERR_ABORTED' }),
    );
    expect(await good).toHaveLength(5);
    await queue.close();
    expect(() => queue.submit(Int32Array.of(1), {})).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
  });

  test('closing refuses what waits and ends what runs', async () => {
    const queue = new GenerationQueue(model, { ...limits, maxBatch: 1 });
    const options = { maxTokens: 8, ignoreEos: true };
    const first = readAll(queue.submit(promptOf(1, 4, vocab), options));
    while (queue.stats().active === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    const second = readAll(queue.submit(promptOf(2, 4, vocab), options));
    const [closed] = await Promise.all([
      queue.close(),
      expect(second).rejects.toMatchObject({ code: 'ERR_CLOSED' }),
    ]);
    expect(closed).toBeUndefined();
    expect(await first).toHaveLength(8);
  });
});

describe.each([
  'llama',
  'qwen3-moe',
  'gemma3',
  'gpt2',
  'mistral-window',
  'phi3-longrope-long',
  'rwkv7/model.safetensors',
])('%s', (name) => {
  test('writes together what it writes alone', async () => {
    await using device = await Cpu.create();
    await using model = await loadModel(folderOf(name), { device });
    const vocab = Number(model.config.vocab_size);
    const queue = new GenerationQueue(model, limits);
    const options = { maxTokens: 8, ignoreEos: true };
    const prompts = [3, 7, 12, 20].map((length, i) => promptOf(i, length, vocab));
    const all = await Promise.all(prompts.map((ids) => readAll(queue.submit(ids, options))));
    for (const [i, ids] of prompts.entries()) expectSame(all[i], await alone(model, ids, options));
    await queue.close();
  });
});
