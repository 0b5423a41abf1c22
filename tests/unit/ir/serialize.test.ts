import { describe, expect, it } from 'vitest';
import { decodeTape, encodeTape, type TapeFile } from '../../../lib/ir/serialize.js';
import { parseSafetensors, writeSafetensors, type StoredTensor } from '../../../lib/ir/safetensors.js';
import { leafEntries, type TapeData } from '../../../lib/ir/tape.js';
import { Layout } from '../../../lib/layout/index.js';
import type { Handle } from '../../../lib/tensor/handle.js';
import { record } from '../../../lib/tensor/record.js';
import { Tape } from '../../../lib/tensor/tape.js';
import { fakeDevice } from '../fake-device.js';
import { failure, full, lend, on, placeholder, ramp } from './helpers.js';
import { readSafetensors } from './safetensors-reader.js';

const device = fakeDevice();
const tapeOf = (...handles: Handle[]): Tape => new Tape(handles.map((h) => h.peek('test')));

/** Saves, loads, and checks that nothing changed: text, bytes, and both again on another device. */
function roundTrip(tape: Tape): Tape {
  const bytes = tape.toBytes();
  const loaded = Tape.fromBytes(bytes);
  expect(loaded.toString()).toBe(tape.toString());
  expect(loaded.ops).toEqual(tape.ops);
  expect(loaded.toBytes()).toEqual(bytes);
  const again = tapeOf(...loaded.bind(fakeDevice()));
  expect(again.toString()).toBe(tape.toString());
  expect(again.toBytes()).toEqual(bytes);
  return loaded;
}

