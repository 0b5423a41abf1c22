/**
 * Which nodes share a step. A cluster is one future step: at most one anchor (a reduction, a row function, a product),
 * elementwise nodes before it (its prologue) and after it (its epilogue), or elementwise nodes alone. Nodes are visited
 * consumers first, so that when a node is asked where it belongs, everything that uses it has been placed.
 */
import type { Op } from '../ir/op.js';
import { castKeepsLanes } from '../ops/movement.js';
import type { Graph, GraphNode } from './graph.js';
import { broadcastMove, follow, moveOf, pathKey, type Move } from './views.js';

/** Where inside a cluster a member is computed: in the domain of the anchor's input, or of the cluster's result. */
type Zone = 'before' | 'after';

export interface Member {
  readonly cluster: Cluster;
  readonly zone: Zone;
  /** Views from the member's own shape to the zone's domain. */
  readonly path: readonly Move[];
}

export interface Cluster {
  readonly root: number;
  anchor: number | undefined;
  readonly members: number[];
  /** Members whose value goes to memory. */
  readonly stores: number[];
}

/** An edge of the graph without its views: `consumer` takes the value as its input `input`, seen through `moves`. */
interface Use {
  readonly consumer: number;
  readonly moves: readonly Move[];
}

export interface Fusion {
  /** In an order in which they can run. */
  readonly clusters: readonly Cluster[];
  readonly member: ReadonlyMap<number, Member>;
  source(index: number, consumerShape?: readonly number[]): { node: number; moves: readonly Move[] };
}

const MAX_PATH = 16;

/** What needs no memory and is computed wherever it is used. */
export const isFree = (op: Op): boolean => op.name === 'full' || op.kind === 'iota';
const anchors = (op: Op): boolean =>
  op.kind === 'reduce' || (op.kind === 'routine' && ['rows', 'matmul', 'decode'].includes(op.form));
const takesPrologue = (op: Op): boolean =>
  op.kind === 'reduce' || (op.kind === 'routine' && (op.form === 'rows' || op.form === 'pick'));

/** Whether the inputs of an op are computed in its step, by tile code; other kernels find them in memory. */
const computes = (op: Op): boolean => op.kind === 'scalar' || takesPrologue(op);

