/** Models by name in processes: what is loaded when, and processes that share a cache. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { COMMIT, HubServer, sha256 } from '../unit/models/files/hub-server.js';
import { runScript } from './run-script.js';

const weights = Buffer.alloc(3_000_000, 'w');
let server: HubServer;
let home: string;
beforeAll(async () => {
  server = await HubServer.start();
  server.publish('org/name', { 'config.json': '{}', 'tokenizer.json': '{}', 'model.safetensors': weights });
});
afterAll(() => server.stop());
beforeEach(() => {
  server.fault = () => false;
  server.requests.length = 0;
  home = mkdtempSync(join(tmpdir(), 'mia-hub-'));
  return () => rmSync(home, { recursive: true });
});

const resolve = `
  import { resolveModel } from './dist/models/index.js';
  console.log(await resolveModel('org/name'));
`;
const run = (script: string, ...args: string[]) =>
  runScript(script, {
    args,
    env: { HF_HOME: home, HF_ENDPOINT: server.url, HF_HUB_CACHE: '', HF_HUB_OFFLINE: '' },
  });
const blobs = (): string => join(home, 'hub/models--org--name/blobs');
const snapshot = (): string => join(home, 'hub/models--org--name/snapshots', COMMIT);

test('importing mia/models loads nothing of the hub and asks nothing', async () => {
  const refuse = `export function resolve(name, context, next) {
    if (name.startsWith('@huggingface/hub')) throw new Error('it was loaded');
    return next(name, context);
  }`;
  const hook = `import { register } from 'node:module'; register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(refuse)}`)});`;
  const args = ['--import', `data:text/javascript,${encodeURIComponent(hook)}`];
  const { out, err } = await run(`import './dist/models/index.js'; console.log('ok');`, ...args);
  expect({ out, err }).toEqual({ out: 'ok\n', err: '' });
  expect((await run(resolve, ...args)).err).toContain('it was loaded'); // the hook works
  expect(server.requests).toEqual([]);
});

test('processes that download one model at a time all get it, and print nothing of their own', async () => {
  const outcomes = await Promise.all([run(resolve), run(resolve), run(resolve)]);
  for (const { code, out, err } of outcomes) {
    expect({ code, out, err }).toEqual({ code: 0, out: `${snapshot()}\n`, err: '' });
  }
  expect(readFileSync(join(snapshot(), 'model.safetensors')).equals(weights)).toBe(true);
  expect(readdirSync(blobs()).filter((name) => name.includes('incomplete'))).toEqual([]);
});

test('a process that is killed while a file comes leaves none under its name', async () => {
  server.fault = ({ url, headers }, response) => {
    if (!url!.endsWith('model.safetensors') || headers.range || url!.includes('/resolve/')) return false;
    response.writeHead(200, { 'Content-Length': weights.length }).write(weights.subarray(0, 1_000_000));
    return true;
  };
  const killed = await run(`
    import { resolveModel } from './dist/models/index.js';
    await resolveModel('org/name', { onProgress: ({ loadedBytes }) => loadedBytes > 900_000 && process.kill(process.pid, 'SIGKILL') });
  `);
  expect(killed.signal).toBe('SIGKILL');
  expect(readdirSync(snapshot()).sort()).toEqual(['config.json', 'tokenizer.json']);
  expect(readdirSync(blobs())).not.toContain(sha256(weights));
  server.fault = () => false;
  expect((await run(resolve)).out).toBe(`${snapshot()}\n`);
  expect(readFileSync(join(snapshot(), 'model.safetensors')).equals(weights)).toBe(true);
});
