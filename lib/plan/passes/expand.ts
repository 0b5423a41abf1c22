import { rewrite, type GraphNode, type GraphWriter, type Ref } from '../graph.js';
import type { Pass } from './index.js';

/** Composite ops become what they are made of; what they promise, a row-major result, holds afterwards too. */
export const expand: Pass = (graph, ops) =>
  rewrite(graph, ops, (node, writer) => {
    if (node.op.kind !== 'composite') return writer.keep(node);
    return expandNode(
      node,
      node.inputs.map((i) => writer.ref(writer.map[i])),
      writer,
    );
  });

function expandNode(node: GraphNode, inputs: readonly Ref[], writer: GraphWriter): Ref {
  if (node.op.kind !== 'composite') throw new Error(`${node.op.name} is not composite`);
  // A composite made of composites expands all the way: the builder it is given expands what it is told to add.
  const builder = {
    scalar: writer.scalar.bind(writer),
    op: (name: string, args: readonly Ref[], attrs = {}): Ref => {
      const op = writer.ops.get(name);
      return op?.kind === 'composite'
        ? expandNode({ ...node, op, attrs }, args, writer)
        : writer.op(name, args, attrs);
    },
  };
  const result = node.op.expand<Ref>(builder, inputs, node.attrs);
  return result.layout.isRowMajor && result.offset === 0 ? result : writer.op('contiguous', [result]);
}
