import type { Layout } from '../layout/index.js';
import type { Graph } from './graph.js';

const layoutKeys = new WeakMap<Layout, string>();

function layoutKey(layout: Layout): string {
  if (layout.isRowMajor) return '';
  let key = layoutKeys.get(layout);
  if (key === undefined) layoutKeys.set(layout, (key = layout.toString()));
  return key;
}

/**
 * A graph as text: equal keys, equal plans. Nodes are numbered in topological order and leaves keep their identity, so
 * add(x, x) is not add(x, y). The cache compares whole keys, so no hash is trusted.
 */
export function keyOf(graph: Graph): string {
  let key = '';
  for (const n of graph.nodes) {
    key += n.op.name;
    if (n.leaf !== undefined) {
      const leaf = graph.leaves[n.leaf]!;
      key += `#${n.leaf}${leaf.donatable ? 'd' : ''}${leaf.owned ? 'o' : ''}${leaf.bytes}`;
    }
    for (const i of n.inputs) key += `,${i}`;
    for (const a in n.attrs) key += `;${a}=${JSON.stringify(n.attrs[a])}`;
    key += `:${n.dtype}[${n.shape.join()}]${layoutKey(n.layout)}${n.offset || ''}${n.kept ? 'k' : ''}|`;
  }
  for (const o of graph.outputs) key += `${o.form}${o.node} `;
  return key;
}
