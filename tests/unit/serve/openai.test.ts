/** OpenAI's protocol, by OpenAI's own client. */
import OpenAI from 'openai';
import { beforeAll, describe, expect, test } from 'vitest';
import { loadModel } from '../../../lib/models/index.js';
import { folderOf } from '../models/fixtures.js';
import { stories, until, useServer } from './server.js';

const server = useServer();
let client: OpenAI;
beforeAll(() => {
  client = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'none', maxRetries: 0 });
});

const prompt = 'Once upon a time';

/** What the library itself writes. */
async function written(options: object): Promise<{ text: string; ids: number[]; logprobs: number[] }> {
  await using model = await loadModel(stories);
  const all = { text: '', ids: [] as number[], logprobs: [] as number[] };
  for await (const { text, id, logprob } of model.generate(prompt, options)) {
    all.text += text;
    all.ids.push(id);
    all.logprobs.push(logprob);
  }
  return all;
}

describe('models', () => {
  test('are listed and found by name', async () => {
    const { data } = await client.models.list();
    expect(data.map(({ id }) => id)).toEqual(['stories', 'chatty', 'seeing', 'encoder']);
    expect(await client.models.retrieve('encoder')).toMatchObject({ id: 'encoder', object: 'model' });
    await expect(client.models.retrieve('nobody')).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
  });
});

describe('completions', () => {
  test('are what the library writes, with usage', async () => {
    const expected = await written({ maxTokens: 20 });
    const answer = await client.completions.create({
      model: 'stories',
      prompt,
      max_tokens: 20,
      temperature: 0,
      logprobs: 1,
    });
    const [choice] = answer.choices;
    expect(choice.text).toBe(expected.text);
    expect(choice.finish_reason).toBe('length');
    choice.logprobs!.token_logprobs!.forEach((p, i) => expect(p).toBeCloseTo(expected.logprobs[i], 4));
    expect(choice.logprobs!.tokens!.join('')).toBe(expected.text);
    expect(answer.usage).toEqual({ prompt_tokens: 5, completion_tokens: 20, total_tokens: 25 });
  });

  test('stream the same, and usage where it is asked for', async () => {
    const whole = await client.completions.create({ model: 'stories', prompt, max_tokens: 30, seed: 7 });
    const stream = await client.completions.create({
      model: 'stories',
      prompt,
      max_tokens: 30,
      seed: 7,
      stream: true,
      stream_options: { include_usage: true },
    });
    let [text, usage, finish]: [string, unknown, unknown] = ['', undefined, undefined];
    for await (const chunk of stream) {
      text += chunk.choices[0]?.text ?? '';
      finish = chunk.choices[0]?.finish_reason ?? finish;
      usage = chunk.usage;
    }
    expect({ text, finish }).toEqual({ text: whole.choices[0].text, finish: 'length' });
    expect(usage).toEqual(whole.usage);
  });

  test('end before a stop string, and at the end of a story', async () => {
    const { text } = await written({ maxTokens: 40 });
    const stop = text.slice(20, 24);
    const options = { model: 'stories', prompt, temperature: 0 };
    const cut = await client.completions.create({ ...options, max_tokens: 40, stop });
    expect(cut.choices[0]).toMatchObject({ text: text.slice(0, text.indexOf(stop)), finish_reason: 'stop' });
    const story = await client.completions.create({ ...options, max_tokens: 400 });
    expect(story.choices[0].finish_reason).toBe('stop');
  });

  test('of several prompts, several times, by seed; echoed', async () => {
    const ids = await loadModel(stories).then(async (model) => {
      await using _ = model;
      return Array.from(model.tokenizer!.encode('The robot'));
    });
    const options = { model: 'stories', max_tokens: 8, n: 2, seed: 3 };
    const answer = await client.completions.create({ ...options, prompt: [prompt, 'The robot'], echo: true });
    expect(answer.choices.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    expect(answer.choices[1].text.startsWith(prompt)).toBe(true);
    expect(answer.choices[0].text).not.toBe(answer.choices[1].text);
    const robots = answer.choices.slice(2).map(({ text }) => text.slice('The robot'.length));
    const byIds = await client.completions.create({ ...options, prompt: ids });
    expect(byIds.choices.map(({ text }) => text)).toEqual(robots);
  });

  test('stop when the client leaves', async () => {
    const [written, left] = ['mia_decode_tokens_total', 'mia_requests_total'];
    const before = { written: await server.metric(written), left: await server.metric(left, '"499"') };
    const long = { model: 'stories', prompt, max_tokens: 500, n: 64, ignore_eos: true };
    const stream = await client.completions.create({ ...long, stream: true });
    for await (const _ of stream) break; // which aborts the request
    await until(async () => (await server.metric('mia_active')) === 0);
    await until(async () => (await server.metric(left, '"499"')) === before.left + 1);
    expect(await server.metric('mia_queue_depth')).toBe(0);
    expect((await server.metric(written)) - before.written).toBeLessThan((64 * 500) / 2);
  });
});

describe('chats', () => {
  const messages = [{ role: 'user' as const, content: prompt }];

  test("are written after the model's own template", async () => {
    const expected = await written({ maxTokens: 12 });
    const answer = await client.chat.completions.create({
      model: 'chatty',
      messages,
      max_completion_tokens: 12,
      temperature: 0,
      logprobs: true,
      top_logprobs: 1,
    });
    const [{ message, logprobs, finish_reason }] = answer.choices;
    expect(message).toMatchObject({ role: 'assistant', content: expected.text });
    expect(finish_reason).toBe('length');
    expect(logprobs!.content!.map(({ token }) => token).join('')).toBe(expected.text);
    expect(logprobs!.content![0].bytes).toEqual([...Buffer.from(logprobs!.content![0].token)]);
    expect(answer.usage).toEqual({ prompt_tokens: 5, completion_tokens: 12, total_tokens: 17 });
  });

  test('stream: the role first, then text, then usage', async () => {
    const stream = await client.chat.completions.create({
      model: 'chatty',
      messages,
      max_tokens: 12,
      n: 2,
      seed: 1,
      stream: true,
      stream_options: { include_usage: true },
    });
    const chunks: OpenAI.ChatCompletionChunk[] = [];
    for await (const chunk of stream) chunks.push(chunk);
    for (const i of [0, 1]) {
      const own = chunks.filter(({ choices }) => choices[0]?.index === i);
      expect(own.map(({ choices }) => choices[0].delta.role)).toEqual([
        'assistant',
        ...Array(11).fill(undefined),
      ]);
      expect(own.at(-1)!.choices[0].finish_reason).toBe('length');
    }
    expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { completion_tokens: 24 } });
    expect(chunks[0].usage).toBeNull();
  });

  test('need a template', async () => {
    const asked = client.chat.completions.create({ model: 'stories', messages });
    await expect(asked).rejects.toMatchObject({ status: 400, type: 'invalid_request_error' });
  });
});

