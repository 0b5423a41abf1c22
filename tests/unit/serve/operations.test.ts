/** Limits, keys, health, metrics, logs and the page. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { MiaError } from '../../../lib/errors.js';
import { serve, type ServeOptions } from '../../../lib/serve/index.js';
import { stories, until, useServer } from './server.js';

const lines: { msg: string; route?: string; status?: number }[] = [];
const write = (facts: object, msg: string) => void lines.push({ ...facts, msg });
const log = { info: write, warn: write, error: write };

const server = useServer({
  maxBodyBytes: 2000,
  maxBatch: 1,
  maxQueue: 2,
  apiKey: 'secret',
  requestTimeoutMs: 300,
  log,
});
const bearer = { authorization: 'Bearer secret' };
const completion = { model: 'stories', prompt: 'Once', max_tokens: 5 };

describe('keys', () => {
  test.each([{}, { authorization: 'Bearer wrong' }, { authorization: 'secret' }])(
    '%j is refused',
    async (headers) => {
      const answer = await server.post('/v1/completions', completion, headers as Record<string, string>);
      expect(answer).toMatchObject({
        status: 401,
        json: { error: { type: 'authentication_error', code: 'invalid_api_key' } },
      });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer');
      const kserve = await server.post('/v2/models/stories/infer', {}, headers as Record<string, string>);
      expect(kserve).toMatchObject({ status: 401, json: { error: expect.any(String) } });
    },
  );
  test('the right one is let in', async () => {
    expect((await server.post('/v1/completions', completion, bearer)).status).toBe(200);
  });
  test('probes and scrapers need none', async () => {
    for (const path of ['/health/live', '/health/ready', '/metrics', '/v2/health/ready', '/'])
      expect((await server.fetchText(path)).status).toBe(200);
  });
});

describe('limits', () => {
  test('a body that says that it is too large', async () => {
    const answer = await server.post('/v1/completions', { ...completion, prompt: 'x'.repeat(3000) }, bearer);
    expect(answer).toMatchObject({ status: 413, json: { error: { code: 'too_large' } } });
    const kserve = await server.post('/v2/models/stories/infer', 'x'.repeat(3000), bearer);
    expect(kserve).toMatchObject({ status: 413, json: { error: expect.stringMatching(/2000 bytes/) } });
  });

  test('a body that does not', async () => {
    const body = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 30; i++) controller.enqueue(new TextEncoder().encode('x'.repeat(100)));
        controller.close();
      },
    });
    const response = await fetch(`${server.url}/v1/completions`, {
      method: 'POST',
      body,
      headers: bearer,
      duplex: 'half',
    });
    expect(response.status).toBe(413);
    await response.text();
  });

  test('a body in an encoding', async () => {
    const { status } = await server.post('/v1/completions', completion, {
      ...bearer,
      'content-encoding': 'gzip',
    });
    expect(status).toBe(415);
  });

  test('a full queue: 429 with Retry-After, and the others are answered', async () => {
    const long = { ...completion, max_tokens: 400, ignore_eos: true };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => server.post('/v1/completions', long, bearer)),
    );
    const refused = answers.filter(({ status }) => status === 429);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
    expect(refused).toHaveLength(5);
    for (const { headers, json } of refused) {
      expect(headers.get('retry-after')).toBe('1');
      expect(json.error).toMatchObject({ type: 'rate_limit_error', code: 'busy' });
    }
    expect(await server.metric('mia_active')).toBe(0);
  });

  test('of one request: all its texts or none', async () => {
    const answer = await server.post('/v1/completions', { ...completion, n: 4 }, bearer);
    expect(answer).toMatchObject({ status: 400, json: { error: { param: 'n' } } });
    const busy = server.post('/v1/completions', { ...completion, max_tokens: 400, ignore_eos: true }, bearer);
    await until(async () => (await server.metric('mia_active')) === 1);
    expect((await server.post('/v1/completions', { ...completion, n: 3 }, bearer)).status).toBe(429);
    expect((await busy).status).toBe(200);
    expect(await server.metric('mia_queue_depth')).toBe(0);
  });
});

describe('slow clients', () => {
  /** What a client gets that sends this and waits. */
  const trickle = (sent: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const { hostname, port } = new URL(server.url);
      const socket = connect(Number(port), hostname, () => socket.write(sent));
      let text = '';
      socket.on('data', (data) => (text += data.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
  test.each([
    ['headers', 'GET /v1/models HTTP/1.1\r\nhost: a\r\nx-a: '],
    [
      'a body',
      'POST /v1/completions HTTP/1.1\r\nhost: a\r\nauthorization: Bearer secret\r\ncontent-length: 100\r\n\r\n{',
    ],
  ])('that never end %s are let go', async (_, sent) => {
    expect(await trickle(sent)).toMatch(/^HTTP\/1.1 408 |^HTTP\/1.1 400 /);
  });
  test('and nothing is held for them', async () => {
    await until(async () => (await server.metric('mia_active')) === 0);
  });
});

describe('metrics and logs', () => {
  test('count what happened', async () => {
    expect(await server.metric('mia_prefill_tokens_total', 'stories')).toBeGreaterThan(0);
    expect(await server.metric('mia_decode_tokens_total', 'stories')).toBeGreaterThan(400);
    expect(await server.metric('mia_time_to_first_token_seconds_count')).toBeGreaterThan(3);
    expect(await server.metric('mia_inter_token_seconds_count')).toBeGreaterThan(400);
    expect(await server.metric('mia_queue_seconds_count')).toBeGreaterThan(3);
    expect(await server.metric('mia_batch_size_count')).toBeGreaterThan(3);
    expect(await server.metric('mia_requests_total', '"429"')).toBe(6);
    expect(await server.metric('mia_memory_bytes', 'device_live')).toBeGreaterThan(1e6);
    expect(await server.metric('mia_event_loop_delay_seconds', '0.99')).toBeLessThan(5);
    expect(await server.metric('mia_ready')).toBe(1);
  });
  test('say one line a request', () => {
    expect(lines.find(({ route }) => route === '/v1/completions')).toMatchObject({ msg: 'request' });
    expect(lines.filter(({ msg }) => msg === 'model is ready')).toHaveLength(4);
  });
});

test('the page and its files come from this server alone', async () => {
  const { text, headers } = await server.fetchText('/');
  expect(headers.get('content-security-policy')).toContain("default-src 'self'");
  const sources = [...text.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)].map(([, path]) => path);
  const seen = new Set(sources);
  for (const path of seen) {
    const file = await server.fetchText(path);
    expect(file.status).toBe(200);
    expect(file.headers.get('content-type')).toMatch(/^text\/(css|javascript)/);
    for (const [, name] of file.text.matchAll(/from '\.\/([^']+)'/g)) seen.add(`/page/${name}`);
  }
  expect(seen.size).toBeGreaterThan(5);
  expect((await server.fetchText('/page/..%2fserver.ts')).status).toBe(404);
  expect((await server.fetchText('/page/routes.js')).status).toBe(404);
});

