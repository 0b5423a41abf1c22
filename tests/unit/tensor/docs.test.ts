/** What editors show (ops.ts, shape-ops.ts, image-ops.ts), what runs (methods.ts) and what the records say must agree. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { binary, clamp, compare, floatUnary, logical, shaped, unary } from '../../../lib/ops/elementwise.js';
import { methods } from '../../../lib/tensor/methods.js';

const text = ['ops', 'shape-ops', 'image-ops']
  .map((file) => readFileSync(`lib/tensor/${file}.ts`, 'utf8'))
  .join('\n');
/** Members of the interfaces, with the comment before each. */
const documented = new Map(
  [...text.matchAll(/^ {2}(?:\/\*\*((?:(?!\*\/)[^])*)\*\/\s+)?([a-z]\w*)[:<(]/gm)].map(
    ([, doc = '', name]) => [name, doc.replace(/\s*\n\s*\*\s*/g, ' ').trim()],
  ),
);

test('every method is declared and documented, and nothing else', () => {
  expect([...documented.keys()].sort()).toEqual(Object.keys(methods).sort());
  expect([...documented].filter(([, doc]) => doc === '')).toEqual([]);
});

const records = [binary, compare, logical, unary, floatUnary, shaped, { clamp }].flatMap(
  (group) => Object.values(group) as { name: string; doc: string }[],
);
describe('an elementwise method is documented by its record', () => {
  test.each(records)('$name', ({ name, doc }) => {
    expect(documented.get(name)?.startsWith(doc), `${documented.get(name)}, but the record: ${doc}`).toBe(
      true,
    );
  });
});
