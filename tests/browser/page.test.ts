/** examples/browser as its readers have it: served, drawn on with a mouse or a finger, on the WebGPU of Chromium. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Browser, BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
// @ts-expect-error an example, in JavaScript
import { serve } from '../../examples/browser/serve.mjs';
// @ts-expect-error an example, in JavaScript
import { readTensors } from '../../examples/digits/files.mjs';
import { openChromium } from './chromium.js';
import { strokesOf, type Point, type Stroke } from './strokes.js';

const HELD_OUT = 1437; // images from here on were not trained on
const artifacts = fileURLToPath(new URL('../../build/artifacts/', import.meta.url));

let browser: Browser;
let server: { url: string; close(): Promise<void> };
let images: Uint8Array; // [1797, 64]
let labels: Uint8Array; // [1797]
let page: Page;
const errors: string[] = [];

beforeAll(async () => {
  mkdirSync(artifacts, { recursive: true });
  server = await serve();
  browser = await openChromium();
  const tensors = await readTensors('digits.safetensors');
  images = tensors.images.data;
  labels = tensors.labels.data;
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});
afterEach(async () => {
  await page.context().close();
  expect(errors.splice(0)).toEqual([]);
});

/** Opens the page; the script `before` runs in it first. */
async function open(options: BrowserContextOptions, before?: string): Promise<void> {
  const context = await browser.newContext(options);
  page = await context.newPage();
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('request', (request) => {
    if (!request.url().startsWith(server.url) && !request.url().startsWith('data:'))
      errors.push(request.url());
  });
  if (before) await page.addInitScript({ content: before });
  await page.goto(server.url);
}

/** From parts of the canvas's side to the page's pixels. */
async function placeOnCanvas(): Promise<(point: Point) => Point> {
  const { x, y, width, height } = (await page.locator('#sketch').boundingBox())!;
  return ([px, py]) => [x + px * width, y + py * height];
}

async function draw(strokes: readonly Stroke[]): Promise<void> {
  const place = await placeOnCanvas();
  for (const [first, ...rest] of strokes) {
    await page.mouse.move(...place(first));
    await page.mouse.down();
    for (const point of rest) await page.mouse.move(...place(point));
    await page.mouse.up();
  }
}

const strokesOfImage = (i: number): Stroke[] => strokesOf(images.subarray(i * 64, i * 64 + 64));
const answer = (): Promise<string> => page.locator('#answer').innerText();
const isWide = (): Promise<boolean> => page.evaluate('document.documentElement.scrollWidth > innerWidth');
const patient = { timeout: 20_000 };

describe('with WebGPU', () => {
  test('recognises a digit of each kind, drawn with a mouse', async () => {
    await open({ viewport: { width: 1000, height: 720 }, reducedMotion: 'reduce' });
    for (let digit = 0; digit < 10; digit++) {
      await draw(strokesOfImage(labels.indexOf(digit, HELD_OUT)));
      await expect.poll(answer, patient).toBe(String(digit));
      const percents = await page.locator('.percent').allInnerTexts();
      const sum = percents.reduce((total, text) => total + Number.parseFloat(text), 0);
      expect(sum).toBeGreaterThan(99);
      expect(sum).toBeLessThan(101);
      expect(await page.locator('#bars li.best').innerText()).toMatch(new RegExp(`^${digit}\\s`));
      if (digit === 3) await page.screenshot({ path: `${artifacts}browser-digit.png` });
      await page.keyboard.press('Escape');
      await expect.poll(() => page.locator('#answer').textContent(), patient).toBe('');
    }
  });

  test('shows probabilities while one draws', async () => {
    await open({ viewport: { width: 1000, height: 720 } });
    const place = await placeOnCanvas();
    await page.mouse.move(...place([0.5, 0.2]));
    await page.mouse.down();
    await page.mouse.move(...place([0.48, 0.8]), { steps: 5 });
    await expect.poll(answer, patient).toMatch(/^\d$/); // and the button is still down
    await page.mouse.up();
    await page.click('#clear');
    await expect.poll(() => page.locator('#answer').textContent(), patient).toBe('');
  });

  test('draws by touch, in the dark, on a small screen', async () => {
    const viewport = { width: 360, height: 740 };
    await open({ viewport, hasTouch: true, isMobile: true, colorScheme: 'dark', reducedMotion: 'reduce' });
    const place = await placeOnCanvas();
    const touch = await page.context().newCDPSession(page);
    const send = (type: string, ...points: Point[]): Promise<unknown> =>
      touch.send('Input.dispatchTouchEvent', {
        type: type as 'touchStart',
        touchPoints: points.map(([x, y]) => ({ x, y })),
      });
    const seven: Stroke = [
      [0.25, 0.15],
      [0.75, 0.15],
      [0.6, 0.5],
      [0.45, 0.9],
    ];
    await send('touchStart', place(seven[0]));
    for (const point of seven) await send('touchMove', place(point));
    await send('touchEnd');
    await expect.poll(answer, patient).toBe('7');
    expect(await page.evaluate('scrollY')).toBe(0);
    expect(await isWide()).toBe(false);
    await page.screenshot({ path: `${artifacts}browser-small.png` });
  });
});

describe('says what is missing', () => {
  test('without WebGPU', async () => {
    await open({ viewport: { width: 360, height: 740 } }, 'delete Navigator.prototype.gpu');
    await expect.poll(() => page.locator('#notice').innerText(), patient).toMatch(/does not offer/);
    expect(await isWide()).toBe(false);
    await page.screenshot({ path: `${artifacts}browser-without.png` });
  });

  test('without a GPU', async () => {
    await open({}, 'GPU.prototype.requestAdapter = async () => null');
    await expect.poll(() => page.locator('#notice').innerText(), patient).toMatch(/ERR_DEVICE/);
  });
});
