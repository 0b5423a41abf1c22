import { env, variables, type Variable } from '../../env.js';
import { columns, deviceOptions, type Command } from '../command.js';
import { openDevice } from '../model.js';
import { bytesText } from '../output.js';
import { totalmem } from 'node:os';

/** What this machine offers, and what the environment says. */
export const info: Command = {
  name: 'info',
  args: '',
  doc: 'What Mia finds on this machine.',
  count: [0, 0],
  options: { ...deviceOptions, env: { doc: 'list the environment variables that Mia reads' } },
  async run(call) {
    const { output } = call;
    if (call.flag('env')) {
      const rows = (Object.keys(variables) as Variable[]).map((name) => ({
        name,
        doc: variables[name],
        value: env(name) ?? null,
      }));
      if (output.json) return output.value(rows);
      const text = rows.map(({ name, doc, value }): [string, string] => [
        value === null ? name : `${name}=${value}`,
        doc,
      ]);
      return columns(text).forEach((line) => output.line(line));
    }
    await using device = await openDevice(call);
    const facts = {
      node: process.version,
      platform: `${process.platform}-${process.arch}`,
      ...(device.info as { isa: string; isas: readonly string[]; threads: number; cores: number }),
      memoryBytes: totalmem(),
    };
    if (output.json) return output.value(facts);
    const rows: [string, string][] = [
      ['node', `${facts.node} on ${facts.platform}`],
      ['cpu', `${facts.isa} (of ${facts.isas.join(', ')}), ${facts.threads} threads on ${facts.cores} cores`],
      ['memory', bytesText(facts.memoryBytes)],
    ];
    columns(rows).forEach((line) => output.line(line.slice(2)));
  },
};
