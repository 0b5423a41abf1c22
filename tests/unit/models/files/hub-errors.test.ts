/** What goes wrong with models by name: every error has its code, the name, and what to do; nothing broken is left. */
import { existsSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { MiaError, type ErrorCode } from '../../../../lib/errors.js';
import { loadModel, resolveModel, type ResolveOptions } from '../../../../lib/models/index.js';
import { COMMIT, fail, gitHash, HubServer, sha256 } from './hub-server.js';
import { tempFile, tempPath } from './temp.js';

let server: HubServer;
let home: string;
beforeAll(async () => {
  server = await HubServer.start();
});
afterAll(() => server.stop());

const weights = Buffer.alloc(50_000, 'w');
const model = { 'config.json': '{}', 'tokenizer.json': '{}', 'model.safetensors': weights };
beforeEach(() => {
  home = tempPath('home');
  for (const name of ['HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_TOKEN', 'HF_HUB_OFFLINE'])
    vi.stubEnv(name, '');
  vi.stubEnv('HF_HOME', home);
  vi.stubEnv('HF_ENDPOINT', server.url);
  server.requests.length = 0;
  server.fault = () => false;
  server.publish('org/name', model);
});
afterEach(() => vi.unstubAllEnvs());

const cacheOf = (...parts: string[]): string => join(home, 'hub', 'models--org--name', ...parts);

async function refusal(
  name: string,
  options?: ResolveOptions,
  code: ErrorCode = 'ERR_FORMAT',
): Promise<MiaError> {
  const error: unknown = await resolveModel(name, options).then(
    (path) => `no error: ${path}`,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(MiaError);
  expect(error).toMatchObject({ code, op: 'loadModel' });
  expect((error as MiaError).message).toContain(name.slice(0, 60));
  expect(existsSync(cacheOf('refs'))).toBe(false); // whatever went wrong, the model is not there
  return error as MiaError;
}

describe('names', () => {
  const bad = [
    '',
    'name',
    '/',
    '/org/name',
    'org/',
    '/name',
    '../x/y',
    'x/../y',
    './x/y',
    'org//name',
    'org/name/',
  ];
  const worse = [
    'org/na me',
    'org\\name',
    'a--b/c',
    'org/na..me',
    '-org/name',
    'org/name.',
    'org/ñ',
    'org/n\0',
  ];
  const files = [
    'org/name/../a.gguf',
    'org/name/./a.gguf',
    'org/name//a.gguf',
    'org/name/a.bin',
    'org/a.gguf',
  ];
  const revisions = ['org/name@', 'org/name@../..', 'org/name@a@b', 'org/name@a//b', 'org/name@/etc'];
  const hosts = ['https://host/org/name', 'C:/org/name', `org/${'n'.repeat(97)}`];
  test.each([...bad, ...worse, ...files, ...revisions, ...hosts])('%j is none', async (name) => {
    if (existsSync(name)) return expect(await resolveModel(name)).toBe(name);
    expect((await refusal(name)).message).toContain('expected a path, org/name or org/name/file.gguf');
    await expect(loadModel(name)).rejects.toMatchObject({ op: 'openCheckpoint' });
    expect(server.requests).toEqual([]);
  });

  test('a bad revision', async () => {
    expect((await refusal('org/name', { revision: '../x' })).message).toContain("revision '../x'");
  });

  test.each([5, undefined, null, {}, []])('%j from JavaScript', async (name) => {
    await expect(resolveModel(name as never)).rejects.toMatchObject({ code: 'ERR_FORMAT', op: 'loadModel' });
  });
});

describe('the hub says no', () => {
  test('to a model it does not show', async () => {
    const { message } = await refusal('org/other');
    expect(message).toContain('org/other does not exist, is private or gated: set HF_TOKEN');
    expect(message).toContain('status 401 without a token');
  });

  test('to a model it does not have', async () => {
    vi.stubEnv('HF_TOKEN', 'hf_x');
    expect((await refusal('org/other')).message).toContain(`no model org/other at ${server.url}`);
  });

  test('to a gated one', async () => {
    server.fault = ({ url }, response) =>
      url!.includes('/resolve/') && (fail(response, 403, 'GatedRepo'), true);
    vi.stubEnv('HF_TOKEN', 'hf_x');
    const { message } = await refusal('org/name');
    expect(message).toContain(`${server.url}/org/name is gated: accept its terms there and set HF_TOKEN`);
    expect(message).toContain('status 403 with a token');
  });

  test('to a revision, a file, a format', async () => {
    expect((await refusal('org/name@v2')).message).toContain('no revision v2 of org/name');
    server.publish('org/name', { 'a.gguf': weights, 'b.gguf': weights });
    const lone = 'expected one of org/name/a.gguf, org/name/b.gguf';
    expect((await refusal('org/name/c.gguf')).message).toContain(`the repository has no c.gguf: ${lone}`);
    expect((await refusal('org/name')).message).toContain(`the repository has no config.json: ${lone}`);
    server.publish('org/name', { 'config.json': '{}', 'pytorch_model.bin': weights });
    expect((await refusal('org/name')).message).toContain('the repository has no model.safetensors');
  });

  test('to a shard that its index names', async () => {
    const index = (shard: string): string => JSON.stringify({ weight_map: { a: shard } });
    const publish = (shard: string): void =>
      server.publish('org/name', { 'config.json': '{}', 'model.safetensors.index.json': index(shard) });
    publish('model-1.safetensors');
    expect((await refusal('org/name')).message).toContain('the repository has no model-1.safetensors');
  });

  test('because of a token of another kind', async () => {
    vi.stubEnv('HF_TOKEN', 'sk-secret');
    const { message } = await refusal('org/name');
    expect(message).toContain('HF_TOKEN to start with hf_');
    expect(message).not.toContain('secret');
  });

  test.each([429, 500, 503])('for now: %i', async (status) => {
    server.fault = (_, response) => (fail(response, status, ''), true);
    expect((await refusal('org/name')).message).toContain(`answered with status ${status}`);
  });
});

describe('the network', () => {
  test('is not there', async () => {
    vi.stubEnv('HF_ENDPOINT', 'http://127.0.0.1:1');
    const { message } = await refusal('org/name');
    expect(message).toContain('http://127.0.0.1:1 cannot be reached');
    expect(message).toContain('HF_HUB_OFFLINE=1');
  });

  test('is no network', async () => {
    vi.stubEnv('HF_ENDPOINT', 'nonsense');
    expect((await refusal('org/name')).message).toContain('nonsense cannot be reached');
  });

  test('is not to be used', async () => {
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    expect((await refusal('org/name')).message).toContain(`${cacheOf()} has no revision main`);
    mkdirSync(cacheOf('snapshots', COMMIT), { recursive: true });
    writeFileSync(cacheOf('snapshots', COMMIT, 'config.json'), '{}');
    const { message } = await refusal(`org/name@${COMMIT}`);
    expect(message).toContain('HF_HUB_OFFLINE is set');
    expect(message).toContain('has no model.safetensors');
    await expect(loadModel('org/name')).rejects.toMatchObject({ code: 'ERR_FORMAT', op: 'loadModel' });
    expect(server.requests).toEqual([]);
  });

  test.each(['/api/', '/resolve/'])('is silent: %s', async (part) => {
    vi.stubEnv('HF_HUB_DOWNLOAD_TIMEOUT', '0.2');
    server.fault = ({ url }) => url!.includes(part);
    expect((await refusal('org/name')).message).toContain(`${server.url} has been silent for 0.2 s`);
  });

  test('falls silent inside a file', async () => {
    vi.stubEnv('HF_HUB_DOWNLOAD_TIMEOUT', '0.2');
    server.fault = ({ headers, url }, response) => {
      if (headers.range || !url!.endsWith('model.safetensors')) return false;
      response.writeHead(200, { 'Content-Length': weights.length }).write(weights.subarray(0, 100));
      return true;
    };
    expect((await refusal('org/name')).message).toContain('has been silent');
  });

  test.each(['before', 'while'])('is left %s a file comes', async (when) => {
    const controller = new AbortController();
    if (when === 'before') controller.abort('enough');
    const abort = (): void => controller.abort('enough');
    const error = await refusal('org/name', { signal: controller.signal, onProgress: abort }, 'ERR_ABORTED');
    expect(error.cause).toBe('enough');
    expect(server.requests.some((request) => request.includes('.safetensors'))).toBe(false);
  });

  test('is left inside a file, which the next download goes on with', async () => {
    const controller = new AbortController();
    const onProgress: ResolveOptions['onProgress'] = ({ loadedBytes }) =>
      loadedBytes > 4 && controller.abort();
    await refusal('org/name', { signal: controller.signal, onProgress }, 'ERR_ABORTED');
    expect(existsSync(cacheOf('blobs', sha256(weights)))).toBe(false);
    server.requests.length = 0;
    await resolveModel('org/name');
    expect(server.requests).not.toContain('GET /org/name/model.safetensors');
  });

  test("an error of the caller's own passes", async () => {
    const own = new Error('own');
    const onProgress = ({ file }: { file: string }): void => {
      if (file === 'model.safetensors') throw own;
    };
    await expect(resolveModel('org/name', { onProgress })).rejects.toBe(own);
  });
});

describe('what the hub sends', () => {
  const answer = (part: string, body: string): void => {
    server.fault = ({ url }, response) => {
      if (!url!.includes(part)) return false;
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(body);
      return true;
    };
  };
  const entry = (fields: object): string =>
    JSON.stringify([{ type: 'file', path: 'config.json', size: 2, ...fields }]);
  test.each([
    ['is no JSON', '/revision/', 'hello', "the server's answer is not the hub's"],
    ['has no commit', '/revision/', '{"sha":"../../x"}', "the hub names no commit: got '../../x'"],
    ['is no list', '/tree/', '{"a":1}', "the server's answer is not the hub's"],
    ['is a list of nothing', '/tree/', '[null]', "the server's answer is not the hub's"],
    ['has no hash', '/tree/', entry({}), 'config.json: the hub lists it without its hash or size'],
    ['has a path for a hash', '/tree/', entry({ oid: '../../../x' }), 'without its hash or size'],
    ['has no size', '/tree/', entry({ oid: COMMIT, size: -1 }), 'without its hash or size'],
    ['knows no ranges', '/resolve/', 'hello', "the server's answer is not the hub's"],
  ])('%s', async (_, part, body, message) => {
    answer(part, body);
    expect((await refusal('org/name')).message).toContain(message);
  });

  /** Answers the request for a file's bytes with these. */
  const sendInstead = (content: Buffer): void => {
    server.fault = ({ headers, url }, response) => {
      if (headers.range || !url!.endsWith('model.safetensors') || url!.includes('/resolve/')) return false;
      response.writeHead(200).end(content);
      return true;
    };
  };

  test.each([
    ['is too short', weights.subarray(0, 49_999), 'wrong length'],
    ['is too long', Buffer.concat([weights, weights]), 'wrong length'],
    ['is empty', Buffer.alloc(0), 'wrong length'],
    [
      'is another file',
      Buffer.alloc(50_000, 'x'),
      `the bytes are not those of the file: expected the hash ${sha256(weights)}`,
    ],
  ])('%s', async (_, content, message) => {
    sendInstead(content);
    const refused = await refusal('org/name');
    expect(refused.message).toContain('model.safetensors');
    expect(refused.message).toContain(message);
    expect(existsSync(cacheOf('blobs', sha256(weights)))).toBe(false);
    server.fault = () => false;
    expect(readdirSync(await resolveModel('org/name'))).toContain('model.safetensors'); // and it heals
  });
});

describe('the disk', () => {
  test('is full', async () => {
    mkdirSync(cacheOf('blobs'), { recursive: true });
    symlinkSync('/dev/full', cacheOf('blobs', `${gitHash(Buffer.from('{}'))}.left.incomplete`));
    const { message, cause } = await refusal('org/name', {}, 'ERR_OUT_OF_MEMORY');
    expect(message).toContain(`no space left for it in ${cacheOf()}`);
    expect(cause).toMatchObject({ code: 'ENOSPC' });
  });

  test('has a file where the cache should be', async () => {
    vi.stubEnv('HF_HOME', tempFile('home', 'x'));
    expect((await refusal('org/name')).message).toContain('cannot be written');
  });
});
