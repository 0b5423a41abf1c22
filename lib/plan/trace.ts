import type { Root } from '../device.js';
import type { Layout } from '../layout/index.js';
import type { Node } from '../ir/node.js';
import { postorder } from '../ir/postorder.js';
import { isLeaf } from '../ir/tape.js';
import { bytesFor } from '../dtype.js';
import type { Graph, GraphLeaf, GraphNode, GraphOutput } from './graph.js';

/** The recorded nodes that a run is about, before anything is made of them: enough to find a plan. */
export interface Trace {
  /** Inputs before what uses them. */
  readonly nodes: readonly Node[];
  readonly index: ReadonlyMap<Node, number>;
  /** By leaf index. */
  readonly leaves: readonly Node[];
  /** Nodes that somebody needs after the run: it settles them. */
  readonly kept: ReadonlySet<Node>;
  readonly roots: readonly Root[];
  /** How many of the leaves, from the first on, are bound at each run of a compiled program; undefined: all leaves. */
  readonly bound: number | undefined;
}

/**
 * What `roots` need. A node with more references than its consumers here is kept; reading the counts at plan time is
 * what makes a forgotten clone cost memory, never a wrong result. With `inputs` (compile), those nodes are the leaves
 * bound at each run, all other leaves are constants, and nothing is kept.
 */
export function trace(roots: readonly Root[], inputs?: readonly Node[]): Trace {
  const nodes = postorder(
    roots.flatMap((r) => (r.state ? [r.state, r.node] : [r.node])),
    isLeaf,
  );
  const index = new Map<Node, number>();
  const spare: number[] = [];
  const leaves: Node[] = inputs ? [...inputs] : [];
  for (const [i, n] of nodes.entries()) {
    index.set(n, i);
    spare.push(n.refs);
    if (!isLeaf(n)) for (const input of n.inputs) spare[index.get(input)!]--;
    else if (!inputs?.includes(n)) leaves.push(n);
  }
  const kept = new Set<Node>();
  if (!inputs) {
    for (const r of roots) {
      spare[index.get(r.node)!]--;
      if (r.form === 'keep' && !isLeaf(r.node)) kept.add(r.node);
    }
    for (const [i, n] of nodes.entries()) if (spare[i] > 0) kept.add(n);
  }
  return { nodes, index, leaves, kept, roots, bound: inputs?.length };
}

/** Nobody needs the leaf's memory after the run: a result may take it over. */
const donatable = ({ kept, bound, index }: Trace, leaf: Node): boolean =>
  bound === undefined && index.has(leaf) && !kept.has(leaf);

const shapeKeys = new WeakMap<Layout, string>();

/** Shape, and strides where they are not the row-major ones. */
function layoutKey(layout: Layout): string {
  let key = shapeKeys.get(layout);
  if (key === undefined) {
    key = layout.isRowMajor ? `[${String(layout.shape)}]` : layout.toString();
    shapeKeys.set(layout, key);
  }
  return key;
}

/**
 * A trace as text: equal keys, equal plans. Nodes are numbered in topological order and leaves keep their identity, so
 * add(x, x) is not add(x, y). The cache compares whole keys, so no hash is trusted.
 */
export function keyOf(trace: Trace): string {
  const { nodes, index, kept, roots } = trace;
  let key = '';
  for (const n of nodes) {
    if (isLeaf(n)) {
      key += `${donatable(trace, n) ? '#d' : '#'}${n.storage?.owned ? 'o' : ''}${n.storage?.bytes}`;
    } else {
      key += n.op.name;
      for (const input of n.inputs) key += `,${index.get(input)}`;
      for (const a in n.attrs) key += `;${a}=${JSON.stringify(n.attrs[a])}`;
    }
    key += `:${n.dtype}${layoutKey(n.layout)}`;
    if (n.offset !== 0) key += `+${n.offset}`;
    key += kept.has(n) ? 'k|' : '|';
  }
  for (const r of roots) if (r.form === 'array') key += `${index.get(r.node)} `;
  return key;
}

/** The graph of a trace. Outputs: the array roots in order, then the kept nodes that are not leaves, then the states. */
export function graphOf(trace: Trace): Graph {
  const { nodes, index, leaves, kept, roots, bound } = trace;
  const leafIndex = new Map(leaves.map((n, i) => [n, i]));
  const states = new Set(roots.map((r) => r.state));
  const leafOp = roots[0]?.node.device.core.ops.get('leaf');
  const graphNodes = nodes.map((n): GraphNode => {
    const { dtype, shape, layout, offset } = n;
    const place = { dtype, shape, layout, offset, kept: kept.has(n) };
    if (isLeaf(n)) return { ...place, op: leafOp!, attrs: {}, inputs: [], leaf: leafIndex.get(n)! };
    return { ...place, op: n.op, attrs: n.attrs, inputs: n.inputs.map((input) => index.get(input)!) };
  });
  const graphLeaves = leaves.map((n, i): GraphLeaf => {
    const isBound = bound !== undefined && i < bound;
    return {
      constant: bound !== undefined && !isBound,
      donatable: donatable(trace, n),
      owned: n.storage?.owned ?? false,
      bytes: states.has(n) ? bytesFor(n.dtype, n.layout.size) : isBound ? Infinity : (n.storage?.bytes ?? 0),
      state: states.has(n),
    };
  });
  const outputs: GraphOutput[] = [
    ...roots.filter((r) => r.form === 'array').map((r) => ({ node: index.get(r.node)!, form: r.form })),
    ...settledBy(trace).map((n) => ({ node: index.get(n)!, form: 'keep' as const })),
    ...roots
      .filter((r) => r.state)
      .map((r) => ({ node: index.get(r.node)!, form: r.form, leaf: leafIndex.get(r.state!)! })),
  ];
  return { nodes: graphNodes, leaves: graphLeaves, outputs };
}

/** The kept nodes to which the run gives their values. */
export const settledBy = ({ nodes, kept }: Trace): Node[] => nodes.filter((n) => kept.has(n) && !isLeaf(n));