export function fuse(graph: Graph, limit: number): Fusion {
  const { nodes } = graph;
  const member = new Map<number, Member>();
  const clusters: Cluster[] = [];
  const uses = new Map<number, Use[]>();
  const must = new Set<number>();

  /** The computed node behind an edge and the views between, ending in the consumer's shape for elementwise consumers. */
  const source = (index: number, shape?: readonly number[]): { node: number; moves: readonly Move[] } => {
    const moves: Move[] = [];
    let i = index;
    for (; nodes[i].op.kind === 'move'; i = nodes[i].inputs[0]!)
      moves.unshift(moveOf(nodes[i], nodes[nodes[i].inputs[0]]));
    const value = nodes[index];
    if (shape && (value.shape.length !== shape.length || value.shape.some((n, k) => n !== shape[k])))
      moves.push(broadcastMove(value, shape));
    return { node: i, moves };
  };
  const operandShape = (consumer: GraphNode): readonly number[] | undefined =>
    consumer.op.kind === 'scalar' ? consumer.shape : undefined;

  nodes.forEach((consumer, c) => {
    if (consumer.op.kind === 'move') return;
    for (const input of consumer.inputs) {
      const { node, moves } = source(input, operandShape(consumer));
      const list = uses.get(node);
      if (list) list.push({ consumer: c, moves });
      else uses.set(node, [{ consumer: c, moves }]);
      if (isFree(nodes[node].op) && !computes(consumer.op)) must.add(node); // the kernel reads memory
    }
  });
  for (const { node } of graph.outputs) must.add(source(node).node);

  for (let v = nodes.length - 1; v >= 0; v--) {
    const node = nodes[v];
    if (node.op.kind === 'move' || node.op.kind === 'leaf') continue;
    if (isFree(node.op) && !must.has(v)) continue;
    if (!must.has(v) && !uses.has(v)) continue;
    if (!join(v, node)) {
      const cluster: Cluster = {
        root: v,
        anchor: node.op.kind === 'scalar' || node.op.kind === 'iota' ? undefined : v,
        members: [v],
        stores: [v],
      };
      clusters.push(cluster);
      member.set(v, { cluster, zone: 'after', path: [] });
    }
  }
  return { clusters: schedule(), member, source };

  /** Puts v into the cluster that all its consumers are in, if it fits there. */
  function join(v: number, node: GraphNode): boolean {
    if (limit <= 1 || (node.op.kind !== 'scalar' && !anchors(node.op)) || node.op.name === 'full')
      return false;
    const places = (uses.get(v) ?? []).map((use) => place(use));
    const inside = places.find((p) => p !== undefined);
    if (!inside) return false;
    const { cluster, zone, path } = inside;
    if (cluster.members.length >= limit || path.length > MAX_PATH) return false;
    const key = pathKey(path);
    const together = places.every(
      (p) => p && p.cluster === cluster && p.zone === zone && pathKey(p.path) === key,
    );
    const stored = must.has(v) || !together;
    if (stored && !(zone === 'after' && path.length === 0)) return false;
    if (
      stored &&
      places.some((p) => p && p.cluster === cluster && (p.zone !== zone || pathKey(p.path) !== key))
    )
      return false;
    if (
      node.op.kind === 'scalar'
        ? !movable(node, path)
        : !(zone === 'after' && path.length === 0 && canAnchor(cluster, node))
    )
      return false;
    if (stored && outsideReaches(v, cluster)) return false;
    cluster.members.push(v);
    if (stored) cluster.stores.push(v);
    if (node.op.kind !== 'scalar') cluster.anchor = v;
    member.set(v, { cluster, zone, path });
    return true;
  }

  /** Where a use would put its value: beside an elementwise consumer, or before an anchor. */
  function place({ consumer, moves }: Use): Member | undefined {
    const at = member.get(consumer);
    const { op } = nodes[consumer];
    if (!at) return undefined;
    if (op.kind === 'scalar') return { ...at, path: [...moves, ...at.path] };
    return at.cluster.anchor === consumer && takesPrologue(op)
      ? { cluster: at.cluster, zone: 'before', path: moves }
      : undefined;
  }

  /** Whether an elementwise node can be computed at the far end of `path`: nothing repeated, and its inputs can be seen from there. */
  function movable(node: GraphNode, path: readonly Move[]): boolean {
    if (node.op.name === 'copy' && path.length > 0) return false;
    if (path.some((m) => m.expands || (m.from !== m.to && !castKeepsLanes(m.from, m.to)))) return false;
    return node.inputs.every((i) => {
      const from = source(i, node.shape);
      return (
        nodes[from.node].op.name === 'full' || follow(nodes[from.node], [...from.moves, ...path]) !== null
      );
    });
  }

  function canAnchor(cluster: Cluster, node: GraphNode): boolean {
    const { shape } = nodes[cluster.root];
    return (
      cluster.anchor === undefined &&
      shape.length === node.shape.length &&
      shape.every((n, i) => n === node.shape[i])
    );
  }

  /** Whether running outside consumers of v first would already need what this cluster makes. */
  function outsideReaches(v: number, target: Cluster): boolean {
    const seen = new Set<Cluster>();
    const stack = (uses.get(v) ?? []).map((u) => member.get(u.consumer)!.cluster).filter((c) => c !== target);
    for (let c = stack.pop(); c; c = stack.pop()) {
      if (c === target) return true;
      if (seen.has(c)) continue;
      seen.add(c);
      for (const s of c.stores)
        for (const u of uses.get(s) ?? []) stack.push(member.get(u.consumer)!.cluster);
    }
    return false;
  }

  /** Clusters after those whose stores they read. */
  function schedule(): Cluster[] {
    const order: Cluster[] = [];
    const state = new Map<Cluster, 'open' | 'done'>();
    const stack: Cluster[] = [...clusters];
    while (stack.length) {
      const c = stack.at(-1)!;
      if (state.get(c) === 'done') {
        stack.pop();
        continue;
      }
      const needs = state.get(c) === 'open' ? [] : dependencies(c).filter((d) => state.get(d) !== 'done');
      if (needs.length === 0) {
        state.set(c, 'done');
        order.push(c);
        stack.pop();
      } else {
        if (needs.some((d) => state.get(d) === 'open')) throw new Error('clusters depend on each other');
        state.set(c, 'open');
        stack.push(...needs);
      }
    }
    return order;
  }

  function dependencies(c: Cluster): Cluster[] {
    const found = new Set<Cluster>();
    for (const m of c.members) {
      for (const input of nodes[m].inputs) {
        const owner = member.get(source(input).node)?.cluster;
        if (owner && owner !== c) found.add(owner);
      }
    }
    return [...found];
  }
}
