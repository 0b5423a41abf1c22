/**
 * A tape as a file: safetensors, with the graph as JSON under `mia.tape` in the metadata and the values of leaves as
 * tensors of their names. docs/adr/0004-tape-format.md describes it. Reading trusts nothing: all that is wrong with
 * the bytes is ERR_FORMAT.
 */
import { bytesFor, isBlock, isDType, laneOf, lanesOf, type DType } from '../dtype.js';
import { MiaError, show } from '../errors.js';
import { isCompact, Layout, shapeOf, type IntTuple } from '../layout/index.js';
import { isPlainObject, jsonText, parseJson, type Fail } from './json.js';
import type { Attrs, Json } from './op.js';
import { parseSafetensors, writeSafetensors, type StoredTensor } from './safetensors.js';
import { leafEntries, type Entry, type Leaf, type TapeData } from './tape.js';
import { unitsOf } from './units.js';

/** What a file holds. */
export interface TapeFile {
  readonly tape: TapeData;
  /** For each leaf, its elements in row-major order, where the file has them. */
  readonly values: readonly (Uint8Array | undefined)[];
  /** What else the metadata says. */
  readonly metadata: ReadonlyMap<string, string>;
}

const KEY = 'mia.tape';
const VERSION = 1;
const MAX_AXES = 12;
const MAX_NAME = 256;
/** Of one node: more than this is nobody's concat. */
const MAX_INPUTS = 65_536;
/** { nodes: [ { attrs: { ... */
const MAX_DEPTH = 24;

function error(message: string, expected?: string, actual?: string, cause?: unknown): MiaError {
  return new MiaError('ERR_FORMAT', 'tape', { message, expected, actual, cause });
}
const graphError: Fail = (message, cause) => error(`the graph ${message}`, undefined, undefined, cause);

/** The bytes of a tape, the same for equal tapes. Leaves without a value in `values` go without. */
export function encodeTape({ tape, values, metadata }: TapeFile): Uint8Array {
  const tensors: [string, StoredTensor][] = [];
  leafEntries(tape).forEach(({ dtype, leaf }, i) => {
    const data = values[i];
    if (data) tensors.push([leaf.name, { dtype: laneOf(dtype), shape: storedShape(dtype, leaf), data }]);
  });
  const graph = { version: VERSION, nodes: tape.entries.map(entryToJson), outputs: tape.outputs };
  return writeSafetensors(tensors, [[KEY, jsonText(graph, MAX_DEPTH, graphError)], ...metadata]);
}

/** Safetensors has no packed dtypes and no blocks: their lanes, or bytes, become the last axis. */
function storedShape(dtype: DType, { layout }: Leaf): readonly number[] {
  const shape = shapeOf(unitsOf({ dtype, layout, offset: 0 })!.layout);
  return laneOf(dtype) !== dtype ? [...shape, lanesOf(dtype)] : shape;
}

function entryToJson({ op, inputs, attrs, dtype, shape, leaf }: Entry): Record<string, unknown> {
  if (!leaf) return { op, inputs, attrs, dtype, shape };
  const { name, layout } = leaf;
  const isDefault = layout.equals(Layout.rowMajor(shape));
  return {
    op,
    name,
    dtype,
    shape,
    layout: isDefault ? undefined : { shape: layout.shape, stride: layout.stride },
  };
}

/** Reads what `encodeTape` wrote; `values` are views of `bytes`. Throws ERR_FORMAT. */
export function decodeTape(bytes: Uint8Array): TapeFile {
  const { metadata, tensors } = parseSafetensors(bytes);
  const text = metadata.get(KEY);
  if (text === undefined) throw error(`no '${KEY}' in the metadata: these are tensors without a graph`);
  const graph = object('the graph', parseJson(text, MAX_DEPTH, graphError));
  if (graph.version !== VERSION) throw error('unknown version', String(VERSION), show(graph.version));
  const entries = array('nodes', graph.nodes).map(toEntry);
  const outputs = indices('outputs', graph.outputs, entries.length);
  const tape = { entries, outputs };
  const rest = new Map(metadata);
  rest.delete(KEY);
  return { tape, values: valuesOf(tape, tensors), metadata: rest };
}

function valuesOf(tape: TapeData, tensors: ReadonlyMap<string, StoredTensor>): (Uint8Array | undefined)[] {
  const left = new Map(tensors);
  const names = new Set<string>();
  const values = leafEntries(tape).map(({ dtype, leaf }) => {
    const { name } = leaf;
    if (names.has(name)) throw error(`two leaves are named ${show(name)}`);
    names.add(name);
    const stored = left.get(name);
    left.delete(name);
    const wanted = `${laneOf(dtype)} ${show(storedShape(dtype, leaf))}`;
    const found = stored && `${stored.dtype} ${show(stored.shape)}`;
    if (stored && !sameStored(dtype, leaf, stored)) {
      throw error(`tensor ${show(name)} is not its leaf's`, wanted, found);
    }
    return stored?.data;
  });
  if (left.size > 0) throw error(`tensor ${show([...left.keys()][0])} belongs to no leaf`);
  return values;
}

