import { GraphWriter } from '../graph.js';
import type { Pass } from './index.js';

/** Leaves out what no output needs. */
export const prune: Pass = (graph, ops) => {
  const live = new Uint8Array(graph.nodes.length);
  for (const { node } of graph.outputs) live[node] = 1;
  graph.nodes.forEach((n, i) => {
    if (n.leaf !== undefined && graph.leaves[n.leaf].state) live[i] = 1;
  });
  for (let i = graph.nodes.length - 1; i >= 0; i--)
    if (live[i]) for (const input of graph.nodes[i].inputs) live[input] = 1;
  if (live.every((x) => x)) return graph;
  const writer = new GraphWriter(graph, ops);
  graph.nodes.forEach((node, i) => writer.map.push(live[i] ? writer.keep(node).index : 0));
  return {
    ...graph,
    nodes: writer.nodes,
    outputs: graph.outputs.map((o) => ({ ...o, node: writer.map[o.node] })),
  };
};
