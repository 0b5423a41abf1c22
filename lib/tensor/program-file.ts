import { MiaError, show } from '../errors.js';
import type { Node } from '../ir/node.js';
import type { Handle } from './handle.js';
import type { Recorder } from './program.js';
import { spec, state, type Spec } from './spec.js';
import { Tape } from './tape.js';

/** A function recorded for one set of sizes. */
export interface Recorded {
  readonly names: readonly string[];
  /** One reference each. */
  readonly inputs: readonly Node[];
  readonly outputs: readonly Node[];
}

const KEY = 'mia.program';

interface Header {
  /** In order; `leaf` is the tape's name for it, null if nothing uses the input. */
  readonly inputs: readonly {
    name: string;
    leaf: string | null;
    dtype: string;
    shape: (number | null)[];
    state?: boolean;
  }[];
  readonly outputs: readonly string[];
}

/** A tape of the outputs, with the names of inputs and outputs in its metadata. */
export function writeProgram(
  specs: ReadonlyMap<string, Spec>,
  { names: results, inputs, outputs }: Recorded,
): Uint8Array {
  const names = new Map([...specs.keys()].map((name, i) => [inputs[i], `input.${name}`]));
  const used = new Set(new Tape(outputs, names).leaves);
  const header: Header = {
    inputs: [...specs].map(([name, { dtype, shape, state: kept }]) => ({
      name,
      leaf: used.has(`input.${name}`) ? `input.${name}` : null,
      dtype,
      shape: [...shape],
      ...(kept && { state: true }),
    })),
    outputs: results,
  };
  return new Tape(outputs, names, new Map([[KEY, JSON.stringify(header)]])).toBytes();
}

/** Specs and recorder of a program that `writeProgram` wrote. Throws ERR_FORMAT for anything else. */
export function readProgram(bytes: Uint8Array): { specs: Record<string, Spec>; record: Recorder } {
  const tape = Tape.fromBytes(bytes);
  const { inputs, outputs } = parseHeader(tape.metadata.get(KEY), tape);
  return {
    specs: Object.fromEntries(inputs.map((i) => [i.name, specOf(i)])),
    record(handles) {
      const { device } = Object.values(handles)[0] ?? {};
      const bound = inputs
        .filter((i) => i.leaf !== null)
        .map((i): [string, Handle] => [i.leaf!, handles[i.name]]);
      const results = tape.bind(device, Object.fromEntries(bound), { shapes: 'infer' });
      return Object.fromEntries(outputs.map((name, i) => [name, results[i]]));
    },
  };
}

const specOf = ({ dtype, shape, state: kept }: Header['inputs'][number]): Spec =>
  kept ? state(dtype as Spec['dtype'], shape as number[]) : spec(dtype as Spec['dtype'], shape);

function parseHeader(text: string | undefined, tape: Tape): Header {
  const bad = (message: string, cause?: unknown): MiaError =>
    new MiaError('ERR_FORMAT', 'program', { message, cause });
  if (text === undefined) throw bad('the file holds a tape, but no program');
  let header: Header;
  try {
    header = JSON.parse(text) as Header;
  } catch (error) {
    throw bad('the program header is not JSON', error);
  }
  const { inputs, outputs } = header ?? {};
  if (!Array.isArray(inputs) || !Array.isArray(outputs) || inputs.length === 0)
    throw bad('the program header has no inputs or outputs');
  const leaves = new Set(tape.leaves);
  for (const i of inputs) {
    if (typeof i?.name !== 'string' || !(i.leaf === null || leaves.has(i.leaf)))
      throw bad(`bad input ${show(i?.name)} in the program header`);
    try {
      specOf(i);
    } catch (error) {
      throw bad(`bad input ${show(i.name)}: ${(error as Error).message}`, error);
    }
  }
  if (new Set(inputs.map((i) => i.name)).size !== inputs.length) throw bad('two inputs have one name');
  if (
    outputs.length !== tape.outputs ||
    new Set(outputs).size !== outputs.length ||
    outputs.some((o) => typeof o !== 'string')
  ) {
    throw bad(`the program header does not name the ${tape.outputs} outputs of the tape`);
  }
  return header;
}
