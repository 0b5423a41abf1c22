/** The browser entry: a program finds the same names there, and is told what it cannot have. */
import { expect, test } from 'vitest';
import * as browser from '../../lib/browser.js';
import * as node from '../../lib/index.js';

test('has the names of the Node entry', () => {
  expect(Object.keys(browser).sort()).toEqual(Object.keys(node).sort());
});

test.each([
  ['Cpu.create()', () => browser.Cpu.create()],
  ['new CpuBuilder()', async () => Reflect.construct(browser.CpuBuilder, [])],
])('%s says what to use instead', async (_, make) => {
  await expect(make()).rejects.toMatchObject({
    code: 'ERR_UNSUPPORTED',
    message: expect.stringMatching(/^Cpu: .* in Node only: expected WebGpu\.create\(\)/),
  });
});
