/** What a legal graph and a legal plan are, as code. Runs after every pass in tests and under MIA_VERIFY=1. */
import { infer } from '../ir/infer.js';
import { bytesFor } from '../dtype.js';
import type { Graph } from './graph.js';
import { IOTA, type Operand, type Plan, type Step, type TileCode } from './plan.js';

function fail(where: string, what: string): never {
  throw new Error(`illegal ${where}: ${what}`);
}

/** Inputs come first, and every node is exactly what its op says about its inputs. */
export function verifyGraph(graph: Graph, pass: string): void {
  const where = `graph after ${pass}`;
  graph.nodes.forEach((n, i) => {
    if (n.inputs.some((x) => x >= i || x < 0)) fail(where, `%${i} reads a later node`);
    if (n.op.kind === 'leaf') {
      if (n.leaf === undefined || !graph.leaves[n.leaf]) fail(where, `%${i} is a leaf of nothing`);
      return;
    }
    const inferred = infer(
      n.op,
      n.inputs.map((x) => graph.nodes[x]),
      n.attrs,
    );
    if (inferred.dtype !== n.dtype || inferred.offset !== n.offset || !inferred.layout.equals(n.layout)) {
      fail(
        where,
        `%${i} ${n.op.name} is ${n.dtype} ${n.layout}, its op says ${inferred.dtype} ${inferred.layout}`,
      );
    }
    if (
      n.shape.join() !==
      n.op
        .infer(
          n.inputs.map((x) => graph.nodes[x]),
          n.attrs,
        )
        .shape.join()
    )
      fail(where, `%${i} has another shape than its op says`);
  });
  for (const o of graph.outputs) if (!graph.nodes[o.node]) fail(where, `output %${o.node} does not exist`);
}

/** Slots are written before they are read, hold what is put there, and are shared only one after another or in place. */
export function verifyPlan(plan: Plan): void {
  const states = plan.outputs.filter((o) => o.form === 'state').map((o) => o.slot);
  const written = new Set([...plan.inputs.map((i) => i.slot), ...states]);
  const gone = new Map<number, number>(); // input slot -> step from which its memory is another's
  plan.steps.forEach((step, i) => {
    for (const r of step.reads) {
      if (!written.has(r) && plan.slots[r].bytes > 0)
        fail('plan', `step ${i} reads slot ${r} before anyone wrote it`);
      if ((gone.get(r) ?? Infinity) < i)
        fail('plan', `step ${i} reads slot ${r}, overwritten by step ${gone.get(r)}`);
    }
    for (const o of operandsOf(step)) checkBounds(plan, step, o);
    for (const w of step.writes) {
      const { donor, kind } = plan.slots[w];
      if (kind === 'input') fail('plan', `step ${i} writes input slot ${w}`);
      if (donor !== undefined) {
        if (!plan.inputs[donor]?.donatable)
          fail('plan', `slot ${w} takes over slot ${donor}, which others need`);
        if (!gone.has(donor)) gone.set(donor, i);
        if (step.reads.includes(donor)) checkOverlay(step, w, donor, i);
      }
      if (step.reads.includes(w) && kind === 'temp') checkOverlay(step, w, w, i);
      written.add(w);
    }
    for (const code of [step.prologue, step.epilogue]) if (code) checkCode(code, i);
  });
  const donors = plan.slots.map((s) => s.donor).filter((d) => d !== undefined);
  if (new Set(donors).size !== donors.length) fail('plan', 'two results take over the same slot');
  for (const o of plan.outputs) {
    const slot = plan.slots[o.slot];
    if (slot.kind === 'temp') fail('plan', `result in temporary slot ${o.slot}`);
    if (o.elements > 0 && !written.has(o.slot)) fail('plan', `result slot ${o.slot} is never written`);
  }
}

const operandsOf = (step: Step): Operand[] =>
  [...step.operands, ...(step.prologue?.operands ?? []), ...(step.epilogue?.operands ?? [])].filter(
    (o) => o.slot !== IOTA,
  );

function checkBounds(plan: Plan, step: Step, o: Operand): void {
  if (o.sizes.includes(0)) return;
  let [min, max] = [o.offset, o.offset];
  o.sizes.forEach((n, d) => {
    const reach = (n - 1) * o.strides[d];
    if (reach < 0) min += reach;
    else max += reach;
  });
  if (min < 0 || bytesFor(o.dtype, max + 1) > plan.slots[o.slot].bytes)
    fail('plan', `${step.op} reaches outside slot ${o.slot}`);
}

/** In place is legal only element by element: everything that lies in the memory is seen through one and the same window. */
function checkOverlay(step: Step, slot: number, over: number, i: number): void {
  const windows = operandsOf(step).filter((o) => o.slot === slot || o.slot === over);
  const first = JSON.stringify({ ...windows[0], slot: 0 });
  if (!windows.every((o) => JSON.stringify({ ...o, slot: 0 }) === first))
    fail('plan', `step ${i} overwrites slot ${over} while reading it in another order`);
  if (!step.inPlace) fail('plan', `step ${i} works in place and does not say so`);
}

function checkCode(code: TileCode, i: number): void {
  const regs = [
    ...code.consts.map((c) => c.reg),
    ...code.code.map((c) => c.dst),
    ...code.stores.map((s) => s.reg),
    code.result,
  ];
  if (regs.some((r) => r < 0 || (r >= code.regs && code.regs > 0)))
    fail('plan', `step ${i} names a register it does not have`);
  const fixed = new Set(code.consts.map((c) => c.reg));
  if (code.code.some((c) => fixed.has(c.dst))) fail('plan', `step ${i} writes over a constant`);
}
