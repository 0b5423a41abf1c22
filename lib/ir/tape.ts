/** A tape as plain data: the ordered record behind some nodes, apart from their device and their values. */
import type { Device } from '../device.js';
import { MiaError, show } from '../errors.js';
import { shapeOf, type Layout } from '../layout/index.js';
import { ownLayout } from './elements.js';
import { infer } from './infer.js';
import { isSettled, Node, release, retain } from './node.js';
import type { Attrs, Meta, Op } from './op.js';
import { postorder } from './postorder.js';
import type { Scalar } from './scalar.js';

/** One recorded operation. Where its elements lie follows from its inputs, so only leaves say it. */
export interface Entry extends Meta {
  readonly op: string;
  /** Indices of earlier entries. */
  readonly inputs: readonly number[];
  readonly attrs: Attrs;
  /** Leaves only. */
  readonly leaf?: Leaf;
}

/** A value that the tape starts from. */
export interface Leaf {
  /** Unlike every other leaf's; `leaf.N` unless somebody named it. */
  readonly name: string;
  /** Compact: the value lies in memory of its own. */
  readonly layout: Layout;
}

export interface TapeData {
  /** In topological order. */
  readonly entries: readonly Entry[];
  readonly outputs: readonly number[];
}

/** A tape and, for each of its leaves in order, the node. */
export interface Traced {
  readonly tape: TapeData;
  readonly leaves: readonly Node[];
}

export const leafEntries = (tape: TapeData): (Entry & { readonly leaf: Leaf })[] =>
  tape.entries.filter((e): e is Entry & { readonly leaf: Leaf } => e.leaf !== undefined);

export const isLeaf = (node: Node): boolean => isSettled(node) || node.op.kind === 'leaf';

/** What `roots` are made of, back to values that exist or will be given. `names` names leaves. */
export function trace(roots: readonly Node[], names?: ReadonlyMap<Node, string>): Traced {
  const order = postorder(roots, isLeaf);
  const index = new Map(order.map((node, i) => [node, i]));
  const taken = new Set(names?.values());
  const leaves: Node[] = [];
  const entries = order.map((node): Entry => {
    const { dtype, shape } = node;
    if (!isLeaf(node)) {
      const inputs = node.inputs.map((input) => index.get(input)!);
      return { op: node.op.name, inputs, attrs: node.attrs, dtype, shape };
    }
    const name = names?.get(node) ?? freeName(leaves.length, taken);
    leaves.push(node);
    return {
      op: 'leaf',
      inputs: [],
      attrs: {},
      dtype,
      shape,
      leaf: { name, layout: ownLayout(node.layout) },
    };
  });
  return { tape: { entries, outputs: roots.map((root) => index.get(root)!) }, leaves };
}

function freeName(ordinal: number, taken: ReadonlySet<string>): string {
  let name = `leaf.${ordinal}`;
  while (taken.has(name)) name += '_';
  return name;
}

/**
 * Whether results must have the shapes that the tape says, or whatever the ops give for leaves of other sizes. Dtypes
 * must be the tape's either way.
 */
export type Shapes = 'as recorded' | 'infer';

/**
 * Records the tape's ops again, on `device`, from `leaves` in order. Returns the output nodes; the caller owns a
 * reference on each. Throws ERR_UNSUPPORTED for an op that the device does not have, ERR_FORMAT where the tape
 * contradicts its ops, and with `infer` the ops' own errors.
 */
export function replay(
  tape: TapeData,
  device: Device,
  leaves: readonly Node[],
  shapes: Shapes = 'as recorded',
): Node[] {
  const made: Node[] = [];
  let leaf = 0;
  try {
    tape.entries.forEach((entry, i) => {
      const inputs = entry.inputs.map((input) => made[input]);
      const node = entry.leaf ? leaves[leaf++] : recordEntry(entry, i, inputs, device, shapes);
      retain(node);
      made.push(node);
    });
    const outputs = tape.outputs.map((i) => made[i]);
    outputs.forEach(retain);
    return outputs;
  } finally {
    made.forEach(release);
  }
}

function recordEntry(entry: Entry, i: number, inputs: Node[], device: Device, shapes: Shapes): Node {
  const op = device.core.ops.get(entry.op);
  if (!op) {
    const message = `this ${device.kind} device has no op ${show(entry.op)} (%${i}); add it with addOp()`;
    throw new MiaError('ERR_UNSUPPORTED', 'tape', message);
  }
  const at = `%${i} ${op.name}`;
  checkRecordable(op, at, entry.attrs, inputs);
  const { dtype, layout, offset } = inferAs(shapes, at, () => infer(op, inputs, entry.attrs));
  const shape = shapeOf(layout);
  if (dtype !== entry.dtype || (shapes === 'as recorded' && shape.join() !== entry.shape.join())) {
    throw contradiction(at, `${entry.dtype} ${show(entry.shape)}`, `${dtype} ${show(shape)}`);
  }
  return new Node(device, op, inputs, entry.attrs, dtype, layout, offset);
}

function contradiction(at: string, expected: string, actual: string): MiaError {
  return new MiaError('ERR_FORMAT', 'tape', { message: `${at} contradicts its op`, expected, actual });
}

/** Rules of ops trust what tensor methods pass; a tape can be anyone's, so what they throw at it is the tape's fault. */
function inferAs<T>(shapes: Shapes, at: string, rule: () => T): T {
  try {
    return rule();
  } catch (cause) {
    if (cause instanceof MiaError && shapes === 'infer') throw cause;
    const reason = cause instanceof MiaError ? `: ${cause.message}` : ': bad inputs or attributes';
    throw new MiaError('ERR_FORMAT', 'tape', { message: `${at} is not what its op takes${reason}`, cause });
  }
}

/** What rules of ops do not check because no method can do it: the number of inputs, and ops below the tape. */
function checkRecordable(op: Op, at: string, attrs: Attrs, inputs: readonly Meta[]): void {
  const count = inputs.length;
  if (op.kind === 'leaf' || op.internal) {
    throw new MiaError('ERR_FORMAT', 'tape', `${at} is made by the planner, never recorded`);
  }
  const exact = op.kind === 'move' || op.kind === 'reduce' ? 1 : op.kind === 'iota' ? 0 : count;
  if (count !== exact) throw contradiction(at, `${exact} inputs`, String(count));
  if (op.kind !== 'scalar') return;
  const used = inferAs('as recorded', at, () => argsOf(op.expr(attrs, inputs)));
  if (used > count) throw contradiction(at, `${used} inputs`, String(count));
}

/** The number of inputs that an expression reads. */
function argsOf(expr: Scalar, seen = new Set<Scalar>()): number {
  if (expr.op === 'arg') return expr.index + 1;
  if (expr.op === 'const' || seen.has(expr)) return 0;
  seen.add(expr);
  return Math.max(...expr.args.map((a) => argsOf(a, seen)));
}
