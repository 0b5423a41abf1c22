/** The passes, in the order in which they run. Each is a pure function from graph to graph that can be printed and checked. */
import type { Op } from '../../ir/op.js';
import type { Graph } from '../graph.js';
import { cse } from './cse.js';
import { expand } from './expand.js';
import { fold } from './fold.js';
import { pack } from './pack.js';
import { prune } from './prune.js';
import { results } from './results.js';
import { states } from './states.js';

export type Pass = (graph: Graph, ops: ReadonlyMap<string, Op>) => Graph;

export const passes: readonly (readonly [name: string, pass: Pass])[] = [
  ['expand', expand],
  ['fold', fold],
  ['cse', cse],
  ['results', results],
  ['states', states],
  ['pack', pack],
  ['prune', prune],
];
