import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { variables } from '../../lib/env.js';

test('docs/env.md lists every variable as the code has it', () => {
  const text = readFileSync(new URL('../../docs/env.md', import.meta.url), 'utf8');
  const rows = Object.fromEntries(
    [...text.matchAll(/^\| `(MIA_\w+)` \| (.*) \|$/gm)].map((m) => [m[1], m[2]]),
  );
  expect(rows).toEqual(variables);
});
