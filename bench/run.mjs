/** `npm run bench [-- --json] [case...]`: every row beside its limit, measured in the same run. Exit code 1 if a gate is missed. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { Cpu } from 'mia';
import { page } from './page/machine.mjs';

const { values, positionals } = parseArgs({ options: { json: { type: 'boolean' } }, allowPositionals: true });
const folder = new URL('cases/', import.meta.url);
const names = readdirSync(folder)
  .map((f) => f.replace('.mjs', ''))
  .filter((n) => positionals.length === 0 || positionals.includes(n));

const rows = [];
for (const name of names) {
  for (const row of await (await import(new URL(`${name}.mjs`, folder))).run()) {
    const share = row.limit === undefined ? undefined : row.value / row.limit;
    const met =
      row.gate !== undefined ? share >= row.gate : row.most !== undefined ? row.value <= row.most : undefined;
    rows.push({ case: name, ...row, share, met });
    if (!values.json) console.log(line(rows.at(-1)));
  }
}

const cpu = await Cpu.create();
const report = {
  machine: { cpu: cpus()[0].model, ...cpu.info, node: process.version, date: new Date().toISOString() },
  rows,
};
await cpu.close();
mkdirSync(new URL('results/', import.meta.url), { recursive: true });
writeFileSync(new URL('results/latest.json', import.meta.url), `${JSON.stringify(report, null, 2)}\n`);
writeFileSync(new URL('results/latest.html', import.meta.url), page(report));
if (values.json) console.log(JSON.stringify(report, null, 2));
process.exitCode = rows.some((r) => r.met === false) ? 1 : 0;

function line({ name, value, unit, limit, limitName, share, gate, most, met }) {
  const parts = [name.padEnd(42), `${value.toPrecision(4)} ${unit}`.padStart(16)];
  if (limit !== undefined)
    parts.push(`${(share * 100).toFixed(1)} % of ${limitName} ${limit.toPrecision(4)}`.padEnd(34));
  const wanted = gate !== undefined ? `>= ${gate * 100} %` : most !== undefined ? `<= ${most} ${unit}` : '';
  if (wanted) parts.push(`${wanted} ${met ? 'met' : 'MISSED'}`);
  return parts.join('  ');
}
