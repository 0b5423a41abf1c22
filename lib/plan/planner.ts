import { debug, fuseEnabled, verifyEnabled } from '../env.js';
import type { Op } from '../ir/op.js';
import { fuse } from './fuse.js';
import type { Graph } from './graph.js';
import { lower } from './lower.js';
import { planMemory } from './memory.js';
import { passes } from './passes/index.js';
import { printPlan, printTile, type Plan } from './plan.js';
import { printGraph } from './print.js';
import { TooManyRegisters } from './tile.js';
import { verifyGraph, verifyPlan } from './verify.js';

/** Nodes that one step may hold; halved when a step runs out of registers or slots, 1 without fusion. */
const FUSE_LIMIT = 48;

/** Graph -> passes -> clusters -> steps -> slots. `mostSlots`: how many a step may touch. */
export function makePlan(graph: Graph, ops: ReadonlyMap<string, Op>, mostSlots = Infinity): Plan {
  debug(1, () => `graph\n${printGraph(graph)}`);
  let g = graph;
  for (const [name, pass] of passes) {
    g = pass(g, ops);
    if (verifyEnabled()) verifyGraph(g, name);
  }
  const plan = planFused(g, fuseEnabled() ? FUSE_LIMIT : 1, mostSlots);
  if (verifyEnabled()) verifyPlan(plan);
  debug(2, () => `plan\n${printPlan(plan)}`);
  debug(3, () =>
    plan.steps
      .map(
        (s, i) =>
          `step ${i}: ${[s.prologue, s.epilogue]
            .map((c) => c && printTile(c))
            .filter(Boolean)
            .join('\n  then ')}`,
      )
      .join('\n'),
  );
  return plan;
}

function planFused(graph: Graph, limit: number, mostSlots: number): Plan {
  try {
    const plan = planMemory(graph, lower(graph, fuse(graph, limit)));
    const most = Math.max(...plan.steps.map((s) => new Set([...s.reads, ...s.writes]).size));
    if (most <= mostSlots || limit === 1) return plan;
  } catch (error) {
    if (!(error instanceof TooManyRegisters) || limit === 1) throw error;
  }
  return planFused(graph, limit >> 1, mostSlots);
}
