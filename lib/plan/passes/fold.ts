import { kindOf, type DType } from '../../dtype.js';
import { evaluate } from '../../ir/scalar.js';
import { jsonNumber, numberOf } from '../../ops/elementwise.js';
import { rewrite, type GraphNode, type GraphWriter } from '../graph.js';
import type { Pass } from './index.js';

/**
 * Constants folded, and copies of what already lies as wanted left out. Float arithmetic, comparisons and logic fold (in
 * float64, rounded to the dtype); integer arithmetic is left to the kernels, which know how it wraps.
 */
export const fold: Pass = (graph, ops) =>
  rewrite(graph, ops, (node, writer) => {
    const { op } = node;
    if (op.name === 'contiguous') {
      const input = writer.ref(writer.map[node.inputs[0]]);
      if (input.layout.isRowMajor && input.offset === 0 && input.op.kind !== 'leaf') return input;
    }
    if (op.kind === 'scalar' && node.inputs.length > 0 && op.name !== 'copy') {
      const values = node.inputs.map((i) => constantOf(writer, writer.map[i]));
      const value = values.every((v) => v !== undefined) ? foldScalar(node, values, writer) : undefined;
      if (value !== undefined)
        return writer.op('full', [], { value: jsonNumber(value), dtype: node.dtype, shape: [...node.shape] });
    }
    return writer.keep(node);
  });

/** The number that a value is in every element, seen through views. */
function constantOf(writer: GraphWriter, index: number): number | undefined {
  for (let n = writer.nodes[index]; ; n = writer.nodes[n.inputs[0]]!) {
    if (n.op.name === 'full') return numberOf(n.attrs.value);
    if (n.op.kind !== 'move' || n.op.name === 'cast') return undefined;
  }
}

function foldScalar(node: GraphNode, values: number[], writer: GraphWriter): number | undefined {
  if (node.op.kind !== 'scalar') return undefined;
  const inputs = node.inputs.map((i) => writer.nodes[writer.map[i]]);
  const float = (d: DType): boolean => kindOf(d) === 'float';
  if (!(float(node.dtype) || node.dtype === 'bool')) return undefined;
  if (node.op.name === 'to' && node.dtype === 'bool') return undefined;
  if (
    node.dtype !== 'bool' &&
    node.op.name !== 'to' &&
    !inputs.every((i) => float(i.dtype) || i.dtype === 'bool')
  )
    return undefined;
  return round(evaluate(node.op.expr(node.attrs, inputs), values), node.dtype);
}

const round = (value: number, dtype: DType): number | undefined => {
  if (dtype === 'f16' || dtype === 'bf16' || dtype === 'f16x4') return undefined; // kernels round those
  return dtype === 'f32' || dtype === 'f32x4' ? Math.fround(value) : value;
};
