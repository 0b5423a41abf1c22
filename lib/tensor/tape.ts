import {
  bytesOf,
  dtypeOfArray,
  dtypes,
  laneOf,
  lengthFor,
  plainArray,
  type DType,
  type TypedArray,
} from '../dtype.js';
import type { Device } from '../device.js';
import { MiaError, show, type ErrorCode } from '../errors.js';
import { fromRowMajor, toRowMajor } from '../ir/elements.js';
import { Node, release, retain } from '../ir/node.js';
import type { Op } from '../ir/op.js';
import { unitsOf } from '../ir/units.js';
import { printMermaid, printTape } from '../ir/print.js';
import { arrayOf } from '../ir/safetensors.js';
import { decodeTape, encodeTape, type TapeFile } from '../ir/serialize.js';
import { leafEntries, replay, trace, type Entry, type Leaf, type Shapes, type TapeData } from '../ir/tape.js';
import { Handle, takeAll } from './handle.js';
import type { Tensor } from './tensor.js';

type Input = Handle | TypedArray;
type LeafEntry = Entry & { readonly leaf: Leaf };
/** What takes the place of leaves: by their order, or by name. */
export type TapeInputs = readonly (Input | undefined)[] | Readonly<Record<string, Input>>;

/**
 * The ordered operations behind tensors, as data: printed, saved, and recorded again on any device. A tape looks at the
 * values it starts from and does not keep them: save or bind it before they are consumed.
 */
export class Tape {
  /** What `bind` makes of nodes; tensor.ts puts its class here. @internal */
  static tensor: new (node: Node) => Handle = Handle;

  readonly #tape: TapeData;
  /** For each leaf: the node that has its value, or the value itself in row-major order. */
  readonly #sources: readonly (Node | Uint8Array | undefined)[];
  /** What else the file says: texts by key. @internal */
  readonly metadata: ReadonlyMap<string, string>;

  /** Users take `tensor.tape` or `Tape.fromBytes`. @internal */
  constructor(
    from: readonly Node[] | TapeFile,
    names?: ReadonlyMap<Node, string>,
    metadata: ReadonlyMap<string, string> = new Map(),
  ) {
    if ('tape' in from) {
      this.#tape = from.tape;
      this.#sources = from.values;
      this.metadata = from.metadata;
    } else {
      const { tape, leaves } = trace(from, names);
      this.#tape = tape;
      this.#sources = leaves.map((node) => (node.storage ? node : undefined));
      this.metadata = metadata;
    }
  }

  /**
   * Reads what `toBytes` wrote, on this machine or another. Values stay in `bytes`, which tensors bound to this tape
   * borrow. Throws ERR_FORMAT for anything else.
   */
  static fromBytes(bytes: Uint8Array): Tape {
    return new Tape(decodeTape(bytes));
  }

