/** The page at /, and its files: no build, nothing from the network. */
import { readFileSync } from 'node:fs';
import { openaiError as voice } from '../openai/errors.js';
import type { Route } from '../route.js';

const types = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
} as const;

/** Nothing but this server's own files and answers. */
const policy =
  "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

const files = [
  'style.css',
  'main.js',
  'api.js',
  'text.js',
  'similarity.js',
  'drawing.js',
  'charts.js',
  'metrics.js',
];

function file(path: string, name: string): Route {
  let bytes: Uint8Array | undefined;
  const headers = {
    'content-type': types[name.split('.')[1] as keyof typeof types],
    'content-security-policy': policy,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-cache',
  };
  const answer = (): Response =>
    new Response((bytes ??= readFileSync(new URL(name, import.meta.url))), { headers });
  return { method: 'GET', path, voice, open: true, answer };
}

export const pageRoutes: readonly Route[] = [
  file('/', 'index.html'),
  ...files.map((name) => file(`/page/${name}`, name)),
];
