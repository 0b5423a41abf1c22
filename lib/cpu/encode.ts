/** A plan as the words that native/runtime decodes; the format is written down in native/runtime/program.h. */
import { bytesFor } from '../dtype.js';
import { IOTA, type Operand, type Plan, type Step, type TileCode } from '../plan/plan.js';
import { MiaError } from '../errors.js';
import type { Addon } from './addon.js';

const MAGIC = 0x4d494131;

/** Positions of names in the addon's tables. */
export interface Names {
  readonly dtype: ReadonlyMap<string, number>;
  readonly scalar: ReadonlyMap<string, number>;
  readonly kernel: ReadonlyMap<string, number>;
  readonly reg: ReadonlyMap<string, number>;
}

export function namesOf({ tables }: Addon): Names {
  const index = (list: readonly string[]): Map<string, number> => new Map(list.map((name, i) => [name, i]));
  return {
    dtype: index(tables.dtypes),
    scalar: index(tables.scalars),
    kernel: index(tables.kernels),
    reg: index(tables.regs),
  };
}

/** A part of a plan that runs as one native program: some steps, and which slots come in, go out, or are scratch. */
export interface Segment {
  readonly steps: readonly Step[];
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly constants: readonly number[];
}

export function encode(plan: Plan, segment: Segment, names: Names): Float64Array {
  const { slots } = plan;
  const { steps, inputs, outputs, constants } = segment;
  const outside = new Set([...inputs, ...outputs, ...constants]);
  const temps = [...new Set(steps.flatMap((s) => [...s.reads, ...s.writes]))]
    .filter((s) => !outside.has(s))
    .sort((a, b) => a - b);
  const locs = new Map([...inputs, ...outputs, ...constants, ...temps].map((slot, loc) => [slot, loc]));
  const needed = neededBytes(steps);

  const words: number[] = [
    MAGIC,
    inputs.length,
    outputs.length,
    constants.length,
    temps.length,
    steps.length,
  ];
  words.push(...inputs.map((s) => needed.get(s) ?? 0));
  for (const s of outputs) words.push(slots[s].bytes, donorOf(plan, s, inputs));
  words.push(...constants.map((s) => needed.get(s) ?? 0));
  let offset = 0; // slots are shared by lifetime already: here they only follow one another
  for (const s of temps) {
    const bytes = Math.ceil(slots[s].bytes / 64) * 64;
    words.push(offset, bytes);
    offset += bytes;
  }
  for (const step of steps) {
    words.push(lookup(names.kernel, step.kernel, step.op), step.operands.length);
    for (const o of step.operands) view(o);
    words.push(step.ints.length, ...step.ints, step.floats.length, ...step.floats);
    code(step.prologue, step.op);
    code(step.epilogue, step.op);
  }
  return Float64Array.from(words);

  function view(o: Operand): void {
    words.push(
      o.slot === IOTA ? IOTA : locs.get(o.slot)!,
      lookup(names.dtype, o.dtype, 'view'),
      o.offset,
      o.sizes.length,
      ...o.sizes,
      ...o.strides,
    );
  }

  function code(c: TileCode | undefined, op: string): void {
    words.push(c?.regs ?? 0, c?.result ?? 0, c?.operands.length ?? 0);
    for (const o of c?.operands ?? []) view(o);
    words.push(c?.consts.length ?? 0);
    for (const k of c?.consts ?? []) words.push(k.reg, lookup(names.reg, k.type, op), k.value);
    words.push(c?.code.length ?? 0);
    for (const i of c?.code ?? [])
      words.push(lookup(names.scalar, i.op, op), i.dst, i.args[0] ?? 0, i.args[1] ?? 0, i.args[2] ?? 0);
    words.push(c?.stores.length ?? 0);
    for (const s of c?.stores ?? []) words.push(s.reg, s.operand);
  }
}

function donorOf(plan: Plan, slot: number, inputs: readonly number[]): number {
  const { donor } = plan.slots[slot];
  return donor === undefined ? -1 : inputs.indexOf(donor);
}

/** The bytes of each slot that the steps reach. */
function neededBytes(steps: readonly Step[]): Map<number, number> {
  const needed = new Map<number, number>();
  for (const s of steps) {
    for (const o of [...s.operands, ...(s.prologue?.operands ?? []), ...(s.epilogue?.operands ?? [])]) {
      if (o.slot === IOTA || o.sizes.includes(0)) continue;
      const last = o.sizes.reduce((sum, n, d) => sum + Math.max(0, (n - 1) * o.strides[d]), o.offset);
      needed.set(o.slot, Math.max(needed.get(o.slot) ?? 0, bytesFor(o.dtype, last + 1)));
    }
  }
  return needed;
}

function lookup(table: ReadonlyMap<string, number>, name: string, op: string): number {
  const index = table.get(name);
  if (index === undefined) throw new MiaError('ERR_UNSUPPORTED', op, `the CPU engine has no '${name}'`);
  return index;
}
