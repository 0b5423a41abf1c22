import { bytesFor } from '../../dtype.js';
import { GraphWriter, type Graph, type GraphNode, type GraphOutput } from '../graph.js';
import type { Pass } from './index.js';

/**
 * The next value of a state is written where the last one lies. A routine that starts from a copy of the state which
 * nobody else reads (`cache.scatter(...)`) works on it in place. Anything else is computed elsewhere first, and copied
 * when all steps have read the old value (see lower).
 */
export const states: Pass = (graph, ops) => {
  if (graph.outputs.every((o) => o.form !== 'state')) return graph;
  const readers = readersOf(graph);
  const copies = graph.outputs.map((o) => (o.form === 'state' ? copyOf(graph, o, readers) : undefined));
  const writer = new GraphWriter(graph, ops);
  graph.nodes.forEach((node, i) => {
    const made = copies.includes(i) ? writer.ref(writer.map[node.inputs[0]]) : writer.keep(node);
    writer.map.push(made.index);
  });
  const outputs = graph.outputs.map((o, i): GraphOutput => {
    const value = writer.ref(writer.map[o.node]);
    if (o.form !== 'state' || copies[i] !== undefined) return { ...o, node: value.index };
    const root = graph.nodes[rootOf(graph, o.node)];
    const lies = root.leaf === undefined || (root.leaf === o.leaf && isWhole(value));
    if (lies) return { ...o, node: value.index };
    return { ...o, node: writer.op(value.layout.isRowMajor ? 'copy' : 'contiguous', [value]).index };
  });
  return { ...writer.finish(), outputs };
};

const isWhole = (n: GraphNode): boolean => n.layout.isRowMajor && n.offset === 0;

/** The node whose memory a value lies in, views aside. */
function rootOf({ nodes }: Graph, index: number): number {
  let i = index;
  while (nodes[i].op.kind === 'move') i = nodes[i].inputs[0]!;
  return i;
}

/** How many nodes and outputs read each node, through views or not. */
function readersOf(graph: Graph): Uint32Array {
  const readers = new Uint32Array(graph.nodes.length);
  for (const n of graph.nodes)
    if (n.op.kind !== 'move') for (const input of n.inputs) readers[rootOf(graph, input)]++;
  for (const o of graph.outputs) readers[rootOf(graph, o.node)]++;
  return readers;
}

/** The copy of its state that an output starts from, if leaving it out changes nothing that anybody sees. */
function copyOf(graph: Graph, output: GraphOutput, readers: Uint32Array): number | undefined {
  const { nodes, leaves } = graph;
  const routine = nodes[rootOf(graph, output.node)];
  if (routine.op.kind !== 'routine' || routine.op.startsFrom === undefined) return undefined;
  const copy = rootOf(graph, routine.inputs[routine.op.startsFrom]);
  if (nodes[copy].op.name !== 'copy' || readers[copy] !== 1) return undefined;
  const seen = nodes[nodes[copy].inputs[0]];
  const root = rootOf(graph, nodes[copy].inputs[0]);
  const all = [seen, nodes[output.node]].every(
    (n) => isWhole(n) && bytesFor(n.dtype, n.layout.size) === leaves[output.leaf!].bytes,
  );
  return all && nodes[root].leaf === output.leaf && readers[root] === 1 ? copy : undefined;
}