describe('a tape as bytes', () => {
  it('comes back equal on another device', () => {
    const x = lend(device, ramp(12), [3, 4]);
    const w = lend(device, ramp(8), Layout.colMajor([4, 2]));
    const scaled = on('mul', [on('matmul', [x, w]), full(device, -0, 'f32')]);
    const out = on('slice', [on('softmax', [scaled], { axis: 1 })], {
      ranges: [
        [2, 2, -2],
        [0, 1, 1],
      ],
    });
    const loaded = roundTrip(tapeOf(out, scaled, out));
    expect(loaded.ops.find((e) => e.op === 'full')!.attrs).toEqual({ value: -0, dtype: 'f32', shape: [] });
  });

  it('is a file that other readers open, with row-major values under the names of leaves', () => {
    const x = lend(device, ramp(6), Layout.colMajor([2, 3]));
    const half = lend(device, Uint16Array.of(1, 2, 3), [3], 'bf16');
    const flags = lend(device, Uint8Array.of(1, 0), [2], 'bool');
    const long = lend(device, BigInt64Array.of(-1n), [], 'i64');
    const { metadata, tensors } = readSafetensors(tapeOf(x, half, flags, long).toBytes());
    expect(Object.keys(metadata)).toEqual(['mia.tape']);
    expect(JSON.parse(metadata['mia.tape'])).toEqual({
      version: 1,
      nodes: [
        {
          op: 'leaf',
          name: 'leaf.0',
          dtype: 'f32',
          shape: [2, 3],
          layout: { shape: [2, 3], stride: [1, 2] },
        },
        { op: 'leaf', name: 'leaf.1', dtype: 'bf16', shape: [3] },
        { op: 'leaf', name: 'leaf.2', dtype: 'bool', shape: [2] },
        { op: 'leaf', name: 'leaf.3', dtype: 'i64', shape: [] },
      ],
      outputs: [0, 1, 2, 3],
    });
    const found = [...tensors.values()].map(({ name, dtype, shape, data }) => ({
      name,
      dtype,
      shape,
      hex: data.toString('hex'),
    }));
    const hex = (array: ArrayBufferView): string => Buffer.from(array.buffer).toString('hex');
    expect(found).toEqual([
      { name: 'leaf.0', dtype: 'F32', shape: [2, 3], hex: hex(Float32Array.of(0, 2, 4, 1, 3, 5)) },
      { name: 'leaf.3', dtype: 'I64', shape: [], hex: 'ffffffffffffffff' },
      { name: 'leaf.1', dtype: 'BF16', shape: [3], hex: '010002000300' },
      { name: 'leaf.2', dtype: 'BOOL', shape: [2], hex: '0100' },
    ]);
  });

  it('keeps column-major, nested and strided leaves in the order of their memory', () => {
    const layouts = [
      Layout.colMajor([2, 3]),
      new Layout([[2, 2], 3], [[1, 6], 2]),
      new Layout([2, 3], [12, 2]),
      new Layout([3, 2], [-2, 1]),
      new Layout([2, 3], [0, 1]),
      new Layout([1, 3], [7, 1]),
    ];
    for (const layout of layouts) {
      const [x] = roundTrip(tapeOf(lend(device, ramp(32), layout, 'f32', 5))).bind(device);
      const values = (h: Handle): number[] => {
        const { storage, offset } = h.peek('test');
        const bytes = storage!.peek()!;
        const floats = new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
        return Array.from({ length: layout.size }, (_, i) => floats[offset + h.layout.at(i)]);
      };
      expect(x.shape).toEqual(lend(device, ramp(32), layout).shape);
      expect(values(x)).toEqual(Array.from({ length: layout.size }, (_, i) => 5 + layout.at(i)));
    }
  });

  it.each([
    ['f32x4', [2, 3], 'F32', [2, 3, 4], ramp(24)],
    ['f16x4', [2], 'F16', [2, 4], new Uint16Array(8).fill(9)],
    ['u8x4', [], 'U8', [4], Uint8Array.of(1, 2, 3, 4)],
    ['u4x8', [2], 'U32', [2, 1], Uint32Array.of(1, 2)],
  ] as const)('stores %s %j by its lanes, as %s %j', (dtype, shape, storedDType, stored, data) => {
    const tape = tapeOf(lend(device, data, [...shape], dtype));
    expect(readSafetensors(tape.toBytes()).tensors.get('leaf.0')).toMatchObject({
      dtype: storedDType,
      shape: stored,
    });
    roundTrip(tape);
  });

  it('keeps packed column-major elements whole', () => {
    const tape = tapeOf(lend(device, ramp(24), Layout.colMajor([2, 3]), 'f32x4'));
    const [x] = roundTrip(tape).bind(device);
    expect(x.peek('test').storage!.peek()).toEqual(new Uint8Array(ramp(24).buffer));
  });

  it('keeps empty and scalar leaves, and tapes without any', () => {
    roundTrip(tapeOf(lend(device, ramp(0), [0, 3]), lend(device, ramp(1), [])));
    roundTrip(tapeOf(on('neg', [full(device, 1, 'f32', [2])])));
    roundTrip(new Tape([]));
  });

  it('goes without values when asked, and where there are none', () => {
    const tape = tapeOf(on('add', [lend(device, ramp(3), [3]), placeholder(device, 'f32', [3])]));
    const bytes = tape.toBytes({ data: false });
    expect(readSafetensors(bytes).tensors.size).toBe(0);
    expect([...readSafetensors(tape.toBytes()).tensors.keys()]).toEqual(['leaf.0']);
    expect(Tape.fromBytes(bytes).toString()).toBe(tape.toString());
    expect(Tape.fromBytes(bytes).toBytes()).toEqual(bytes);
  });

  it('keeps what else the metadata says', () => {
    const metadata = new Map([['mia.program', '{"x":1}']]);
    const bytes = encodeTape({ tape: { entries: [], outputs: [] }, values: [], metadata });
    expect(decodeTape(bytes).metadata).toEqual(metadata);
    expect(Tape.fromBytes(bytes).toBytes()).toEqual(bytes);
  });

  it('does not copy values on loading', () => {
    const bytes = tapeOf(lend(device, ramp(6), [6])).toBytes();
    const [x] = Tape.fromBytes(bytes).bind(device);
    expect(x.peek('test').storage!.peek()!.buffer).toBe(bytes.buffer);
  });

  it('reads values from bytes at any alignment', () => {
    const bytes = tapeOf(lend(device, ramp(6), [6])).toBytes();
    const shifted = new Uint8Array(bytes.length + 1);
    shifted.set(bytes, 1);
    const [x] = Tape.fromBytes(shifted.subarray(1)).bind(device);
    expect(x.peek('test').storage!.peek()).toEqual(new Uint8Array(ramp(6).buffer));
  });

  it('holds 100,000 ops', () => {
    let x = lend(device, ramp(2), [2]);
    for (let i = 0; i < 100_000; i++) x = record('neg', [x]);
    const bytes = tapeOf(x).toBytes();
    const [again] = Tape.fromBytes(bytes).bind(fakeDevice());
    const same = Buffer.from(tapeOf(again).toBytes()).equals(bytes); // toEqual takes a minute
    expect(same).toBe(true);
  });

  it('refuses attributes that JSON cannot say', () => {
    const bad = on('neg', [placeholder(device, 'f32', [2])], { note: NaN });
    expect(failure(() => tapeOf(bad).toBytes(), 'ERR_FORMAT').message).toBe(
      'tape: the graph holds NaN, which JSON cannot say',
    );
  });
});

