/** The page at /, and its files: no build, nothing from the network. */
import { readdirSync, readFileSync } from 'node:fs';
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

/** What lies beside this file; a build copies it. */
const scripts = readdirSync(new URL('.', import.meta.url)).filter(
  (name) => /^[a-z]+\.js$/.test(name) && name !== 'routes.js',
);
const files = ['style.css', ...scripts];

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