function sameStored(dtype: DType, leaf: Leaf, stored: StoredTensor): boolean {
  return stored.dtype === laneOf(dtype) && stored.shape.join() === storedShape(dtype, leaf).join();
}

function toEntry(raw: unknown, i: number): Entry {
  const at = `node ${i}`;
  const { op, name, inputs, attrs, dtype, shape, layout } = object(at, raw);
  if (!isDType(dtype)) throw error(`${at}: unknown dtype`, undefined, show(dtype));
  const sizes = toShape(at, shape, dtype);
  const opName = text(`${at}: op`, op);
  if (opName === 'leaf') {
    if (inputs !== undefined || attrs !== undefined) {
      throw error(`${at}: a leaf has no inputs and no attributes`);
    }
    const leaf = { name: text(`${at}: name`, name), layout: toLayout(at, layout, sizes) };
    if (isBlock(dtype) && !unitsOf({ dtype, layout: leaf.layout, offset: 0 }))
      throw error(`${at}: cuts blocks of ${dtype}`, undefined, leaf.layout.toString());
    return { op: opName, inputs: [], attrs: {}, dtype, shape: sizes, leaf };
  }
  return {
    op: opName,
    inputs: indices(`${at}: inputs`, inputs, i),
    attrs: toAttrs(at, attrs),
    dtype,
    shape: sizes,
  };
}

function toShape(at: string, shape: unknown, dtype: DType): number[] {
  const sizes = array(`${at}: shape`, shape) as number[];
  const counted = sizes.every((n) => Number.isSafeInteger(n) && n >= 0);
  // A size of 0 must not hide the others: permuted or reduced, they count.
  const bytes = counted
    ? bytesFor(
        dtype,
        sizes.reduce((all, n) => all * (n || 1), 1),
      )
    : NaN;
  if (sizes.length <= MAX_AXES && bytes <= Number.MAX_SAFE_INTEGER) return sizes;
  throw error(`${at}: bad shape`, `up to ${MAX_AXES} integers >= 0 that can be counted`, show(sizes));
}

function toLayout(at: string, raw: unknown, sizes: readonly number[]): Leaf['layout'] {
  if (raw === undefined) return Layout.rowMajor(sizes);
  const { shape, stride } = object(`${at}: layout`, raw);
  let layout: Layout;
  try {
    layout = new Layout(shape as IntTuple, stride as IntTuple);
  } catch (cause) {
    throw error(`${at}: bad layout`, undefined, undefined, cause);
  }
  if (stride === undefined || shapeOf(layout).join() !== sizes.join() || !isCompact(layout)) {
    throw error(`${at}: bad layout`, `a compact one of ${show(sizes)}`, layout.toString());
  }
  return layout;
}

/** Attributes stay as they are: what they mean is their op's business. */
function toAttrs(at: string, raw: unknown): Attrs {
  const attrs = object(`${at}: attrs`, raw);
  refuseProto(at, attrs as Attrs);
  return attrs as Attrs;
}

/** Copying such a key would set the prototype. */
function refuseProto(at: string, json: Json): void {
  if (json === null || typeof json !== 'object') return;
  if (Object.hasOwn(json, '__proto__')) throw error(`${at}: an attribute is named __proto__`);
  for (const part of Object.values(json)) refuseProto(at, part);
}

function object(what: string, raw: unknown): Record<string, unknown> {
  if (isPlainObject(raw)) return raw;
  throw error(`${what}: not an object`, undefined, show(raw));
}

function array(what: string, raw: unknown): unknown[] {
  if (Array.isArray(raw)) return raw;
  throw error(`${what}: not a list`, undefined, show(raw));
}

function text(what: string, raw: unknown): string {
  if (typeof raw === 'string' && raw.length > 0 && raw.length <= MAX_NAME) return raw;
  throw error(`${what}: bad name`, `text of 1 to ${MAX_NAME} characters`, show(raw));
}

/** Indices of entries before `end`. */
function indices(what: string, raw: unknown, end: number): number[] {
  const list = array(what, raw) as number[];
  if (list.length > MAX_INPUTS)
    throw error(`${what}: too many`, `at most ${MAX_INPUTS}`, String(list.length));
  const bad = list.find((n) => !Number.isSafeInteger(n) || n < 0 || n >= end);
  if (bad === undefined) return list;
  throw error(`${what}: no such node`, `an integer in [0, ${end})`, show(bad));
}