/** A valid graph in parts, to be broken one part at a time. */
const leaf = { op: 'leaf', name: 'x', dtype: 'f32', shape: [2, 2] };
const neg = { op: 'neg', inputs: [0], attrs: {}, dtype: 'f32', shape: [2, 2] };
const good = { version: 1, nodes: [leaf, neg], outputs: [1] };
const x: StoredTensor = { dtype: 'f32', shape: [2, 2], data: new Uint8Array(16) };

function decode(graph: unknown, tensors: [string, StoredTensor][] = [['x', x]]): TapeFile {
  const text = typeof graph === 'string' ? graph : JSON.stringify(graph);
  return decodeTape(writeSafetensors(tensors, [['mia.tape', text]]));
}
const withLeaf = (change: object): object => ({ ...good, nodes: [{ ...leaf, ...change }, neg] });
const withNeg = (change: object): object => ({ ...good, nodes: [leaf, { ...neg, ...change }] });
const deep = (n: number): string => '['.repeat(n) + ']'.repeat(n);

describe('decodeTape', () => {
  it('reads a graph made by hand', () => {
    const { tape, values } = decode(good);
    expect(tape.outputs).toEqual([1]);
    expect(leafEntries(tape).map((e) => e.leaf)).toEqual([{ name: 'x', layout: Layout.rowMajor([2, 2]) }]);
    expect(values).toEqual([x.data]);
    expect((tape satisfies TapeData).entries[1]).toEqual(neg);
  });

  it.each<[string, unknown, string]>([
    ['text that is no JSON', '{', 'the graph is not JSON'],
    ['a list', [], 'the graph: not an object'],
    ['null', null, 'the graph: not an object'],
    ['a key twice', '{"version":1,"version":1,"nodes":[],"outputs":[]}', 'the graph names a key twice'],
    ['no version', { ...good, version: undefined }, 'unknown version: expected 1, got undefined'],
    ['a later version', { ...good, version: 2 }, 'unknown version: expected 1, got 2'],
    ['no nodes', { ...good, nodes: undefined }, 'nodes: not a list'],
    ['a node that is no object', { ...good, nodes: [leaf, 1] }, 'node 1: not an object'],
    ['no outputs', { ...good, outputs: undefined }, 'outputs: not a list'],
    [
      'an output that is no node',
      { ...good, outputs: [2] },
      'outputs: no such node: expected an integer in [0, 2), got 2',
    ],
    ['a negative output', { ...good, outputs: [-1] }, 'outputs: no such node'],
    ['no op', withNeg({ op: undefined }), 'node 1: op: bad name'],
    ['an empty op', withNeg({ op: '' }), 'node 1: op: bad name'],
    ['an endless op', withNeg({ op: 'x'.repeat(1e6) }), 'node 1: op: bad name'],
    ['an unknown dtype', withNeg({ dtype: 'f33' }), "node 1: unknown dtype: got 'f33'"],
    ['a dtype of Object', withNeg({ dtype: 'toString' }), 'node 1: unknown dtype'],
    [
      'an input of its own',
      withNeg({ inputs: [1] }),
      'node 1: inputs: no such node: expected an integer in [0, 1), got 1',
    ],
    ['an input in text', withNeg({ inputs: ['0'] }), 'node 1: inputs: no such node'],
    ['half an input', withNeg({ inputs: [0.5] }), 'node 1: inputs: no such node'],
    ['inputs that are no list', withNeg({ inputs: { length: 1, 0: 0 } }), 'node 1: inputs: not a list'],
    ['a million inputs', withNeg({ inputs: new Array(1e6).fill(0) }), 'node 1: inputs: too many'],
    ['no attributes', withNeg({ attrs: undefined }), 'node 1: attrs: not an object'],
    ['attributes in a list', withNeg({ attrs: [] }), 'node 1: attrs: not an object'],
    [
      'a prototype',
      JSON.stringify(withNeg({ attrs: { a: [{ p: 1 }] } })).replace('"p"', '"__proto__"'),
      'named __proto__',
    ],
    [
      'deep attributes',
      JSON.stringify(withNeg({ attrs: { a: 'A' } })).replace('"A"', deep(1e6)),
      'nested deeper than 24',
    ],
    ['no shape', withNeg({ shape: undefined }), 'node 1: shape: not a list'],
    ['a negative size', withNeg({ shape: [-1] }), 'node 1: bad shape'],
    ['a size that is no number', withNeg({ shape: [null] }), 'node 1: bad shape'],
    ['sizes beyond counting', withNeg({ shape: [2 ** 40, 2 ** 40] }), 'node 1: bad shape'],
    ['sizes beyond counting behind a 0', withNeg({ shape: [0, 2 ** 40, 2 ** 40] }), 'node 1: bad shape'],
    ['a hundred axes', withNeg({ shape: new Array(100).fill(1) }), 'node 1: bad shape'],
    ['a leaf with inputs', withLeaf({ inputs: [] }), 'node 0: a leaf has no inputs'],
    ['a leaf with attributes', withLeaf({ attrs: {} }), 'node 0: a leaf has no inputs'],
    ['a leaf without a name', withLeaf({ name: undefined }), 'node 0: name: bad name'],
    ['leaves of one name', { ...good, nodes: [leaf, leaf] }, "two leaves are named 'x'"],
    ['a layout that is no object', withLeaf({ layout: '(2,2):(1,2)' }), 'node 0: layout: not an object'],
    ['a layout without strides', withLeaf({ layout: { shape: [2, 2] } }), 'node 0: bad layout'],
    ['a layout of text', withLeaf({ layout: { shape: ['2', 2], stride: [1, 2] } }), 'node 0: bad layout'],
    [
      'a layout that nests badly',
      withLeaf({ layout: { shape: [2, 2], stride: [1, [2]] } }),
      'node 0: bad layout',
    ],
    [
      'a layout of another shape',
      withLeaf({ layout: { shape: [4, 1], stride: [1, 4] } }),
      'node 0: bad layout',
    ],
    ['a layout with gaps', withLeaf({ layout: { shape: [2, 2], stride: [1, 1e9] } }), 'node 0: bad layout'],
    ['a layout that overlaps', withLeaf({ layout: { shape: [2, 2], stride: [1, 0] } }), 'node 0: bad layout'],
    [
      'a layout that goes back',
      withLeaf({ layout: { shape: [2, 2], stride: [-1, 2] } }),
      'node 0: bad layout',
    ],
    [
      'values of another dtype',
      withLeaf({ dtype: 'i32' }),
      "tensor 'x' is not its leaf's: expected i32 [2, 2], got f32 [2, 2]",
    ],
    [
      'values of another shape',
      withLeaf({ shape: [4] }),
      "tensor 'x' is not its leaf's: expected f32 [4], got f32 [2, 2]",
    ],
    ['packed values without lanes', withLeaf({ dtype: 'f32x4' }), 'expected f32 [2, 2, 4], got f32 [2, 2]'],
    ['values of no leaf', withLeaf({ name: 'y' }), "tensor 'x' belongs to no leaf"],
  ])('refuses %s', (_, graph, message) => {
    const error = failure(() => decode(graph), 'ERR_FORMAT');
    expect(error.op).toBe('tape');
    expect(error.message).toContain(message);
    expect(error.message.length).toBeLessThan(300);
  });

  it('refuses tensors without a graph', () => {
    const bytes = writeSafetensors([['x', x]]);
    expect(failure(() => decodeTape(bytes), 'ERR_FORMAT').message).toContain("no 'mia.tape' in the metadata");
    expect(parseSafetensors(bytes).tensors.size).toBe(1);
  });

  it('refuses every truncation', () => {
    const bytes = encodeTape(decode(good));
    for (let n = 0; n < bytes.length; n++) failure(() => decodeTape(bytes.subarray(0, n)), 'ERR_FORMAT');
  });
});
