import type { DType } from '../dtype.js';
import type { Device, Storage } from '../device.js';
import { shapeOf, type Layout, type StridedView } from '../layout/index.js';
import type { Attrs, Meta, Op } from './op.js';

let nextId = 1;

/**
 * An immutable recorded operation. `refs` counts the handles and the recorded consumers that still need it; the planner
 * reads it to tell what must be kept. Once computed (or for a leaf) `storage` holds its value and its inputs are gone.
 */
export class Node implements Meta, StridedView {
  readonly id = nextId++;
  readonly shape: readonly number[];
  refs = 0;
  storage: Storage | undefined;
  /** A run in flight will set `storage`. */
  pending: Promise<void> | undefined;
  /** The run that was to compute this node failed: using it says why. */
  failure: Error | undefined;

  /** `layout` and `offset` say where the elements lie in the memory of the nearest node that is not a view. */
  constructor(
    readonly device: Device,
    readonly op: Op,
    public inputs: readonly Node[],
    readonly attrs: Attrs,
    readonly dtype: DType,
    readonly layout: Layout,
    readonly offset: number,
  ) {
    this.shape = shapeOf(layout);
    for (const input of inputs) input.refs++;
  }
}

export function retain(node: Node): void {
  node.refs++;
}

/** Gives one reference back; a node that nobody needs frees its memory and lets its inputs go. */
export function release(node: Node): void {
  const stack = [node];
  for (let n = stack.pop(); n; n = stack.pop()) {
    if (--n.refs > 0) continue;
    n.storage?.release();
    n.storage = undefined;
    for (const input of n.inputs) stack.push(input);
    n.inputs = [];
  }
}

/** Gives a node its value (and one reference to the storage); what led to it is let go. */
export function settle(node: Node, storage: Storage): void {
  const { inputs } = node;
  node.inputs = [];
  node.storage = storage;
  for (const input of inputs) release(input);
  if (node.refs === 0) {
    // every handle went while the run was in flight
    storage.release();
    node.storage = undefined;
  }
}

/** A node that needs no computing: a leaf, or one already computed. */
export const isSettled = (node: Node): boolean => node.storage !== undefined;
