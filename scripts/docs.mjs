// Writes the table of operations into README.md from the op records; `--check` only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './files.mjs';

const { defaultOps } = await import(join(root, 'dist', 'ops', 'index.js'));
const { dtypes } = await import(join(root, 'dist', 'dtype.js'));

const kinds = { float: 'floats', int: 'signed', uint: 'unsigned', bool: 'bool', block: 'blocks' };
/** What an op takes, in words: all kinds are "any". */
const takes = (op) => (!op.takes || op.takes.length === 4 ? 'any' : op.takes.map((k) => kinds[k]).join(', '));
const ops = [...defaultOps.values()].filter((op) => !op.internal && op.kind !== 'leaf' && op.kind !== 'iota');
const rows = ops.map((op) => `| \`${op.name}\` | ${op.doc.replaceAll('|', '\\|')} | ${takes(op)} | yes |`);

const names = (kind) =>
  Object.entries(dtypes)
    .filter(([, row]) => row.kind === kind && row.base === null)
    .map(([name]) => `\`${name}\``)
    .join(' ');
const blocks = Object.entries(dtypes)
  .filter(([, row]) => row.kind === 'block')
  .map(([name, { block, bytes }]) => `\`${name}\` (${block} numbers in ${bytes} bytes)`)
  .join(', ');
const table = [
  '| op | what it computes | dtypes | CPU |',
  '| --- | --- | --- | --- |',
  ...rows,
  '',
  `Floats are ${names('float')} (halves compute in f32), signed ${names('int')}, unsigned ${names('uint')}. Arithmetic also takes the packed`,
  '`f32x4` `f16x4` `u8x4`. Nothing is promoted; `to()` converts.',
  '',
  `Blocks are ${blocks}: GGUF's formats, for storage.`,
  '`to()` quantises and decodes, `gather` reads rows, `matmul` takes them on its right ([docs/numerics.md](docs/numerics.md)).',
].join('\n');

const path = join(root, 'README.md');
const readme = readFileSync(path, 'utf8');
const written = readme.replace(
  /(<!-- operations:[^\n]*-->\n)[^]*?(<!-- \/operations -->)/,
  (_, open, close) => `${open}\n${table}\n\n${close}`,
);
if (process.argv.includes('--check')) {
  if (written !== readme) {
    console.error('README.md does not list the operations as the op records do: npm run docs');
    process.exitCode = 1;
  }
} else writeFileSync(path, written);
