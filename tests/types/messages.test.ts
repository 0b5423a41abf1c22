/** What the compiler says about code that cannot be: sentences, not puzzles. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { root, runTsc } from './tsc.js';

const folder = 'tests/types/fail';
const files = readdirSync(join(root, folder)).filter((file) => file.endsWith('.ts'));
/** `file:line` -> everything said there. */
const said = new Map<string, string>();

beforeAll(() => {
  let at = '';
  for (const line of runTsc(folder).split('\n')) {
    const start = /^(.*)\((\d+),\d+\): error/.exec(line);
    if (start) at = `${start[1].split('/').at(-1)}:${start[2]}`;
    if (at) said.set(at, `${said.get(at) ?? ''}${line}\n`);
  }
});

describe.each(files)('%s', (file) => {
  const lines = readFileSync(join(root, folder, file), 'utf8').split('\n');
  const wanted = lines.flatMap((line, i) => {
    const sentence = /; \/\/ (.*)$/.exec(line)?.[1];
    return sentence ? [{ at: `${file}:${i + 1}`, code: line.split('; //')[0], sentence }] : [];
  });

  test.each(wanted)('$code', ({ at, sentence }) => {
    expect(said.get(at)).toContain(sentence);
  });

  test('nothing else fails', () => {
    const failed = [...said.keys()].filter((at) => at.startsWith(`${file}:`));
    expect(failed).toEqual(wanted.map(({ at }) => at));
  });
});
