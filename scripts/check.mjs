// Everything CI holds the code to, besides the tests. `npm run check [name...]` runs all, or those whose title has the name.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import * as browserBundle from './checks/browser-bundle.mjs';
import * as circularImports from './checks/circular-imports.mjs';
import * as fileSize from './checks/file-size.mjs';
import * as importDirection from './checks/import-direction.mjs';
import * as nativeBoundary from './checks/native-boundary.mjs';
import * as weakSymbols from './checks/weak-symbols.mjs';
import { root } from './files.mjs';

/** A check that is a tool: its output is the list of problems. */
function tool(title, advice, command, ...args) {
  const check = () => {
    const path = join(root, 'node_modules', '.bin', command);
    const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined };
    const stdio = ['ignore', 'pipe', 'pipe'];
    const result = spawnSync(path, args, { cwd: root, encoding: 'utf8', stdio, env });
    const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`.trim();
    return { checked: [command, ...args].join(' '), problems: result.status === 0 ? [] : [output, advice] };
  };
  return { title, check };
}

const checks = [
  tool('types', 'repair the types', 'tsc', '-p', 'tsconfig.json'),
  tool('lint', 'npx oxlint --fix repairs some of it', 'oxlint', '--deny-warnings'),
  importDirection,
  circularImports,
  nativeBoundary,
  fileSize,
  weakSymbols,
  browserBundle,
  tool('format', 'npm run format repairs it', 'prettier', '--check', '.'),
  tool('package', 'repair package.json', 'publint', '--strict'),
  tool('package types', 'repair exports in package.json', 'attw', '--pack', '.', '--profile', 'esm-only'),
];

const names = process.argv.slice(2);
const rows = [];
for (const { title, check } of checks.filter(({ title }) => names.every((name) => title.includes(name)))) {
  const start = performance.now();
  const { checked, problems } = check();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  rows.push({ check: title, result: problems.length === 0 ? 'ok' : 'FAILED', seconds, checked });
  if (problems.length > 0) console.log(`\n${title}: FAILED\n${problems.join('\n')}`);
}

const columns = ['check', 'result', 'seconds', 'checked'];
const width = (column) => Math.max(column.length, ...rows.map((row) => row[column].length));
const line = (row) => columns.map((column) => row[column].padEnd(width(column))).join('  ');
console.log(`\n${line(Object.fromEntries(columns.map((column) => [column, column])))}`);
for (const row of rows) console.log(line(row).trimEnd());
process.exitCode = rows.some((row) => row.result !== 'ok') ? 1 : 0;