describe('embeddings', () => {
  test('of ids and lists of ids, as numbers and as base64', async () => {
    await using model = await loadModel(folderOf('sentences-mean'));
    const input = [
      [5, 9, 12],
      [7, 7, 30, 2, 4],
    ];
    const [a, b] = await model.embed(input);
    for (const encoding_format of [undefined, 'float', 'base64'] as const) {
      const { data, usage } = await client.embeddings.create({
        model: 'encoder',
        input,
        ...(encoding_format && { encoding_format }),
      });
      expect(usage).toEqual({ prompt_tokens: 8, total_tokens: 8 });
      if (encoding_format === 'base64') continue;
      expect(Float32Array.from(data[0].embedding)).toEqual(a);
      expect(Float32Array.from(data[1].embedding)).toEqual(b);
    }
  });

  test('of texts', async () => {
    const { data } = await client.embeddings.create({
      model: 'stories',
      input: 'A fox',
      encoding_format: 'float',
    });
    await using model = await loadModel(stories);
    expect(Float32Array.from(data[0].embedding)).toEqual((await model.embed(['A fox']))[0]);
  });
});

describe('what makes no sense gets 4xx and a sentence', () => {
  const cases: [path: string, body: unknown, status: number, message: RegExp][] = [
    ['/v1/completions', '{"model":', 400, /not JSON/],
    ['/v1/completions', '', 400, /not JSON/],
    ['/v1/completions', [], 400, /model/],
    ['/v1/completions', { model: 'stories' }, 400, /prompt/],
    ['/v1/completions', { model: 'nobody', prompt }, 404, /nobody/],
    ['/v1/completions', { model: '__proto__', prompt }, 404, /__proto__/],
    ['/v1/completions', { model: 'encoder', prompt }, 400, /does not write/],
    ['/v1/completions', { model: 'stories', prompt: [1536] }, 400, /out of range/],
    ['/v1/completions', { model: 'stories', prompt: [-1] }, 400, /prompt/],
    ['/v1/completions', { model: 'stories', prompt: [] }, 400, /prompt/],
    ['/v1/completions', { model: 'stories', prompt, max_tokens: 0 }, 400, /max_tokens/],
    ['/v1/completions', { model: 'stories', prompt, max_tokens: '5' }, 400, /max_tokens/],
    ['/v1/completions', { model: 'stories', prompt, temperature: -1 }, 400, /temperature/],
    ['/v1/completions', { model: 'stories', prompt, stop: [''] }, 400, /stop/],
    ['/v1/completions', { model: 'stories', prompt, n: 129 }, 400, /n: /],
    ['/v1/completions', { model: 'stories', prompt, best_of: 3 }, 400, /best_of/],
    ['/v1/completions', { model: 'stories', prompt, logit_bias: { 5: 1 } }, 400, /logit_bias/],
    ['/v1/completions', { model: 'stories', prompt: 'fox '.repeat(600) }, 400, /no room/],
    [
      '/v1/completions',
      { model: 'stories', prompt: [prompt, 'fox '.repeat(600)], stream: true },
      400,
      /no room/,
    ],
    ['/v1/chat/completions', { model: 'chatty', messages: [] }, 400, /messages/],
    ['/v1/chat/completions', { model: 'chatty', messages: [{ role: 1 }] }, 400, /messages/],
    [
      '/v1/chat/completions',
      { model: 'chatty', messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
      400,
      /messages/,
    ],
    ['/v1/embeddings', { model: 'encoder', input: [] }, 400, /input/],
    ['/v1/embeddings', { model: 'encoder', input: [[96]] }, 400, /out of range/],
    ['/v1/embeddings', { model: 'encoder', input: 'a text' }, 400, /tokenizer/],
    ['/v1/embeddings', { model: 'encoder', input: [Array(40).fill(1)] }, 400, /./],
    ['/v1/embeddings', { model: 'encoder', input: [[1]], dimensions: 3 }, 400, /dimensions/],
    ['/v1/embeddings', { model: 'seeing', input: [[1]] }, 400, /does not embed/],
    ['/v1/nothing', {}, 404, /no such route/],
  ];
  test.each(cases.map((row, i) => [i, ...row] as const))('%i: %s', async (_, path, body, status, message) => {
    const answer = await server.post(path, body);
    expect({ status: answer.status, body: answer.json }).toMatchObject({
      status,
      body: { error: { message: expect.stringMatching(message), type: 'invalid_request_error' } },
    });
  });

  test('and nothing of it stays', async () => {
    expect(await server.metric('mia_active')).toBe(0);
    expect(await server.metric('mia_queue_depth')).toBe(0);
  });
});
