/** The memory plan: a slot for every buffer, slots shared by lifetime, results over memory that nobody needs any more. */
import type { Graph, GraphOutput } from './graph.js';
import type { Draft, Lowered } from './lower.js';
import { IOTA, type Operand, type Plan, type Slot, type Step, type TileCode } from './plan.js';
import { elementsOf } from './views.js';

interface Life {
  first: number;
  last: number;
}

const ALIGN = 64;
const roundUp = (bytes: number): number => Math.ceil(bytes / ALIGN) * ALIGN;

export function planMemory(graph: Graph, { drafts, owner, bytes }: Lowered): Plan {
  const { nodes, leaves } = graph;
  const ownerThroughViews = (index: number): number => {
    let i = index;
    while (nodes[i].op.kind === 'move') i = nodes[i].inputs[0]!;
    return owner(i);
  };
  // JavaScript kernels split a plan into programs: what passes between them lies in buffers of its own.
  const isolated = drafts.some((d) => d.host);
  const stateNode = (leaf: number): number => nodes.findIndex((n) => n.leaf === leaf);
  const results = new Set([
    ...graph.outputs.map((o) => (o.leaf === undefined ? ownerThroughViews(o.node) : stateNode(o.leaf))),
    ...(isolated ? drafts.flatMap((d) => d.writes) : []),
  ]);
  const life = lifetimes(drafts, results);

  const slots: (Slot & { last: number; bytes: number })[] = leaves.map((leaf) => ({
    kind: leaf.state ? 'output' : 'input',
    bytes: leaf.bytes,
    first: -1,
    last: -1,
  }));
  const slotOf = new Map<number, number>();
  nodes.forEach((n, i) => {
    if (n.leaf !== undefined) slotOf.set(i, n.leaf);
  });
  for (const [node, { last }] of life) {
    const slot = slotOf.get(node);
    if (slot !== undefined) slots[slot].last = Math.max(slots[slot].last, last);
  }
  for (const o of results) {
    const slot = slotOf.get(o);
    if (slot !== undefined) slots[slot].last = drafts.length;
  }

  const taken = new Set<number>();
  const inPlace = new Set<number>();
  drafts.forEach((draft, i) => {
    for (const w of draft.writes) {
      if (slotOf.has(w)) continue;
      const { first, last } = life.get(w)!;
      const size = bytes(w);
      const result = results.has(w);
      const over = overwritable(draft, w, i).find(
        (s) => slots[s].last === i && !taken.has(s) && fits(s, size, result),
      );
      if (!result && over !== undefined && slots[over].kind === 'temp') {
        slotOf.set(w, over);
        slots[over].last = last;
        inPlace.add(i);
        continue;
      }
      if (!result) {
        slotOf.set(
          w,
          reuse(i, size, last) ?? slots.push({ kind: 'temp', bytes: roundUp(size), first, last }) - 1,
        );
        continue;
      }
      const donor =
        over ??
        slots.findIndex((s, k) => s.kind === 'input' && !taken.has(k) && fits(k, size, true) && s.last < i);
      if (donor >= 0) taken.add(donor);
      if (over !== undefined) inPlace.add(i);
      slotOf.set(
        w,
        slots.push({
          kind: 'output',
          bytes: size,
          first,
          last: drafts.length,
          ...(donor >= 0 && { donor }),
        }) - 1,
      );
    }
  });

  // What has no elements is read by folds over nothing, and written by nobody.
  for (const o of new Set(drafts.flatMap(touched))) {
    if (!slotOf.has(o))
      slotOf.set(o, slots.push({ kind: 'temp', bytes: 0, first: -1, last: drafts.length }) - 1);
  }

  const steps = drafts.map((draft, i) => toStep(draft, slotOf, inPlace.has(i)));
  const outputs = graph.outputs.map((o) => outputOf(o));
  return {
    slots,
    steps,
    outputs,
    inputs: leaves.flatMap(({ constant, donatable, state }, slot) =>
      state ? [] : [{ slot, constant, donatable }],
    ),
  };

  /** Whether a slot may be written over by a value of `size` bytes. */
  function fits(slot: number, size: number, result: boolean): boolean {
    const s = slots[slot];
    if (s.kind === 'input') return result && !isolated && leaves[slot].donatable && s.bytes === size;
    return s.kind === 'temp' && !result && s.bytes >= size;
  }

  /** Slots that the step reads only where, and only as, it writes `w`: element by element, in the same order. */
  function overwritable(draft: Draft, w: number, step: number): number[] {
    if (!(draft.kernel === 'map' || draft.kernel.startsWith('rows.'))) return [];
    const codes = [draft.prologue, draft.epilogue].filter((c): c is TileCode => c !== undefined);
    const all = codes.flatMap((c) => c.operands);
    const targets = all.filter((o) => o.slot === w);
    const found = new Set<number>();
    for (const o of all) {
      if (o.slot === w || o.slot === IOTA || draft.writes.includes(o.slot)) continue;
      const slot = slotOf.get(o.slot);
      if (slot === undefined) continue;
      const windows = all.filter(
        (p) => p.slot !== IOTA && slotOf.get(p.slot) === slot && !draft.writes.includes(p.slot),
      );
      if (targets.length === 1 && windows.every((p) => sameWindow(p, targets[0])) && step >= 0)
        found.add(slot);
    }
    return [...found];
  }

  /** The best temp whose values are all dead before the step. */
  function reuse(step: number, size: number, last: number): number | undefined {
    let best: number | undefined;
    slots.forEach((s, i) => {
      if (
        s.kind === 'temp' &&
        s.last < step &&
        s.bytes >= size &&
        (best === undefined || s.bytes < slots[best].bytes)
      )
        best = i;
    });
    if (best !== undefined) slots[best].last = last;
    return best;
  }

  function outputOf({ node, form, leaf }: GraphOutput): Plan['outputs'][number] {
    const value = nodes[node];
    const at = leaf === undefined ? ownerThroughViews(node) : stateNode(leaf);
    let slot = slotOf.get(at);
    if (slot === undefined) {
      // nothing to compute: no elements
      slot = slots.push({ kind: 'output', bytes: bytes(at), first: 0, last: drafts.length }) - 1;
      slotOf.set(at, slot);
    }
    return { slot, form, dtype: value.dtype, elements: elementsOf(value) };
  }
}

