/** From clusters to steps: each node that goes to memory gets a buffer, each cluster one step over buffers. */
import { bytesFor, isBlock, regOf } from '../dtype.js';
import type { Value } from '../ir/infer.js';
import { permute, slice } from '../ops/movement.js';
import { numberOf } from '../ops/elementwise.js';
import type { Cluster, Fusion } from './fuse.js';
import type { Graph, GraphNode } from './graph.js';
import { IOTA, type Operand, type Step, type TileCode } from './plan.js';
import { TileBuilder, type Val } from './tile.js';
import {
  dimsOf,
  elementsOf,
  follow,
  kernelDims,
  modeDims,
  pathKey,
  plainDims,
  storageDType,
  type Move,
} from './views.js';

/** A step whose operands still name graph nodes (by owner) instead of slots. */
export interface Draft extends Omit<Step, 'reads' | 'writes' | 'inPlace'> {
  readonly writes: readonly number[];
  /** The nodes that the step computes, for its name and its verification. */
  readonly members: readonly number[];
}

export interface Lowered {
  readonly drafts: readonly Draft[];
  /** The node whose buffer a stored node lives in: itself, or what it is a part or the beginning of. */
  owner(index: number): number;
  bytes(index: number): number;
}

export function lower(graph: Graph, fusion: Fusion): Lowered {
  const { nodes } = graph;
  const { member, source } = fusion;

  /** Parts live in what they are assembled into, and a scatter in the copy it starts from. */
  const home = new Map<number, { owner: number; place?: Value }>();
  nodes.forEach((node, i) => {
    if (node.op.kind !== 'routine') return;
    if (node.op.form === 'parts') {
      const starts = node.attrs.starts as unknown as number[][];
      node.inputs.forEach((part, p) => {
        const ranges = starts[p].map((start, axis) => [start, nodes[part].shape[axis], 1]);
        const view = slice.view(node, nodes[part], { ranges })!;
        home.set(part, { owner: i, place: { ...nodes[part], layout: view.layout, offset: view.offset } });
      });
    } else if (node.op.startsFrom !== undefined)
      home.set(i, { owner: source(node.inputs[node.op.startsFrom]).node });
  });
  const owner = (index: number): number => {
    let i = index;
    for (let h = home.get(i); h; h = home.get(i)) i = h.owner;
    return i;
  };
  const placed = (index: number): Value => home.get(index)?.place ?? nodes[index];

  const empty = (c: Cluster): boolean => c.stores.every((s) => nodes[s].layout.size === 0);
  const drafts = [...fusion.clusters.filter((c) => !empty(c)).flatMap(lowerCluster), ...lowerStates()];
  return { drafts, owner, bytes: (i) => bytesFor(nodes[i].dtype, nodes[i].layout.size) };

  /** Values of states that were not computed in place, written over the old ones after all else. */
  function lowerStates(): Draft[] {
    return graph.outputs.flatMap(({ node, leaf }): Draft[] => {
      const from = source(node);
      const state = nodes.findIndex((n) => leaf !== undefined && n.leaf === leaf);
      if (state < 0 || owner(from.node) === state || nodes[node].layout.size === 0) return [];
      const b = new TileBuilder();
      const value = load(b, owner(from.node), placed(from.node), from.moves);
      b.store(value, operandAt(state, nodes[state]));
      const ints = [elementsOf(nodes[node])];
      const step = { op: 'state', kernel: 'map', ints, floats: [], operands: [], prologue: b.finish() };
      return [{ ...step, writes: [state], members: [] }];
    });
  }

  function lowerCluster(cluster: Cluster): Draft[] {
    const members = [...cluster.members].sort((a, b) => a - b);
    const base = {
      members,
      op: members.map((m) => nodes[m].op.name).join('+'),
      writes: cluster.stores.map(owner),
    };
    const anchor = cluster.anchor === undefined ? undefined : nodes[cluster.anchor];
    if (!anchor) {
      const prologue = zoneCode(cluster, undefined, modeOrder(cluster));
      const n = elementsOf(nodes[cluster.root]);
      return [{ ...base, kernel: 'map', ints: [n], floats: [], operands: [], prologue }];
    }
    if (anchor.op.kind === 'reduce') return [{ ...base, ...reduction(cluster, anchor) }];
    if (anchor.op.kind !== 'routine') throw new Error(`${anchor.op.name} cannot anchor a step`);
    const { op } = anchor;
    if (op.form === 'parts') return [];
    const inputs = anchor.inputs.map((i) => nodes[i]);
    const kernel = op.typed ? `${op.kernel}.${regOf(inputs[0].dtype)}` : op.kernel;
    const step = {
      ...base,
      kernel,
      ints: op.ints(inputs, anchor.attrs),
      floats: op.floats?.(anchor.attrs) ?? [],
    };
    switch (op.form) {
      case 'rows':
        return [
          {
            ...step,
            operands: [],
            prologue: prologueCode(cluster, anchor, 0, []),
            epilogue: zoneCode(cluster, anchor),
          },
        ];
      case 'pick':
        return [
          {
            ...step,
            operands: [kernelOperand(owner(cluster.root), placed(cluster.root))],
            prologue: prologueCode(cluster, anchor, 0, []),
          },
        ];
      case 'matmul':
        return [{ ...step, operands: anchor.inputs.map(plainOperand), epilogue: zoneCode(cluster, anchor) }];
      case 'axes':
        return [{ ...step, operands: [plainOperand(cluster.root), ...anchor.inputs.map(plainOperand)] }];
      case 'decode':
        return [
          {
            ...step,
            operands: anchor.inputs.map((input, i) => (i === 1 ? windowOperand(input) : plainOperand(input))),
            epilogue: zoneCode(cluster, anchor),
          },
        ];
      case 'index': {
        const result = resultOperand(cluster.root);
        const [x, indices, ...rest] = anchor.inputs.map((input, i) =>
          i === 1 ? windowOperand(input) : plainOperand(input),
        );
        const operands =
          op.startsFrom === undefined ? [x, indices, ...rest, result] : [result, indices, ...rest];
        return [{ ...step, operands }];
      }
      default: {
        const host = {
          op,
          attrs: anchor.attrs,
          operands: [...inputs, anchor].map(({ shape, dtype }) => ({ shape, dtype })),
        };
        return [
          {
            ...step,
            kernel: `host.${op.name}`,
            operands: [...anchor.inputs.map(windowOperand), resultOperand(cluster.root)],
            host,
          },
        ];
      }
    }
  }

  /** Folds see their input as [outer, reduced] or, when memory runs along what stays, [reduced, outer]. */
  function reduction(
    cluster: Cluster,
    node: GraphNode,
  ): Pick<Draft, 'kernel' | 'ints' | 'floats' | 'operands' | 'prologue' | 'epilogue'> {
    if (node.op.kind !== 'reduce') throw new Error('not a reduction');
    const input = nodes[node.inputs[0]];
    const axes = node.attrs.axes as unknown as number[];
    const outer = input.shape.map((_, i) => i).filter((i) => !axes.includes(i));
    const count = (list: number[]): number => list.reduce((n, i) => n * input.shape[i], 1);
    const columns = count(outer) > 1 && innerAxis(input, outer, axes);
    const order = columns ? [...axes, ...outer] : [...outer, ...axes];
    const turn: Move = {
      op: permute,
      attrs: { axes: order },
      shape: order.map((i) => input.shape[i]),
      from: input.dtype,
      to: input.dtype,
      expands: false,
    };
    return {
      kernel: `reduce.${node.op.fold}.${regOf(input.dtype)}`,
      ints: [columns ? 1 : 0, count(outer), count(axes)],
      floats: [],
      operands: [],
      prologue: prologueCode(cluster, node, 0, [turn]),
      epilogue: zoneCode(cluster, node),
    };
  }

  /** Whether memory runs along an axis that stays: then whole rows of results are folded at once. */
  function innerAxis(input: GraphNode, outer: readonly number[], axes: readonly number[]): boolean {
    const { modes } = modeDims(input);
    const step = (list: readonly number[]): number =>
      Math.min(...list.flatMap((i) => modes[i].strides.map(Math.abs)).filter((d) => d > 0), Infinity);
    return step(outer) < step(axes);
  }

  function prologueCode(cluster: Cluster, anchor: GraphNode, input: number, turn: readonly Move[]): TileCode {
    const b = new TileBuilder();
    const from = source(anchor.inputs[input]);
    return b.finish(emit(b, cluster, 'before', from.node, [...from.moves, ...turn], from.moves));
  }

  /** Code of the zone that ends in memory: everything, or what follows the anchor. */
  function zoneCode(cluster: Cluster, anchor?: GraphNode, order?: readonly number[]): TileCode {
    const b = new TileBuilder();
    if (anchor) b.input(anchor.dtype);
    for (const s of cluster.stores) {
      b.store(emit(b, cluster, 'after', s, [], [], order), operandAt(owner(s), placed(s), order));
    }
    return b.finish();
  }

  /** The value of a node seen through `path`. `key` is the path as the fusion knows it, without a turn of the axes. */
  function emit(
    b: TileBuilder,
    cluster: Cluster,
    zone: 'before' | 'after',
    index: number,
    path: readonly Move[],
    key: readonly Move[],
    order?: readonly number[],
  ): Val {
    const node = nodes[index];
    if (node.op.name === 'full') return b.constant(numberOf(node.attrs.value), node.dtype);
    if (node.op.kind === 'iota') return load(b, IOTA, node, path, order);
    if (cluster.anchor === index && zone === 'after') return b.input(node.dtype);
    const at = member.get(index);
    const here = at?.cluster === cluster && at.zone === zone && pathKey(at.path) === pathKey(key);
    if (!here) return load(b, owner(index), placed(index), path, order);
    if (node.op.kind !== 'scalar') throw new Error(`${node.op.name} is not elementwise`);
    const args = node.inputs.map((i) => {
      const from = source(i, node.shape);
      return emit(b, cluster, zone, from.node, [...from.moves, ...path], [...from.moves, ...key], order);
    });
    if (node.op.name === 'to') return b.convert(args[0], node.dtype);
    return b.scalar(
      node.op.expr(
        node.attrs,
        node.inputs.map((i) => nodes[i]),
      ),
      args,
    );
  }

  /** The elements of a value in memory, of the dtype that the views end in. */
  function load(
    b: TileBuilder,
    slot: number,
    value: Value,
    path: readonly Move[],
    order?: readonly number[],
  ): Val {
    return b.load(windowAt(slot, value, path, order), path.at(-1)?.to ?? value.dtype);
  }

  function windowAt(slot: number, value: Value, path: readonly Move[], order?: readonly number[]): Operand {
    const seen = follow(value, path);
    if (!seen) throw new Error('a view that fusion allowed cannot be said');
    return operandAt(slot, seen, order);
  }

  function operandAt(slot: number, value: Value, order?: readonly number[]): Operand {
    return { slot, dtype: storageDType(value.dtype), ...dimsOf(value, order) };
  }

  function windowOperand(index: number): Operand {
    const from = source(index);
    return windowAt(owner(from.node), placed(from.node), from.moves);
  }

  function plainOperand(index: number): Operand {
    const from = source(index);
    const seen = follow(placed(from.node), from.moves)!;
    return kernelOperand(owner(from.node), seen);
  }

  /** One loop a mode, for a kernel that knows blocks. */
  function kernelOperand(slot: number, value: Value): Operand {
    const dtype = isBlock(value.dtype) ? value.dtype : storageDType(value.dtype);
    return { slot, dtype, ...kernelDims(value)! };
  }

  function resultOperand(index: number): Operand {
    return operandAt(owner(index), placed(index));
  }

  /** The modes by falling stride of the result, if all that a map touches can be walked that way; undefined: row-major. */
  function modeOrder(cluster: Cluster): readonly number[] | undefined {
    if (cluster.stores.every((s) => placed(s).layout.isRowMajor)) return undefined;
    const store = plainDims(placed(cluster.root));
    if (!store || store.sizes.includes(0)) return undefined;
    const order = store.strides.map((_, i) => i).sort((a, b) => store.strides[b] - store.strides[a] || a - b);
    return order;
  }
}
