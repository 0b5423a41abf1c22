import type { Device } from '../device.js';
import { MiaError, show } from '../errors.js';
import { infer } from '../ir/infer.js';
import { Node, release, retain } from '../ir/node.js';
import type { Attrs } from '../ir/op.js';
import { peekAll, type Handle } from './handle.js';

const noAttrs: Attrs = Object.freeze({});

/**
 * Records one op: checks it, moves the handles in, and returns the new handle. On an error nothing is consumed.
 * Errors carry the op's name. At least one input is a handle.
 */
export function record(name: string, inputs: readonly unknown[], attrs: Attrs = noAttrs): Handle {
  const made = recordNode(name, peekAll(name, inputs), attrs);
  return handOver(name, inputs, made);
}

/** Makes nodes inside `recordAll`. */
export type Recorder = (name: string, inputs: readonly Node[], attrs?: Attrs) => Node;

/**
 * Records several ops as one method: `build` makes nodes from those of the handles and returns its results. Nothing is
 * consumed before it has succeeded, and what lies between has no handle, so that it may fuse.
 */
export function recordAll(
  name: string,
  inputs: readonly unknown[],
  build: (add: Recorder, nodes: Node[]) => Node[],
): Handle[] {
  const made: Node[] = [];
  const add: Recorder = (op, nodes, attrs = noAttrs) => {
    const node = recordNode(op, nodes, attrs);
    made.push(node);
    return node;
  };
  let results: Node[];
  try {
    results = build(add, peekAll(name, inputs));
  } catch (error) {
    for (const node of made.reverse()) discard(node);
    throw error;
  }
  const TensorClass = classOf(inputs);
  const handles = results.map((node) => new TensorClass(node));
  consume(name, inputs);
  return handles;
}

/** A node of an op without inputs, on a device that is checked first. */
export function sourceNode(device: Device, name: string, attrs: Attrs): Node {
  checkDevice(name, device);
  return makeNode(device, name, [], attrs);
}

/** A device that can record, or an error that says what was found in its place. */
export function checkDevice(op: string, device: unknown): asserts device is Device {
  const core = coreOf(device);
  if (!core?.ops || !core.ledger) {
    throw new MiaError('ERR_DEVICE', op, {
      message: 'not a device',
      expected: 'a device',
      actual: show(device),
    });
  }
  if (core.closed) throw new MiaError('ERR_CLOSED', op, `the ${(device as Device).kind} device is closed`);
}

function coreOf(device: unknown): Partial<Device['core']> | undefined {
  try {
    return (device as Device | null | undefined)?.core;
  } catch {
    return undefined; // a getter or a proxy that throws
  }
}

/** The node of one op over the nodes of one device. */
export function recordNode(name: string, inputs: readonly Node[], attrs: Attrs = noAttrs): Node {
  return makeNode(inputs[0].device, name, inputs, attrs);
}

function makeNode(device: Device, name: string, inputs: readonly Node[], attrs: Attrs): Node {
  const op = device.core.ops.get(name);
  if (!op) {
    throw new MiaError(
      'ERR_UNSUPPORTED',
      name,
      `this ${device.kind} device has no such op; add it with addOp()`,
    );
  }
  const { dtype, layout, offset } = infer(op, inputs, attrs);
  return new Node(device, op, inputs, attrs, dtype, layout, offset);
}

/** Ends the handles among inputs that `peekAll` accepted. */
function consume(op: string, inputs: readonly unknown[]): void {
  for (const input of inputs) if (!(input instanceof Node)) release((input as Handle).take(op));
}

function handOver(op: string, inputs: readonly unknown[], made: Node): Handle {
  const TensorClass = classOf(inputs);
  const handle = new TensorClass(made);
  consume(op, inputs); // the new node holds its own references
  return handle;
}

type TensorClass = new (node: Node) => Handle;
/** The class of the handles: users may derive from Tensor. */
function classOf(inputs: readonly unknown[]): TensorClass {
  const handle = inputs[0] instanceof Node ? inputs.find((input) => !(input instanceof Node)) : inputs[0];
  return (handle as Handle).constructor as TensorClass;
}

/** Lets go of a node that never got an owner. */
function discard(node: Node): void {
  if (node.refs > 0) return;
  retain(node);
  release(node);
}