describe('a server', () => {
  const opened: { close(): Promise<void> }[] = [];
  afterAll(() => Promise.all(opened.map((one) => one.close())));
  const open = async (options: Partial<ServeOptions>) => {
    const made = await serve({ models: { stories }, port: 0, ...options });
    opened.push(made);
    return made;
  };

  test('is heard before it is ready', async () => {
    const early: Promise<number[]>[] = [];
    const ask = async (url: string) => {
      const paths = ['/health/live', '/health/ready', '/v2/health/ready', '/v1/models/stories'];
      return Promise.all(paths.map(async (path) => (await fetch(url + path)).status));
    };
    const { url } = await open({ onListening: (url) => early.push(ask(url)) });
    expect(await early[0]).toEqual([200, 503, 503, 503]);
    expect(await ask(url)).toEqual([200, 200, 200, 200]);
  });

  test('takes the next free port', async () => {
    const first = Number(new URL(server.url).port);
    const { url } = await open({ port: first });
    expect(Number(new URL(url).port)).toBeGreaterThan(first);
  });

  test('answers what it accepted before it closes', async () => {
    const made = await serve({ models: { stories }, port: 0 });
    const asked = fetch(`${made.url}/v1/completions`, {
      method: 'POST',
      body: JSON.stringify({ ...completion, max_tokens: 300, n: 4, ignore_eos: true }),
    });
    await sleep(20);
    await made.close();
    const { choices } = (await (await asked).json()) as { choices: { finish_reason: string }[] };
    expect(choices.map((choice) => choice.finish_reason)).toEqual(['length', 'length', 'length', 'length']);
    await expect(fetch(made.url)).rejects.toThrow();
  });

  test('cuts off what is not done at the deadline', async () => {
    const made = await serve({ models: { stories }, port: 0, maxBatch: 1 });
    const asked = fetch(`${made.url}/v1/completions`, {
      method: 'POST',
      body: JSON.stringify({ ...completion, max_tokens: 500, n: 100, ignore_eos: true }),
    });
    asked.catch(() => {});
    await sleep(50);
    const start = performance.now();
    await made.close({ deadlineMs: 100 });
    expect(performance.now() - start).toBeLessThan(2000);
    await expect(asked).rejects.toThrow();
  });

  test.each([
    [{ models: {} }, /models/],
    [{ models: { 'a b': stories } }, /name of a model/],
    [{ models: { stories }, port: -1 }, /port/],
    [{ models: { stories }, maxBatch: 0 }, /maxBatch/],
    [{ models: { stories }, apiKey: '' }, /apiKey/],
    [{ models: { gone: '/nowhere' } }, /nowhere/],
  ])('refuses %j', async (options, message) => {
    const error = await serve({ port: 0, ...options }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(MiaError);
    expect((error as MiaError).message).toMatch(message);
  });
});

describe('bodies that nest deeply', () => {
  const deep = '['.repeat(200_000) + ']'.repeat(200_000);
  const open = useServer();
  const cases = [
    ['/v1/completions', `{"model":"stories","prompt":${deep}}`],
    ['/v1/completions', `{"model":"stories","prompt":"a","logit_bias":${deep}}`],
    [
      '/v1/chat/completions',
      `{"model":"chatty","messages":[{"role":"user","content":"a","x":${deep}}],"tools":${deep}}`,
    ],
    ['/v1/embeddings', `{"model":"encoder","input":${deep}}`],
    [
      '/v2/models/encoder/infer',
      `{"inputs":[{"name":"input_ids","datatype":"INT64","shape":[1],"data":${deep}}]}`,
    ],
  ] as const;
  test.each(cases.map(([path, body], i) => [i, path, () => body] as const))(
    '%i: %s',
    async (_, path, body) => {
      expect((await open.post(path, body())).status).toBe(400);
    },
  );
});
