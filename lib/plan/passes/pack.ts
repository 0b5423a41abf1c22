import { viewOf } from '../../ir/units.js';
import { plainDims } from '../views.js';
import { rewrite, type GraphNode, type GraphWriter, type Ref } from '../graph.js';
import type { Pass } from './index.js';

/** Puts a packed copy wherever a view cannot be said as a layout, or a kernel cannot take the layout it would get. */
export const pack: Pass = (graph, ops) =>
  rewrite(graph, ops, (node, writer) => {
    const inputs = node.inputs.map((i) => writer.ref(writer.map[i]));
    const packed = inputs.map((input, i) =>
      accepts(node, i, input) ? input : writer.op('contiguous', [input]),
    );
    if (packed.every((p, i) => p === inputs[i])) return writer.keep(node);
    return relay(node, packed, writer);
  });

function accepts(node: GraphNode, i: number, input: Ref): boolean {
  const { op } = node;
  if (op.kind === 'move') return viewOf(op, input, node, node.attrs) !== null;
  if (op.kind !== 'routine') return true;
  switch (op.form) {
    case 'matmul':
    case 'axes':
      return plainDims(input) !== null;
    case 'index':
    case 'decode':
      return i === 1 || plainDims(input) !== null; // the indices may lie anyhow
    case 'host':
      return input.layout.isRowMajor && input.offset === 0;
    default:
      return true;
  }
}

function relay(node: GraphNode, inputs: readonly Ref[], writer: GraphWriter): Ref {
  return writer.op(node.op.name, inputs, node.attrs);
}
