/**
 * `npm run bench:peers [-- --json] [--threads N] [case...]`: Mia beside other libraries on the same work, in turns. Exit code 1
 * if a gate is missed or outputs differ.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { page } from '../page/peers.mjs';
import { loadPeers } from './libs/index.mjs';
import { Cpu } from './mia.mjs';
import { line, met } from './report.mjs';

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean' }, threads: { type: 'string' } },
  allowPositionals: true,
});
const folder = new URL('cases/', import.meta.url);
const names = readdirSync(folder)
  .map((f) => f.replace('.mjs', ''))
  .filter((n) => positionals.length === 0 || positionals.includes(n));

const cpu = await Cpu.create(values.threads ? { threads: Number(values.threads) } : {});
const { threads } = cpu.info;
const peers = await loadPeers(threads);
const rows = [];
for (const name of names) {
  const { title, run } = await import(new URL(`${name}.mjs`, folder));
  if (!values.json) console.log(`\n${title}`);
  for await (const row of run({ cpu, threads, peers })) {
    rows.push({ case: name, title, ...row, met: met(row) });
    if (!values.json) console.log(line(row));
  }
}

const machine = { cpu: cpus()[0].model, ...cpu.info, node: process.version, date: new Date().toISOString() };
const report = { machine, rows };
const results = new URL('../results/', import.meta.url);
mkdirSync(results, { recursive: true });
writeFileSync(new URL('peers.json', results), `${JSON.stringify(report, null, 2)}\n`);
writeFileSync(new URL('peers.html', results), page(report));
if (values.json) console.log(JSON.stringify(report, null, 2));
await cpu.close();
// Some peers keep threads that would hold the process.
process.exit(rows.every((r) => r.met) ? 0 : 1);
