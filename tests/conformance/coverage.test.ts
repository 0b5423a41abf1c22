/** Nothing that users can call, and nothing that the engine has for it, is missing from the case table. */
import { beforeAll, describe, expect, test } from 'vitest';
import { loadAddon } from '../../lib/cpu/addon.js';
import { packWeights } from '../../lib/cpu/weights.js';
import { Cpu, type Device } from '../../lib/index.js';
import type { Op } from '../../lib/ir/op.js';
import { defaultOps } from '../../lib/ops/index.js';
import { makePlan } from '../../lib/plan/planner.js';
import { graphOf, trace } from '../../lib/plan/trace.js';
import type { Case, T } from './case.js';
import { tables } from './cases/index.js';
import { prepare } from './run.js';
import { ways } from './ways.js';

/** What only the planner makes: tapes never hold it. */
const internal = (op: Op): boolean => op.kind === 'leaf' || op.internal === true || op.name === 'copy';
/** Opcodes of the tile interpreter that no expression needs: moves, casts from a type to itself. */
const spare = /^(mov|xor)\.|^cast\.(\w+)\.\2$/;

const seen = { ops: new Set<string>(), kernels: new Set<string>(), opcodes: new Set<string>() };

/** Notes what a case records and what its plan runs. */
async function note(device: Device, c: Case): Promise<void> {
  const [plain] = ways;
  const inputs: T[] = [];
  for (const x of prepare({ ...c, expect: () => [] }).inputs) inputs.push(await plain.input(device, x, 0));
  const results = [c.run([...inputs], device)].flat();
  const roots = results.map((y) => ({ node: y.peek('test'), form: 'array' as const }));
  for (const y of results) for (const { op } of y.tape.ops) seen.ops.add(op);
  const neutral = makePlan(graphOf(trace(roots)), defaultOps);
  const { steps } = packWeights(neutral, (format, n, k) => loadAddon().imageBytes('scalar', format, n, k));
  for (const { kernel } of neutral.steps) seen.kernels.add(kernel);
  for (const { kernel, prologue, epilogue } of steps) {
    seen.kernels.add(kernel);
    for (const { op } of [...(prologue?.code ?? []), ...(epilogue?.code ?? [])]) seen.opcodes.add(op);
  }
  for (const t of [...inputs, ...results]) t.dispose();
}

describe('the case table has', () => {
  beforeAll(async () => {
    process.env.MIA_FUSE = '1';
    const device = await Cpu.create();
    for (const c of Object.values(tables).flat()) await note(device, c);
    expect(device.memory().liveTensors).toBe(0);
    await device.close();
  });

  test('every op that a tape can hold', () => {
    const missing = [...defaultOps.values()].filter((op) => !internal(op) && !seen.ops.has(op.name));
    expect(missing.map((op) => op.name)).toEqual([]);
  });
  test('every kernel of the engine', () => {
    expect(loadAddon().tables.kernels.filter((kernel) => !seen.kernels.has(kernel))).toEqual([]);
  });
  test('every opcode of the tile interpreter', () => {
    expect(
      loadAddon().tables.scalars.filter((opcode) => !seen.opcodes.has(opcode) && !spare.test(opcode)),
    ).toEqual([]);
  });
});
