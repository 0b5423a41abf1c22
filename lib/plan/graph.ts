import type { DType } from '../dtype.js';
import type { Form } from '../device.js';
import { infer, type Value } from '../ir/infer.js';
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
  /** Memory that the run may write: it is found as one run left it by the next. */
  readonly state: boolean;
}

export interface GraphOutput {
  readonly node: number;
  readonly form: Form;
  /** For a state: the leaf that it replaces. */
  readonly leaf?: number;
}

/** Nodes in topological order, and what is wanted of them. Passes map one to another. */
export interface Graph {
  readonly nodes: readonly GraphNode[];
  readonly leaves: readonly GraphLeaf[];
  readonly outputs: readonly GraphOutput[];
}

/** A value inside a graph under construction. */
export type Ref = GraphNode & { readonly index: number };

/** Writes a new graph from an old one, inferring whatever it adds. */
export class GraphWriter implements Builder<Ref> {
  readonly nodes: GraphNode[] = [];
  /** Old index -> new index. */
  readonly map: number[] = [];
  #copies = 0;

  constructor(
    readonly source: Graph,
    readonly ops: ReadonlyMap<string, Op>,
  ) {}

  ref(index: number): Ref {
    return { ...this.nodes[index], index };
  }

  /** Adds an op over new values. Copies get a number of their own, so that none is merged with another. */
  op(name: string, inputs: readonly Ref[], attrs: Attrs = {}): Ref {
    const op = this.ops.get(name);
    if (!op) throw new Error(`no op named ${name}`);
    const own = name === 'copy' ? { ...attrs, copy: ++this.#copies } : attrs;
    return this.push({
      op,
      attrs: own,
      inputs: inputs.map((i) => i.index),
      kept: false,
      ...inferred(op, inputs, own),
    });
  }

  scalar(value: number, dtype: DType): Ref {
    return this.op('full', [], { value: jsonNumber(value), dtype, shape: [] });
  }

  push(node: GraphNode): Ref {
    return { ...node, index: this.nodes.push(node) - 1 };
  }

  /** Copies an old node over its new inputs. */
  keep(node: GraphNode): Ref {
    const inputs = node.inputs.map((i) => this.map[i]);
    if (node.inputs.length === 0) return this.push(node);
    return this.push({
      ...node,
      inputs,
      ...inferred(
        node.op,
        inputs.map((i) => this.nodes[i]),
        node.attrs,
      ),
    });
  }

  /** The new graph, after every old node got its place in `map`. `kept` follows values to their new nodes. */
  finish(): Graph {
    const { source, map } = this;
    source.nodes.forEach((n, i) => {
      const to = this.nodes[map[i]];
      if (n.kept && !to.kept) this.nodes[map[i]] = { ...to, kept: true };
    });
    return {
      nodes: this.nodes,
      leaves: source.leaves,
      outputs: source.outputs.map((o) => ({ ...o, node: map[o.node] })),
    };
  }
}

function inferred(op: Op, inputs: readonly Value[], attrs: Attrs): Meta & { layout: Layout; offset: number } {
  const { dtype, layout, offset } = infer(op, inputs, attrs);
  const shape = op.infer(inputs, attrs).shape;
  return { dtype, shape, layout, offset };
}

/** A pass that looks at every node in order: `visit` says which new value stands for it. */
export function rewrite(
  graph: Graph,
  ops: ReadonlyMap<string, Op>,
  visit: (node: GraphNode, writer: GraphWriter) => Ref,
): Graph {
  const writer = new GraphWriter(graph, ops);
  for (const node of graph.nodes) writer.map.push(visit(node, writer).index);
  return writer.finish();
}
