import type { DType } from '../dtype.js';
import type { Form, Root } from '../device.js';
import { infer, type Value } from '../ir/infer.js';
import type { Node } from '../ir/node.js';
import { postorder } from '../ir/postorder.js';
import { isLeaf } from '../ir/tape.js';
import type { Attrs, Builder, Meta, Op } from '../ir/op.js';
import type { Layout } from '../layout/index.js';
import { jsonNumber } from '../ops/elementwise.js';

/** A node of a graph: like a recorded Node, but its inputs are indices and nothing in it is tied to a device. */
export interface GraphNode extends Value {
  readonly op: Op;
  readonly inputs: readonly number[];
  readonly attrs: Attrs;
  /** Index into `Graph.leaves`, for leaves. */
  readonly leaf?: number;
  /** Somebody outside the graph needs the value after the run. */
  readonly kept: boolean;
}

export interface GraphLeaf {
  /** Bound once when the plan is prepared, not at every run. */
  readonly constant: boolean;
  /** Nobody needs the leaf's memory after the run: a result may take it over. */
  readonly donatable: boolean;
  /** The device's own memory; what the user lent is only read, whoever may take over its slot. */
  readonly owned: boolean;
  /** Bytes of the memory that may be read. */
  readonly bytes: number;
}

export interface GraphOutput {
  readonly node: number;
  readonly form: Form;
}

/** Nodes in topological order, and what is wanted of them. Passes map one to another. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly leaves: readonly GraphLeaf[];
  readonly outputs: readonly GraphOutput[];
}

/** A graph together with the recorded nodes it came from. */
export interface Traced {
  readonly graph: Graph;
  /** By leaf index. */
  readonly leaves: readonly Node[];
  /** Nodes that will be settled by the run; their outputs follow those of the roots. */
  readonly kept: readonly Node[];
}

/**
 * The graph of what `roots` need. A node with more references than its consumers here is kept; reading the counts at
 * plan time is what makes a forgotten clone cost memory, never a wrong result. With `inputs` (compile), those nodes are
 * the leaves bound at each run, all other leaves are constants, and nothing is kept.
 */
export function trace(roots: readonly Root[], inputs?: readonly Node[]): Traced {
  const order = postorder(roots.map((r) => r.node), isLeaf);
  const index = new Map<Node, number>(order.map((n, i) => [n, i]));
  const spare = order.map((n) => n.refs);
  for (const n of order) if (!n.storage) for (const input of n.inputs) spare[index.get(input)!]!--;
  for (const r of roots) spare[index.get(r.node)!]!--;

  const leaves: Node[] = inputs ? [...inputs] : [];
  const kept: Node[] = [];
  const nodes = order.map((n, i): GraphNode => {
    const base = { op: n.op, attrs: n.attrs, dtype: n.dtype, shape: n.shape, layout: n.layout, offset: n.offset };
    if (isLeaf(n)) {
      let leaf = inputs ? inputs.indexOf(n) : -1;
      if (leaf < 0) leaf = leaves.push(n) - 1;
      return { ...base, op: leafOp(n, roots), attrs: {}, inputs: [], leaf, kept: !inputs && spare[i]! > 0 };
    }
    const keep = !inputs && (spare[i]! > 0 || roots.some((r) => r.node === n && r.form === 'keep'));
    if (keep) kept.push(n);
    return { ...base, inputs: n.inputs.map((input) => index.get(input)!), kept: keep };
  });
  const outputs: GraphOutput[] = [
    ...roots.filter((r) => r.form === 'array').map((r): GraphOutput => ({ node: index.get(r.node)!, form: 'array' })),
    ...kept.map((n): GraphOutput => ({ node: index.get(n)!, form: 'keep' })),
  ];
  const graphLeaves = leaves.map((n, i): GraphLeaf => {
    const node = nodes[index.get(n) ?? -1];
    const bytes = n.storage?.bytes ?? Infinity;
    return inputs && i < inputs.length
      ? { constant: false, donatable: false, owned: false, bytes: Infinity }
      : { constant: inputs !== undefined, donatable: !inputs && node !== undefined && !node.kept, owned: n.storage?.owned ?? false, bytes };
  });
  return { graph: { nodes, leaves: graphLeaves, outputs }, leaves, kept };
}

/** The record of op `leaf`, whatever computed the value once. */
function leafOp(node: Node, roots: readonly Root[]): Op {
  return roots[0]!.node.device.core.ops.get('leaf') ?? node.op;
}

/** A value inside a graph under construction. */
export type Ref = GraphNode & { readonly index: number };

/** Writes a new graph from an old one, inferring whatever it adds. */
export class GraphWriter implements Builder<Ref> {
  readonly nodes: GraphNode[] = [];
  /** Old index -> new index. */
  readonly map: number[] = [];
  #copies = 0;

  constructor(readonly source: Graph, readonly ops: ReadonlyMap<string, Op>) {}

  ref(index: number): Ref {
    return { ...this.nodes[index]!, index };
  }

  /** Adds an op over new values. Copies get a number of their own, so that none is merged with another. */
  op(name: string, inputs: readonly Ref[], attrs: Attrs = {}): Ref {
    const op = this.ops.get(name);
    if (!op) throw new Error(`no op named ${name}`);
    const own = name === 'copy' ? { ...attrs, copy: ++this.#copies } : attrs;
    return this.push({ op, attrs: own, inputs: inputs.map((i) => i.index), kept: false, ...inferred(op, inputs, own) });
  }

  scalar(value: number, dtype: DType): Ref {
    return this.op('full', [], { value: jsonNumber(value), dtype, shape: [] });
  }

  push(node: GraphNode): Ref {
    return { ...node, index: this.nodes.push(node) - 1 };
  }

  /** Copies an old node over its new inputs. */
  keep(node: GraphNode): Ref {
    const inputs = node.inputs.map((i) => this.map[i]!);
    if (node.inputs.length === 0) return this.push(node);
    return this.push({ ...node, inputs, ...inferred(node.op, inputs.map((i) => this.nodes[i]!), node.attrs) });
  }

  /** The new graph, after every old node got its place in `map`. `kept` follows values to their new nodes. */
  finish(): Graph {
    const { source, map } = this;
    source.nodes.forEach((n, i) => {
      const to = this.nodes[map[i]!]!;
      if (n.kept && !to.kept) this.nodes[map[i]!] = { ...to, kept: true };
    });
    return { nodes: this.nodes, leaves: source.leaves, outputs: source.outputs.map((o) => ({ ...o, node: map[o.node]! })) };
  }
}

function inferred(op: Op, inputs: readonly Value[], attrs: Attrs): Meta & { layout: Layout; offset: number } {
  const { dtype, layout, offset } = infer(op, inputs, attrs);
  const shape = op.infer(inputs, attrs).shape;
  return { dtype, shape, layout, offset };
}

/** A pass that looks at every node in order: `visit` says which new value stands for it. */
export function rewrite(graph: Graph, ops: ReadonlyMap<string, Op>, visit: (node: GraphNode, writer: GraphWriter) => Ref): Graph {
  const writer = new GraphWriter(graph, ops);
  for (const node of graph.nodes) writer.map.push(visit(node, writer).index);
  return writer.finish();
}
