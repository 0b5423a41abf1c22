import { rewrite } from '../graph.js';
import type { Pass } from './index.js';

/** Common subexpressions: the same op over the same values with the same attributes is computed once. */
export const cse: Pass = (graph, ops) => {
  const seen = new Map<string, number>();
  return rewrite(graph, ops, (node, writer) => {
    if (node.op.kind === 'leaf' || (node.op.kind === 'routine' && node.op.form === 'host'))
      return writer.keep(node);
    const key = `${node.op.name}(${node.inputs.map((i) => writer.map[i]).join()})${JSON.stringify(node.attrs)}`;
    const known = seen.get(key);
    if (known !== undefined) return writer.ref(known);
    const made = writer.keep(node);
    seen.set(key, made.index);
    return made;
  });
};
