/** The examples, run as a newcomer would. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('digits gives the answers of the network that was trained', () => {
  const expected = JSON.parse(readFileSync(`${root}examples/digits/expected.json`, 'utf8'));
  const { status, stdout } = run('examples/digits/main.mjs', '--json');
  expect(status).toBe(0);
  const result = JSON.parse(stdout);
  expect(result.answers).toEqual(expected.answers);
  expect(result).toMatchObject({ correct: expected.correct, total: 360 });
  expect(result.accuracy).toBeGreaterThanOrEqual(0.97);
});

test('digits for people', () => {
  const { status, stdout } = run('examples/digits/main.mjs');
  expect(status).toBe(0);
  expect(stdout).toMatch(/99\.4/);
  expect(stdout).toMatch(/images\/s/);
});

test.each([['--frobnicate'], ['--show', 'many'], ['stray']])('digits refuses %s %s', (...args) => {
  expect(run('examples/digits/main.mjs', ...args.filter((a) => a !== undefined)).status).toBe(2);
});

test('a custom op between native ones', () => {
  const { status, stdout } = run('examples/custom-op/main.mjs');
  expect(status).toBe(0);
  expect(stdout).toContain('[ 20.5, 80.5 ]');
});
