import type { Graph, GraphNode } from './graph.js';

/** A graph as text, a line a node; the golden tests of the passes compare it. */
export function printGraph(graph: Graph): string {
  const lines = graph.nodes.map((n, i) => {
    const attrs = Object.entries(n.attrs)
      .map(([k, v]) => ` ${k}=${JSON.stringify(v)}`)
      .join('');
    return `%${i} = ${n.op.name}${n.inputs.map((x, k) => `${k ? ',' : ''} %${x}`).join('')}${attrs} : ${place(n)}${n.leaf !== undefined ? leafText(graph, n.leaf) : ''}${n.kept ? ' kept' : ''}`;
  });
  return [...lines, `return ${graph.outputs.map((o) => `%${o.node} ${o.form}`).join(', ')}`].join('\n');
}

const place = (n: GraphNode): string =>
  `${n.dtype} [${n.shape.join(', ')}]${n.layout.isRowMajor ? '' : ` ${n.layout}`}${n.offset ? ` + ${n.offset}` : ''}`;

function leafText(graph: Graph, leaf: number): string {
  const { constant, donatable, owned } = graph.leaves[leaf];
  return ` #${leaf}${constant ? ' constant' : ''}${donatable ? ' consumed' : ''}${owned ? ' owned' : ''}`;
}
