/** Models by name: what is downloaded, where it lies, and that it is downloaded once. */
import { lstatSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { loadModel, resolveModel, type DownloadProgress } from '../../../../lib/models/index.js';
import { folderOf } from '../fixtures.js';
import { COMMIT, gitHash, HubServer, sha256, type Files } from './hub-server.js';
import { tempFile, tempPath } from './temp.js';

let server: HubServer;
let home: string;
beforeAll(async () => {
  server = await HubServer.start();
});
afterAll(() => server.stop());
beforeEach(() => {
  home = tempPath('home');
  for (const name of ['HF_HUB_CACHE', 'HUGGINGFACE_HUB_CACHE', 'HF_TOKEN', 'HF_HUB_OFFLINE'])
    vi.stubEnv(name, '');
  vi.stubEnv('HF_HOME', home);
  vi.stubEnv('HF_ENDPOINT', `${server.url}/`);
  server.requests.length = 0;
  server.fault = () => false;
});
afterEach(() => vi.unstubAllEnvs());

const bytes = (length: number): Buffer => Buffer.from(Array.from({ length }, (_, i) => (i * 7919) % 251));
const weights = bytes(50_000);
const model = { 'config.json': '{}', 'tokenizer.json': '{"a":1}', 'model.safetensors': weights };

function publish(files: Files): string {
  server.publish('org/name', files);
  return 'org/name';
}
const cacheOf = (...parts: string[]): string => join(home, 'hub', 'models--org--name', ...parts);
const snapshot = (...parts: string[]): string => cacheOf('snapshots', COMMIT, ...parts);
const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();

describe('what a name is', () => {
  test('a path that exists is itself', async () => {
    const path = tempFile('model.gguf', 'x');
    expect(await resolveModel(path)).toBe(path);
    expect(server.requests).toEqual([]);
  });

  test('a sharded model is loaded by its name, and again without any request', async () => {
    const folder = folderOf('llama-sharded');
    const files = readdirSync(folder).map((name) => [name, readFileSync(join(folder, name))] as const);
    publish({ ...Object.fromEntries(files), 'vocab.json': '{}', 'pytorch_model.bin': 'x' });
    const seen: DownloadProgress[] = [];
    await using first = await loadModel('org/name', { onDownload: (progress) => seen.push(progress) });
    expect(first.architecture).toBe('llama');
    expect(filesIn(snapshot())).toEqual([
      'config.json',
      'model-00001-of-00003.safetensors',
      'model-00002-of-00003.safetensors',
      'model-00003-of-00003.safetensors',
      'model.safetensors.index.json',
      'vocab.json',
    ]);
    expect(seen.at(-1)!.file).toBe('model-00003-of-00003.safetensors');
    server.requests.length = 0;
    await using second = await loadModel('org/name');
    expect(second.architecture).toBe('llama');
    expect(server.requests).toEqual([]);
  });

  test('one GGUF file, in a folder of a revision', async () => {
    publish({ ...model, 'q8/a.gguf': weights, 'q8/b.gguf': weights });
    const path = await resolveModel('org/name/q8/a.gguf@main');
    expect(path).toBe(snapshot('q8', 'a.gguf'));
    expect(filesIn(snapshot())).toEqual(['q8/a.gguf']);
    server.requests.length = 0;
    expect(await resolveModel('org/name/q8/a.gguf')).toBe(path);
    expect(await resolveModel(`org/name/q8/a.gguf@${COMMIT}`)).toBe(path);
    expect(server.requests).toEqual([]);
  });

  test('one .safetensors file comes with its tokenizer', async () => {
    publish({ ...model, 'rwkv.safetensors': bytes(100) });
    expect(await resolveModel('org/name/rwkv.safetensors', { revision: COMMIT })).toBe(
      snapshot('rwkv.safetensors'),
    );
    expect(filesIn(snapshot())).toEqual(['config.json', 'rwkv.safetensors', 'tokenizer.json']);
  });
});

describe('files', () => {
  test('those of a model, and no others', async () => {
    const rest = [
      'generation_config.json',
      'chat_template.jinja',
      'tokenizer_config.json',
      'special_tokens_map.json',
    ];
    const modules = [
      'modules.json',
      '1_Pooling/config.json',
      '2_Dense/config.json',
      '2_Dense/model.safetensors',
    ];
    const wanted = [...Object.keys(model), ...rest, ...modules, 'preprocessor_config.json'];
    const others = [
      'vocab.json',
      'merges.txt',
      'pytorch_model.bin',
      'onnx/model.onnx',
      'tf_model.h5',
      'a.gguf',
    ];
    const more = [
      'consolidated.safetensors',
      'flax_model.msgpack',
      'README.md',
      'onnx/config.json',
      '../escape',
    ];
    const small = Object.fromEntries([...wanted, ...others, ...more].map((name) => [name, name]));
    expect(await resolveModel(publish({ ...small, ...model }))).toBe(snapshot());
    expect(filesIn(snapshot())).toEqual([...wanted].sort());
  });

  test('vocabulary and merges where there is no tokenizer.json', async () => {
    const { 'tokenizer.json': _, ...rest } = model;
    await resolveModel(publish({ ...rest, 'vocab.json': '{}', 'merges.txt': 'a b', 'vocab.txt': '' }));
    expect(filesIn(snapshot())).toEqual([
      'config.json',
      'merges.txt',
      'model.safetensors',
      'vocab.json',
      'vocab.txt',
    ]);
    server.requests.length = 0;
    await resolveModel('org/name');
    expect(server.requests).toEqual([]);
  });

  test("they lie as Hugging Face's own programs expect them", async () => {
    await resolveModel(publish(model));
    expect(readFileSync(cacheOf('refs', 'main'), 'utf8')).toBe(COMMIT);
    expect(filesIn(cacheOf('blobs'))).toEqual(
      [gitHash(Buffer.from('{}')), gitHash(Buffer.from('{"a":1}')), sha256(weights)].sort(),
    );
    expect(lstatSync(snapshot('model.safetensors')).isSymbolicLink()).toBe(true);
    expect(readFileSync(snapshot('model.safetensors'))).toEqual(weights);
    expect(readFileSync(cacheOf('blobs', sha256(weights)))).toEqual(weights);
  });

  test('a model that lacks its tokenizer only gets it, and offline does without', async () => {
    const { 'tokenizer.json': tokenizer, ...rest } = model;
    await resolveModel(publish(rest));
    server.requests.length = 0;
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    expect(await resolveModel('org/name')).toBe(snapshot());
    expect(server.requests).toEqual([]);
    vi.stubEnv('HF_HUB_OFFLINE', '');
    publish(model);
    await resolveModel('org/name');
    expect(readFileSync(snapshot('tokenizer.json'), 'utf8')).toBe(tokenizer);
    expect(server.requests.filter((request) => request.includes('.safetensors'))).toEqual([]);
  });

  test('HF_HUB_CACHE is the folder itself; HF_TOKEN goes to the hub and nowhere else', async () => {
    vi.stubEnv('HF_HUB_CACHE', tempPath('cache'));
    vi.stubEnv('HF_TOKEN', 'hf_secret');
    server.tokens.hub.clear();
    server.tokens.store.clear();
    const path = await resolveModel(publish(model));
    expect(path).toBe(join(process.env.HF_HUB_CACHE!, 'models--org--name/snapshots', COMMIT));
    expect([...server.tokens.hub]).toEqual(['Bearer hf_secret']);
    expect([...server.tokens.store]).toEqual([undefined]);
  });
});

describe('progress', () => {
  test('goes up to the sum of all files', async () => {
    const seen: DownloadProgress[] = [];
    await resolveModel(publish(model), { onProgress: (progress) => seen.push(progress) });
    const total = 2 + 7 + weights.length;
    expect(seen.map((p) => p.totalBytes)).toEqual(seen.map(() => total));
    expect(seen.map((p) => p.loadedBytes)).toEqual(seen.map((p) => p.loadedBytes).sort((a, b) => a - b));
    expect(seen.at(-1)).toEqual({ file: 'model.safetensors', loadedBytes: total, totalBytes: total });
  });
});

describe('what is unfinished', () => {
  /** Answers requests of the weights' bytes with `length` of them, then breaks the connection. */
  const breakAfter = (length: number): void => {
    server.fault = ({ url, headers }, response) => {
      if (!url!.endsWith('.safetensors') || headers.host === new URL(server.url).host) return false;
      if (headers.range === 'bytes=0-0') return false;
      response.writeHead(200, { 'Content-Length': weights.length });
      response.write(weights.subarray(0, length), () => response.destroy());
      return true;
    };
  };

  test('a broken connection leaves no file under its name, and the next download goes on from there', async () => {
    breakAfter(20_000);
    const broken = resolveModel(publish(model));
    await expect(broken).rejects.toMatchObject({
      code: 'ERR_FORMAT',
      op: 'loadModel',
      expected: '50000 bytes',
    });
    await expect(broken).rejects.toThrow('org/name: model.safetensors came with the wrong length');
    expect(filesIn(snapshot())).toEqual(['config.json', 'tokenizer.json']);
    server.fault = () => false;
    server.requests.length = 0;
    const seen: DownloadProgress[] = [];
    await resolveModel('org/name', { onProgress: (progress) => seen.push(progress) });
    expect(server.requests.at(-1)).toBe('GET /org/name/model.safetensors bytes=20000-49999');
    expect(seen[2].loadedBytes).toBeGreaterThan(20_000);
    expect(readFileSync(snapshot('model.safetensors'))).toEqual(weights);
    expect(filesIn(cacheOf('blobs')).filter((name) => name.includes('incomplete'))).toEqual([]);
  });

  test('a file that another process may be writing is left alone, one that it left is taken', async () => {
    const partial = cacheOf('blobs', `${sha256(weights)}.other.incomplete`);
    mkdirSync(cacheOf('blobs'), { recursive: true });
    writeFileSync(partial, weights.subarray(0, 30_000));
    await resolveModel(publish(model));
    expect(server.requests).toContain('GET /org/name/model.safetensors');
    expect(readFileSync(partial).length).toBe(30_000);
    for (const path of [cacheOf('blobs', sha256(weights)), snapshot('model.safetensors')]) rmSync(path);
    utimesSync(partial, 0, 0);
    await resolveModel('org/name');
    expect(server.requests.at(-1)).toBe('GET /org/name/model.safetensors bytes=30000-49999');
    expect(filesIn(cacheOf('blobs')).filter((name) => name.includes('incomplete'))).toEqual([]);
  });

  test('many downloads of one model at a time do no harm', async () => {
    publish(model);
    const paths = await Promise.all(Array.from({ length: 8 }, () => resolveModel('org/name')));
    expect(new Set(paths)).toEqual(new Set([snapshot()]));
    expect(readFileSync(snapshot('model.safetensors'))).toEqual(weights);
    expect(filesIn(cacheOf('blobs')).length).toBe(3);
    expect(filesIn(snapshot()).length).toBe(3);
  });
});