  /** Names of the leaves, in the order in which `bind` takes them. */
  get leaves(): readonly string[] {
    return leafEntries(this.#tape).map(({ leaf }) => leaf.name);
  }

  /** How many tensors `bind` makes. */
  get outputs(): number {
    return this.#tape.outputs.length;
  }

  /** In topological order; `inputs` are indices into this list. */
  get ops(): readonly Entry[] {
    return this.#tape.entries;
  }

  /**
   * A safetensors file: any such reader opens the values, and the graph is in the metadata. `data: false` leaves the
   * values out; they must then be given to `bind`. Throws ERR_TENSOR_MOVED where a value was freed meanwhile, and
   * ERR_UNSUPPORTED where it is not in the memory of this process.
   */
  toBytes({ data = true }: { data?: boolean } = {}): Uint8Array {
    const values = data ? leafEntries(this.#tape).map((entry, i) => valueOf(this.#sources[i], entry)) : [];
    return encodeTape({ tape: this.#tape, values, metadata: this.metadata });
  }

  /**
   * Records the tape on a device; the tensors are its outputs, not computed yet. `inputs` replace leaves, by order or
   * by name (`leaf.0`): tensors of that device, which are consumed, or typed arrays in row-major order, which are
   * borrowed. Leaves that are not replaced have the tape's values. With `shapes: 'infer'` tensors may have other sizes
   * than those recorded. On an error nothing is consumed.
   */
  bind<D extends Device>(
    device: D,
    inputs: TapeInputs = {},
    { shapes = 'as recorded' }: { shapes?: Shapes } = {},
  ): Tensor<D, DType>[] {
    const leaf = checkDevice(device);
    const entries = leafEntries(this.#tape);
    const given = matchInputs(entries, inputs);
    const leaves: Node[] = [];
    const own = (node: Node): void => {
      retain(node);
      leaves.push(node);
    };
    let outputs: Node[];
    try {
      entries.forEach((entry, i) => {
        const input = given[i];
        const source = this.#sources[i];
        if (input instanceof Handle) own(checkHandle(entry, input, device, shapes));
        else if (input === undefined && source instanceof Node && source.device === device && source.storage)
          own(source);
        else own(leafNode(entry, input === undefined ? ownValue(source, entry) : checkArray(entry, input)));
      });
      outputs = replay(this.#tape, device, leaves, shapes);
    } finally {
      leaves.forEach(release);
    }
    try {
      takeAll(
        'bind',
        given.filter((input) => input instanceof Handle),
      ).forEach(release);
      return outputs.map((node) => new Tape.tensor(node) as Tensor<D, DType>);
    } finally {
      outputs.forEach(release);
    }

    function leafNode({ dtype, shape, leaf: { layout } }: LeafEntry, value: Uint8Array): Node {
      const data = fromRowMajor(value, unitsOf({ dtype, layout, offset: 0 })!.layout, bytesOf(dtype));
      const node = new Node(device, leaf, [], {}, dtype, layout, 0);
      node.storage = device.core.borrow(arrayOf({ dtype: laneOf(dtype), shape, data }));
      return node;
    }
  }

  /** One operation a line: `%2 = add %0, %1 : f32 [768, 1024]`. */
  toString(): string {
    return printTape(this.#tape);
  }

  /** The graph as Mermaid text. */
  mermaid(): string {
    return printMermaid(this.#tape);
  }

  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return this.toString();
  }
}

function error(code: ErrorCode, message: string, expected?: string, actual?: string): MiaError {
  return new MiaError(code, 'bind', { message, expected, actual });
}
const describe = ({ dtype, shape, leaf }: LeafEntry): string => `${show(leaf.name)} ${dtype} ${show(shape)}`;

/** The elements of a leaf in row-major order, maybe seen in the device's own memory. */
function valueOf(
  source: Node | Uint8Array | undefined,
  { leaf: { name } }: LeafEntry,
): Uint8Array | undefined {
  if (!(source instanceof Node)) return source;
  if (!source.storage) {
    const message = `${show(name)} was freed since this tape was taken; take the tape of a live tensor`;
    throw new MiaError('ERR_TENSOR_MOVED', 'tape', message);
  }
  const memory = source.storage.peek();
  if (!memory) {
    const message = `${show(name)} lies on a ${source.device.kind} device and cannot be read at once`;
    throw new MiaError('ERR_UNSUPPORTED', 'tape', message);
  }
  return toRowMajor(memory, unitsOf(source)!, bytesOf(source.dtype));
}

/** The same, to be lent to a device: a file's value as it is, that of a tensor as a copy. */
function ownValue(source: Node | Uint8Array | undefined, entry: LeafEntry): Uint8Array {
  const value = valueOf(source, entry);
  if (!value)
    throw error(
      'ERR_FORMAT',
      `the tape has no value for ${describe(entry)}`,
      'a tensor or a typed array',
      'none',
    );
  return source instanceof Node ? new Uint8Array(value) : value;
}

/** The record of op `leaf` of a device. */
function checkDevice(device: Device): Op {
  const core = (device as Device | undefined)?.core;
  const leaf = core?.ops instanceof Map ? (core.ops.get('leaf') as Op | undefined) : undefined;
  if (!core || !leaf)
    throw error('ERR_DEVICE', 'not a device', 'a device with the default ops', show(device));
  if (core.closed) throw error('ERR_CLOSED', `the ${device.kind} device is closed`);
  return leaf;
}

/** What was given for each leaf. */
function matchInputs(entries: readonly LeafEntry[], inputs: TapeInputs): (Input | undefined)[] {
  if (Array.isArray(inputs)) {
    if (inputs.length > entries.length) {
      throw error('ERR_SHAPE', 'too many inputs', `at most ${entries.length}`, String(inputs.length));
    }
    return entries.map((_, i) => (inputs as readonly (Input | undefined)[])[i]);
  }
  if (
    typeof inputs !== 'object' ||
    inputs === null ||
    ArrayBuffer.isView(inputs) ||
    inputs instanceof Handle
  ) {
    throw error('ERR_DTYPE', 'bad inputs', 'a list, or an object by leaf name', show(inputs));
  }
  const byName = new Map(Object.entries(inputs));
  const matched = entries.map(({ leaf }) => byName.get(leaf.name));
  const names = new Set(entries.map(({ leaf }) => leaf.name));
  const unknown = [...byName.keys()].find((name) => !names.has(name));
  if (unknown !== undefined)
    throw error('ERR_SHAPE', 'no such leaf', `one of ${show([...names])}`, show(unknown));
  return matched;
}

function checkHandle(entry: LeafEntry, handle: Handle, device: Device, shapes: Shapes): Node {
  const node = handle.peek('bind');
  if (node.device !== device) {
    throw error('ERR_DEVICE', `${describe(entry)}: tensor of another device`, `this ${device.kind} device`);
  }
  if (node.dtype !== entry.dtype) throw error('ERR_DTYPE', 'dtype differs', describe(entry), node.dtype);
  if (shapes === 'as recorded' && node.shape.join() !== entry.shape.join()) {
    throw error('ERR_SHAPE', 'shape differs', describe(entry), show(node.shape));
  }
  return node;
}

/** The bytes of a typed array that holds a leaf's elements. */
function checkArray(entry: LeafEntry, given: unknown): Uint8Array {
  const { dtype, leaf } = entry;
  const data = plainArray(given);
  const isItsArray = data && (data instanceof dtypes[dtype].array || dtypeOfArray(given) === laneOf(dtype));
  if (!isItsArray) {
    throw error(
      'ERR_DTYPE',
      `wrong input for ${describe(entry)}`,
      `a tensor or a ${dtypes[dtype].array.name}`,
      show(given),
    );
  }
  const length = lengthFor(dtype, leaf.layout.size);
  if (data.length !== length) {
    throw error('ERR_SHAPE', `wrong length for ${describe(entry)}`, `${length} numbers`, String(data.length));
  }
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}
