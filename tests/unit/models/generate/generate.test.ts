/** Texts that a model writes: what options change, how they end, and what is left afterwards. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Cpu } from '../../../../lib/index.js';
import {
  loadModel,
  type GeneratedToken,
  type GenerateOptions,
  type Model,
} from '../../../../lib/models/index.js';
import { folderOf } from '../fixtures.js';
import { VOCAB, writeModel } from './model.js';

const prompt = [1, 40, 41, 42, 50, 60];

/** Everything that is written, and why it ended. */
async function all(
  model: Model,
  options: GenerateOptions = {},
  from: string | readonly number[] = prompt,
): Promise<{ ids: number[]; text: string; tokens: GeneratedToken[]; reason: string }> {
  const tokens: GeneratedToken[] = [];
  const written = model.generate(from, { maxTokens: 12, ignoreEos: true, ...options });
  for (;;) {
    const { value, done } = await written.next();
    if (done) {
      const text = tokens.map((t) => t.text).join('');
      return { ids: tokens.map((t) => t.id), text, tokens, reason: value };
    }
    tokens.push(value);
  }
}

const code = (code: string): object => expect.objectContaining({ code });

describe('generate', () => {
  let device: Cpu;
  let model: Model;
  const folder = writeModel();
  beforeAll(async () => {
    device = await Cpu.create();
    model = await loadModel(folder.path, { device });
  });
  afterAll(async () => {
    await model.dispose();
    expect(device.memory().liveBytes).toBe(0);
    await device.close();
    folder.remove();
  });

  /** Logits after ids, from `forward`. */
  async function logitsAfter(ids: readonly number[]): Promise<Float32Array> {
    const input_ids = { data: Int32Array.from(ids), shape: [1, ids.length] };
    return (await model.forward({ input_ids })).logits.data.slice(-VOCAB);
  }
  const best = (x: Float32Array): number => x.indexOf(Math.max(...x));

  test('without a temperature: the most probable tokens, and their log-probabilities', async () => {
    const { tokens } = await all(model);
    const sequence = [...prompt];
    for (const { id, logprob } of tokens) {
      const logits = await logitsAfter(sequence);
      const sum = logits.reduce((s, l) => s + Math.exp(l), 0);
      expect(id).toBe(best(logits));
      expect(logprob).toBeCloseTo(logits[id] - Math.log(sum), 4);
      sequence.push(id);
    }
  });

  test('the best of one is the most probable', async () => {
    const { ids } = await all(model);
    expect((await all(model, { temperature: 3, topK: 1 })).ids).toEqual(ids);
    expect((await all(model, { temperature: 3, topP: 0 })).ids).toEqual(ids);
    expect((await all(model, { temperature: 3, minP: 1 })).ids).toEqual(ids);
    expect((await all(model, { temperature: 1e-6 })).ids).toEqual(ids);
  });

  test('a seed draws the same, others draw others; logprob is the model’s own', async () => {
    const options = { temperature: 1.5, seed: 7 };
    const { ids, tokens } = await all(model, options);
    expect((await all(model, options)).tokens).toEqual(tokens);
    expect((await all(model, { ...options, seed: 8 })).ids).not.toEqual(ids);
    expect((await all(model, { temperature: 1.5 })).ids).not.toEqual(
      (await all(model, { temperature: 1.5 })).ids,
    );
    const logits = await logitsAfter(prompt);
    const sum = logits.reduce((s, l) => s + Math.exp(l), 0);
    expect(tokens[0].logprob).toBeCloseTo(logits[ids[0]] - Math.log(sum), 4);
  });

  test('what was there, prompt included, is penalised', async () => {
    const repetitionPenalty = 4;
    const { ids } = await all(model, { repetitionPenalty });
    const sequence = [...prompt];
    for (const id of ids) {
      const logits = await logitsAfter(sequence);
      for (const s of new Set(sequence))
        logits[s] *= logits[s] > 0 ? 1 / repetitionPenalty : repetitionPenalty;
      expect(id).toBe(best(logits));
      sequence.push(id);
    }
    expect(ids).not.toEqual((await all(model)).ids);
  });

  test('several at once are what each is alone', async () => {
    const options = [3, 4, 5].map((seed) => ({ temperature: 1, seed, repetitionPenalty: 1.2 }));
    const alone = [];
    for (const o of options) alone.push((await all(model, o)).ids);
    const together = await Promise.all(options.map((o) => all(model, o)));
    expect(together.map((t) => t.ids)).toEqual(alone);
  });

  test('text goes in and out', async () => {
    const tokenizer = model.tokenizer!;
    const { ids, text } = await all(model, {}, 'Hello');
    expect(ids).toEqual((await all(model, {}, [...tokenizer.encode('Hello')])).ids);
    expect(text).toBe(tokenizer.decode(ids, { skipSpecialTokens: true }));
    expect(text.length).toBeGreaterThan(5);
  });

  test('ends before a stop string', async () => {
    const { text } = await all(model, { temperature: 1, seed: 1 });
    const stop = text.slice(3, 5);
    const end = text.indexOf(stop);
    const stopped = await all(model, { temperature: 1, seed: 1, stop: ['never', stop] });
    expect(stopped).toMatchObject({ text: text.slice(0, end), reason: 'stop' });
    expect((await all(model, { temperature: 1, seed: 1, stop: 'never' })).text).toBe(text);
  });

  test('ends where the context does, and not before', async () => {
    await using small = await loadModel(folder.path, { device, contextLength: 10 });
    expect(small.contextLength).toBe(10);
    const { ids, reason } = await all(small, { maxTokens: 100 });
    expect(reason).toBe('length');
    expect(ids).toEqual((await all(model, { maxTokens: 5 })).ids); // 6 + 5: the last need not be fed
    await expect(all(small, {}, new Array<number>(11).fill(5))).rejects.toMatchObject({
      code: 'ERR_SHAPE',
      message: expect.stringContaining('longer than the context'),
    });
  });

  test('ends at the tokens that config.json, generation_config.json and the tokenizer name', async () => {
    const { ids } = await all(model);
    const last = ids.findIndex((id, i) => i > 2 && !ids.slice(0, i).includes(id));
    const other = writeModel({ 'generation_config.json': { eos_token_id: [90, ids[last]] } });
    await using ending = await loadModel(other.path, { device });
    const ended = await all(ending, { ignoreEos: false });
    expect(ended).toMatchObject({ ids: ids.slice(0, last + 1), reason: 'eos' });
    expect(await all(ending)).toMatchObject({ ids, reason: 'length' });
    other.remove();
  });

  test('a chat is the template’s text, read without more tokens', async () => {
    const chat_template =
      '{% for m in messages %}<s>{{ m.content }}{% endfor %}{% if add_generation_prompt %}>{% endif %}';
    const other = writeModel({ 'tokenizer_config.json': { eos_token: '</s>', chat_template } });
    await using chats = await loadModel(other.path, { device });
    const ids: number[] = [];
    for await (const { id } of chats.chat([{ role: 'user', content: 'Hi' }], {
      maxTokens: 5,
      ignoreEos: true,
    }))
      ids.push(id);
    const read = chats.tokenizer!.encode('<s>Hi>', { addSpecialTokens: false });
    expect(ids).toEqual((await all(chats, { maxTokens: 5 }, [...read])).ids);
    await expect(model.chat([{ role: 'user', content: 'Hi' }]).next()).rejects.toThrow('no chat template');
    other.remove();
  });

  test('a model without a tokenizer writes ids, and says what text needs', async () => {
    await using bare = await loadModel(folderOf('llama'), { device });
    expect(bare.tokenizer).toBeUndefined();
    expect(await all(bare)).toMatchObject({ ids: (await all(model)).ids, text: '' });
    for (const [options, from] of [
      [{}, 'Hello'],
      [{ stop: 'x' }, prompt],
    ] as const)
      await expect(all(bare, options, from)).rejects.toMatchObject({
        code: 'ERR_UNSUPPORTED',
        message: expect.stringContaining('tokenizer.json'),
      });
  });

  describe('leaves nothing behind', () => {
    let before: number;
    beforeAll(async () => {
      await all(model);
      before = device.memory().liveBytes;
    });
    afterEach(() => expect(device.memory().liveBytes).toBe(before));

    test('200 times over', async () => {
      for (let i = 0; i < 200; i++) await all(model, { maxTokens: 2, temperature: 1 });
    });

    test('when the reader goes away', async () => {
      for await (const { id } of model.generate(prompt)) {
        expect(device.memory().liveBytes).toBeGreaterThan(before);
        if (id >= 0) break;
      }
    });

    test('when it is aborted between tokens', async () => {
      const abort = new AbortController();
      const written = model.generate(prompt, { ignoreEos: true, signal: abort.signal });
      await written.next();
      await written.next();
      abort.abort();
      await expect(written.next()).rejects.toEqual(code('ERR_ABORTED'));
      expect(await written.next()).toEqual({ value: undefined, done: true });
    });

    test('when it is aborted before it begins', async () => {
      await expect(all(model, { signal: AbortSignal.abort() })).rejects.toEqual(code('ERR_ABORTED'));
    });
  });

  test('a long prompt is aborted between its parts', async () => {
    await using long = await loadModel(folder.path, { device, contextLength: 20_000 });
    const ids = new Array<number>(16_000).fill(7);
    const live: number[] = [];
    for (let round = 0; round < 2; round++) {
      const { runs } = device.counters();
      const abort = new AbortController();
      const read = all(long, { signal: abort.signal }, ids);
      const timer = setInterval(() => {
        if (device.counters().runs > runs + 2) abort.abort();
      });
      await expect(read).rejects.toEqual(code('ERR_ABORTED'));
      clearInterval(timer);
      expect(device.counters().runs - runs).toBeLessThan(31); // of 32 parts
      live.push(device.memory().liveBytes);
    }
    expect(live[1]).toBe(live[0]); // programs keep what they prepared
  });

  const wrong = (value: unknown): never => value as never;
  test.each<[string, GenerateOptions, string]>([
    ['maxTokens', { maxTokens: 0 }, 'bad maxTokens: expected an integer >= 1, got 0'],
    ['temperature', { temperature: -1 }, 'bad temperature: expected a number >= 0, got -1'],
    ['temperature NaN', { temperature: NaN }, 'bad temperature: expected a number >= 0, got NaN'],
    ['topK', { topK: 1.5 }, 'bad topK: expected an integer >= 0, got 1.5'],
    ['topP', { topP: 1.01 }, 'bad topP: expected a number in [0, 1], got 1.01'],
    ['minP', { minP: wrong('0.1') }, "bad minP: expected a number in [0, 1], got '0.1'"],
    ['repetitionPenalty', { repetitionPenalty: 0 }, 'bad repetitionPenalty: expected a number > 0, got 0'],
    ['repetitionPenalty without end', { repetitionPenalty: Infinity }, 'bad repetitionPenalty'],
    ['seed', { seed: -5 }, 'bad seed: expected an integer >= 0, got -5'],
    ['stop', { stop: ['a', ''] }, 'bad stop: expected a text or a list of texts, none of them empty'],
    ['ignoreEos', { ignoreEos: wrong(1) }, 'bad ignoreEos: expected true or false, got 1'],
    ['signal', { signal: wrong({}) }, 'bad signal: expected an AbortSignal'],
    ['an unknown one', wrong({ topk: 5 }), 'unknown option: expected maxTokens or temperature'],
  ])('refuses options: %s', async (_, options, message) => {
    const written = model.generate(prompt, options).next();
    await expect(written).rejects.toMatchObject({ code: 'ERR_SHAPE', op: 'generate' });
    await expect(written).rejects.toThrow(message);
  });

  test.each([
    ['no ids', [], 'the prompt is empty'],
    ['ids that the model lacks', [1, VOCAB], 'the prompt has an id out of range'],
    ['half an id', [0.5], 'the prompt has an id out of range'],
    ['a number', wrong(5), 'bad prompt: expected a text or an array of token ids, got 5'],
  ])('refuses prompts: %s', async (_, ids, message) => {
    const written = model.generate(ids).next();
    await expect(written).rejects.toMatchObject({ code: 'ERR_SHAPE', op: 'generate' });
    await expect(written).rejects.toThrow(message);
  });

  test('models that write nothing say so', async () => {
    await using bert = await loadModel(folderOf('bert'), { device });
    expect([bert.writes, model.writes]).toEqual([false, true]);
    await expect(bert.generate([1]).next()).rejects.toThrow('bert does not write text');
  });
});