const sameWindow = (a: Operand, b: Operand): boolean =>
  a.dtype === b.dtype &&
  a.offset === b.offset &&
  a.sizes.join() === b.sizes.join() &&
  a.strides.join() === b.strides.join();

/** Every slot-like owner that a draft touches: first write, last touch. */
function lifetimes(drafts: readonly Draft[], results: ReadonlySet<number>): Map<number, Life> {
  const life = new Map<number, Life>();
  drafts.forEach((draft, i) => {
    for (const o of [...touched(draft), ...draft.writes]) {
      const known = life.get(o);
      if (known) known.last = i;
      else life.set(o, { first: i, last: i });
    }
  });
  for (const r of results) {
    const known = life.get(r);
    if (known) known.last = drafts.length;
  }
  return life;
}

function operandsOf(draft: Pick<Draft, 'operands' | 'prologue' | 'epilogue'>): Operand[] {
  return [...draft.operands, ...(draft.prologue?.operands ?? []), ...(draft.epilogue?.operands ?? [])].filter(
    (o) => o.slot !== IOTA,
  );
}
const touched = (draft: Draft): number[] => operandsOf(draft).map((o) => o.slot);

function toStep(draft: Draft, slotOf: ReadonlyMap<number, number>, inPlace: boolean): Step {
  const place = (o: Operand): Operand => (o.slot === IOTA ? o : { ...o, slot: slotOf.get(o.slot)! });
  const code = (c?: TileCode): TileCode | undefined => c && { ...c, operands: c.operands.map(place) };
  const { op, kernel, ints, floats, operands, prologue, epilogue, host } = draft;
  const writes = [...new Set(draft.writes.map((w) => slotOf.get(w)!))];
  const stored = new Set(draft.writes);
  const reads = [
    ...new Set(
      operandsOf(draft)
        .filter((o) => !stored.has(o.slot))
        .map((o) => slotOf.get(o.slot)!),
    ),
  ];
  return {
    op,
    kernel,
    ints,
    floats,
    operands: operands.map(place),
    prologue: code(prologue),
    epilogue: code(epilogue),
    reads,
    writes,
    inPlace,
    host,
  };
}
