#!/usr/bin/env node
/** The `mia` command. Exit codes: 0 done, 1 it failed, 2 the call makes no sense, 130 interrupted. */
import { readFileSync } from 'node:fs';
import { MiaError } from '../errors.js';
import { columns, helpOf, parseCall, UsageError } from './command.js';
import { commands } from './commands/index.js';
import { makeOutput } from './output.js';

const output = (json: boolean) => makeOutput(json, process.stdout, process.stderr);

async function main(words: readonly string[]): Promise<number> {
  const [name, ...rest] = words;
  if (name === undefined || name === '--help' || name === 'help') {
    output(false).write(overview());
    return name === undefined ? 2 : 0;
  }
  if (name === '--version') {
    output(false).line(version());
    return 0;
  }
  const command = commands.find((c) => c.name === name);
  if (!command) throw new UsageError(`there is no 'mia ${name}'; mia --help lists what there is`);
  const call = parseCall(command, rest, output);
  if (call.flag('help')) call.output.line(helpOf(command));
  else await command.run(call);
  return 0;
}

function overview(): string {
  const rows = commands.map((c): [string, string] => [`${c.name} ${c.args}`, c.doc.split('\n')[0]]);
  const tail = ['', 'mia COMMAND --help says more; --json prints JSON; mia --version.'];
  return `${['mia COMMAND', '', ...columns(rows), ...tail].join('\n')}\n`;
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** Errors of the library are sentences already; anything else is a fault of ours and shows where. */
function report(error: unknown): number {
  const usage = error instanceof UsageError;
  const known = usage || error instanceof MiaError;
  process.stderr.write(`mia: ${known ? error.message : ((error as Error)?.stack ?? String(error))}\n`);
  return usage ? 2 : 1;
}

// `mia run ... | head`: a reader that leaves is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});
process.exitCode = await main(process.argv.slice(2)).catch(report);
