import { bytesFor } from '../../dtype.js';
import { GraphWriter, type Graph, type GraphNode } from '../graph.js';
import type { Pass } from './index.js';

/**
 * What a run hands out as an array must be compact, row-major and nobody else's: a copy is added where it is a view, is
 * kept on the device too, is handed out twice, or is memory that the run may not give away.
 */
export const results: Pass = (graph, ops) => {
  const writer = new GraphWriter(graph, ops);
  for (const node of graph.nodes) writer.map.push(writer.keep(node).index);
  const given = new Set<number>();
  const outputs = graph.outputs.map((output) => {
    if (output.form !== 'array') return { ...output, node: writer.map[output.node] };
    const index = writer.map[output.node];
    const owner = ownerOf(graph, output.node);
    const node = writer.nodes[index];
    const plain =
      node.layout.isRowMajor &&
      node.offset === 0 &&
      owner !== undefined &&
      !given.has(owner) &&
      canGive(graph, owner, node);
    if (plain) {
      given.add(owner);
      return { ...output, node: index };
    }
    return {
      ...output,
      node: writer.op(node.layout.isRowMajor ? 'copy' : 'contiguous', [writer.ref(index)]).index,
    };
  });
  return { ...writer.finish(), outputs };
};

/** The node whose memory a value lies in, if views lead to it. */
function ownerOf(graph: Graph, index: number): number {
  let i = index;
  while (graph.nodes[i].op.kind === 'move') i = graph.nodes[i].inputs[0]!;
  return i;
}

/** Whether the view is all of the owner's memory, and the run may give that memory away. */
function canGive(graph: Graph, owner: number, view: GraphNode): boolean {
  const node = graph.nodes[owner];
  if (keptThrough(graph, owner)) return false;
  const bytes = bytesFor(view.dtype, view.layout.size);
  if (node.leaf === undefined) return bytesFor(node.dtype, node.layout.size) === bytes;
  const leaf = graph.leaves[node.leaf];
  return leaf.donatable && leaf.owned && leaf.bytes === bytes;
}

/** Whether a value, or a view of it, is kept on the device. */
function keptThrough(graph: Graph, owner: number): boolean {
  return graph.nodes.some((n, i) => n.kept && ownerOf(graph, i) === owner);
}
