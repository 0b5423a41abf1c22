/** What a command of `mia` is: one record, from which its parsing, its help and its checks follow. */
import { parseArgs } from 'node:util';
import { MiaError } from '../errors.js';
import type { Output } from './output.js';

export interface Option {
  /** In help: `--threads N`. A flag has none. */
  readonly value?: string;
  readonly doc: string;
  /** May be given several times. */
  readonly multiple?: boolean;
}

export interface Command {
  readonly name: string;
  /** Of the arguments, as help shows them: `MODEL TEXT...`. */
  readonly args: string;
  readonly doc: string;
  /** How many arguments it takes. */
  readonly count: readonly [least: number, most: number];
  readonly options: Readonly<Record<string, Option>>;
  run(call: Call): Promise<void>;
}

/** Options that every command has. */
export const common: Readonly<Record<string, Option>> = {
  json: { doc: 'print JSON instead of text' },
  help: { doc: 'print this and exit' },
};

/** Options of commands that run a model. */
export const deviceOptions: Readonly<Record<string, Option>> = {
  threads: {
    value: 'N',
    doc: 'threads of the CPU device (default: MIA_NUM_THREADS, or the cores there are)',
  },
  isa: {
    value: 'NAME',
    doc: 'instruction set of the CPU device (default: MIA_ISA, or the best of the machine)',
  },
};
export const modelOptions: Readonly<Record<string, Option>> = {
  ...deviceOptions,
  weights: {
    value: 'DTYPE',
    doc: 'keep matrices as f32, f16, bf16, q8_0 or q4_0 (default: as they are stored)',
  },
};

/** One call of a command, parsed. */
export class Call {
  constructor(
    readonly command: Command,
    readonly args: readonly string[],
    private readonly values: Readonly<Record<string, unknown>>,
    readonly output: Output,
  ) {}

  flag(name: string): boolean {
    return this.values[name] === true;
  }

  text(name: string): string | undefined {
    return this.values[name] as string | undefined;
  }

  texts(name: string): readonly string[] {
    return (this.values[name] as string[] | undefined) ?? [];
  }

  number(name: string): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (text.trim() !== '' && Number.isFinite(value)) return value;
    throw new UsageError(`--${name} takes a number, not '${text}'`);
  }

  /** One of `words`. */
  word<W extends string>(name: string, words: readonly W[]): W | undefined {
    const text = this.text(name);
    if (text === undefined || (words as readonly string[]).includes(text)) return text as W | undefined;
    throw new UsageError(`--${name} is one of ${words.join(', ')}, not '${text}'`);
  }
}

/** A call that is not one: exit code 2. */
export class UsageError extends Error {}

/** Parses the words after the command's name. */
export function parseCall(
  command: Command,
  words: readonly string[],
  makeOutput: (json: boolean) => Output,
): Call {
  const known = { ...command.options, ...common };
  const options = Object.fromEntries(
    Object.entries(known).map(([name, o]) => [
      name,
      {
        type: o.value === undefined ? ('boolean' as const) : ('string' as const),
        multiple: o.multiple ?? false,
      },
    ]),
  );
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      options,
      allowPositionals: true,
      strict: true,
    });
    const [least, most] = command.count;
    const call = new Call(command, positionals, values, makeOutput(values.json === true));
    if (call.flag('help')) return call;
    if (positionals.length < least) throw new UsageError(`mia ${command.name} needs ${command.args}`);
    if (positionals.length > most)
      throw new UsageError(`mia ${command.name} takes ${command.args || 'no arguments'}`);
    return call;
  } catch (error) {
    if (error instanceof UsageError || error instanceof MiaError) throw error;
    // parseArgs: "Unknown option '--x'. To specify a positional argument starting with a '-', ..."
    throw new UsageError((error as Error).message.split('. ')[0]);
  }
}

export function helpOf(command: Command): string {
  const rows = Object.entries({ ...command.options, ...common }).map(
    ([name, { value, doc }]): [string, string] => [`--${name}${value === undefined ? '' : ` ${value}`}`, doc],
  );
  return [`mia ${command.name} ${command.args}`.trim(), '', command.doc, '', ...columns(rows)].join('\n');
}

/** Two columns, the first as wide as it needs. */
export function columns(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}
