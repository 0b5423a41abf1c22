import { MiaError, show } from '../errors.js';
import type { DType, TypedArray } from '../dtype.js';
import type { Device, PlanSummary } from '../device.js';
import type { Layout } from '../layout/index.js';
import { Node, release, retain } from '../ir/node.js';
import { end, watch, type Lease } from './net.js';

/**
 * A linear handle on a node. Every op consumes the handles it takes; `clone()` makes another one, free of cost.
 * The public class `Tensor` is this one with its ops; see tensor.ts.
 */
export class Handle implements Disposable {
  readonly #lease: Lease;
  readonly device: Device;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly layout: Layout;
  /** Of the node: handles on the same value share it. */
  readonly id: number;

  /** Takes one reference on the node. @internal */
  constructor(node: Node) {
    this.device = node.device;
    this.dtype = node.dtype;
    this.shape = node.shape;
    this.layout = node.layout;
    this.id = node.id;
    this.#lease = { node, endedBy: '', where: undefined };
    retain(node);
    node.device.core.ledger.liveTensors++;
    watch(this, this.#lease);
  }

  /** Whether a value is a handle, not just something with its prototype. @internal */
  static is(value: unknown): value is Handle {
    return typeof value === 'object' && value !== null && #lease in value;
  }

  /** The node of a live handle, for `op`; throws ERR_TENSOR_MOVED, ERR_CLOSED, or what made the node fail. @internal */
  peek(op: string): Node {
    const { node, endedBy, where } = this.#lease;
    if (!node) {
      throw new MiaError('ERR_TENSOR_MOVED', op, {
        message: `tensor #${this.id} ${this.dtype} [${this.shape.join(', ')}] was already given to ${endedBy}${where ?? ''}; clone() it before, to use it twice`,
      });
    }
    if (node.device.core.closed)
      throw new MiaError('ERR_CLOSED', op, `the ${node.device.kind} device of tensor #${this.id} is closed`);
    if (node.failure)
      throw new MiaError('ERR_CLOSED', op, {
        message: `tensor #${this.id} was never computed: ${node.failure.message}`,
        cause: node.failure,
      });
    return node;
  }

  /** Ends the handle; the caller now owns its reference on the node. @internal */
  take(op: string): Node {
    const node = this.peek(op);
    end(this.#lease, op);
    return node;
  }

  /** Whether the handle was consumed or disposed. */
  get moved(): boolean {
    return this.#lease.node === undefined;
  }

  /** Frees the handle now. After a move, or twice, it does nothing. */
  dispose(): void {
    if (this.#lease.node) release(end(this.#lease, 'dispose'));
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** The plan that `back()` would run, without running or consuming. */
  async explain(): Promise<PlanSummary> {
    const node = this.peek('explain');
    return this.device.core.explain({ node, form: 'array' });
  }

  /** What a console shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `Tensor<${this.device.kind}, ${this.dtype}, [${this.shape.join(', ')}]> #${this.id}${this.moved ? ' (moved)' : ''}`;
  }
}

/** A live handle, or an error that says what was found where a tensor should be. */
export function asHandle(op: string, value: unknown): Handle {
  if (Handle.is(value)) return value;
  throw new MiaError('ERR_DTYPE', op, { message: 'not a tensor', expected: 'a tensor', actual: show(value) });
}

/** Computes handles together in one plan: each ends, and its array in row-major order comes back. */
export async function backAll(handles: readonly Handle[]): Promise<TypedArray[]> {
  const nodes = takeAll('back', handles);
  if (nodes.length === 0) return [];
  try {
    return await nodes[0].device.core.evaluate(nodes.map((node) => ({ node, form: 'array' })));
  } finally {
    nodes.forEach(release);
  }
}

/** Computes a handle and keeps the value on its device; gives the handle back. */
export async function realize<H extends Handle>(handle: H): Promise<H> {
  const node = handle.peek('realize');
  retain(node);
  try {
    await node.device.core.evaluate([{ node, form: 'keep' }]);
  } finally {
    release(node);
  }
  return handle;
}

/** Ends several handles at once; if one cannot be taken, none is. */
export function takeAll(op: string, handles: readonly unknown[]): Node[] {
  const nodes = peekAll(op, handles);
  for (const h of handles) (h as Handle).take(op);
  return nodes;
}

/**
 * The nodes of handles that may be consumed together: live, of one device, none twice. A node in their place is one that
 * a method made itself, such as a number.
 */
export function peekAll(op: string, inputs: readonly unknown[]): Node[] {
  const nodes = new Array<Node>(inputs.length);
  for (let i = 0; i < nodes.length; i++) {
    const input = inputs[i];
    const node = input instanceof Node ? input : asHandle(op, input).peek(op);
    nodes[i] = node;
    if (i === 0) continue;
    if (node.device !== nodes[0].device) {
      throw new MiaError('ERR_DEVICE', op, {
        message: 'tensors live on different devices',
        expected: `the ${nodes[0].device.kind} device of the first`,
        actual: `another ${node.device.kind} device`,
      });
    }
    if (input !== node && inputs.indexOf(input) < i)
      throw new MiaError(
        'ERR_TENSOR_MOVED',
        op,
        `the same handle, tensor #${node.id}, is given twice; clone() it`,
      );
  }
  return nodes;
}
