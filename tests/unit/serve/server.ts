/** A server of small models that tests of one file share, and requests to it. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { serve, type RunningServer, type ServeOptions } from '../../../lib/serve/index.js';
import { folderOf } from '../models/fixtures.js';

export const stories = join(import.meta.dirname, '../../../models/stories');

/** The story teller with a template for chats: what was said, one message after another. */
const template = '{{ bos_token }}{% for m in messages %}{{ m.content }}{% endfor %}';

/** Folders that no other place has: removed at the end. */
export function makeModels(): { folder: string; models: Record<string, string> } {
  const folder = mkdtempSync(join(tmpdir(), 'mia-serve-'));
  const chatty = join(folder, 'chatty');
  cpSync(stories, chatty, { recursive: true });
  const file = join(chatty, 'tokenizer_config.json');
  writeFileSync(file, JSON.stringify({ ...JSON.parse(readFileSync(file, 'utf8')), chat_template: template }));
  const seeing = join(folder, 'seeing');
  cpSync(folderOf('vit-5-labels'), seeing, { recursive: true });
  cpSync(
    join(folderOf('image-vit-plain'), 'preprocessor_config.json'),
    join(seeing, 'preprocessor_config.json'),
  );
  return { folder, models: { stories, chatty, seeing, encoder: folderOf('sentences-mean') } };
}

export function useServer(options: Partial<ServeOptions> = {}) {
  const { folder, models } = makeModels();
  let server: RunningServer;
  beforeAll(async () => {
    server = await serve({ models, port: 0, ...options });
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });
  const fetchText = async (path: string, init?: RequestInit) => {
    const response = await fetch(`${server.url}${path}`, init);
    return { status: response.status, headers: response.headers, text: await response.text() };
  };
  return {
    get url() {
      return server.url;
    },
    fetchText,
    get: async (path: string) => {
      const { text, ...rest } = await fetchText(path);
      return { ...rest, json: JSON.parse(text) };
    },
    post: async (path: string, body: unknown, headers: Record<string, string> = {}) => {
      const raw = typeof body === 'string' || body instanceof Uint8Array;
      const sent = raw ? body : JSON.stringify(body);
      const { text, ...rest } = await fetchText(path, { method: 'POST', body: sent, headers });
      return { ...rest, json: JSON.parse(text) };
    },
    /** The sum of a metric's samples whose labels have this text. */
    metric: async (name: string, labels = '') => {
      const { text } = await fetchText('/metrics');
      const lines = text.split('\n').filter((l) => new RegExp(`^${name}[ {]`).test(l) && l.includes(labels));
      return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    },
  };
}

/** Asks until it holds. */
export async function until(holds: () => boolean | Promise<boolean>, ms = 10_000): Promise<void> {
  const end = performance.now() + ms;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error('it does not come to hold');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
