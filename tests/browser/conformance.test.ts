/** The case table in a browser: the bundle that a page would load, on the WebGPU that Chromium gives it. */
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { tables } from '../conformance/cases/index.js';
import { openChromium } from './chromium.js';
import type { TableName } from './conformance.page.js';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The page's part, in which the library is the browser entry of dist/. */
async function bundle(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${root}tests/browser/conformance.page.ts`],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    minify: true,
    write: false,
    plugins: [
      {
        name: 'the browser entry',
        setup: ({ onResolve }) =>
          onResolve({ filter: /\/lib\/index\.js$/ }, () => ({ path: `${root}dist/browser.js` })),
      },
    ],
  });
  return outputFiles[0].text;
}

let browser: Browser;
let page: Page;
const errors: string[] = [];

beforeAll(async () => {
  browser = await openChromium();
  page = await browser.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  await page.route('**/*', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }));
  await page.goto('http://localhost/'); // WebGPU is for secure pages
  await page.addScriptTag({ type: 'module', content: await bundle() });
  await page.waitForFunction(() => 'conform' in globalThis);
});
afterAll(async () => {
  await browser?.close();
  expect(errors).toEqual([]);
});

// Every shader, and results that lie over inputs, which a browser checks by itself. tests/conformance has the other ways.
describe.each(['plain', 'consumed'])('%s', (way) => {
  test.each(Object.keys(tables) as TableName[])('%s', async (table) => {
    const failures = await page.evaluate(
      ([table, way]) => (globalThis as unknown as ConformancePage).conform(table, way),
      [table, way] as const,
    );
    expect(failures.slice(0, 25), `${failures.length} of ${tables[table].length} cases fail`).toEqual([]);
  });
});

interface ConformancePage {
  conform(table: TableName, way: string): Promise<string[]>;
}
