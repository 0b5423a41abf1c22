import { describe, expect, it } from 'vitest';
import { inspect } from 'node:util';
import type { Device } from '../../../lib/device.js';
import { release } from '../../../lib/ir/node.js';
import { Layout } from '../../../lib/layout/index.js';
import { Handle } from '../../../lib/tensor/handle.js';
import { record } from '../../../lib/tensor/record.js';
import { Tape, type TapeInputs } from '../../../lib/tensor/tape.js';
import { fakeDevice } from '../fake-device.js';
import { failure, lend, on, placeholder, ramp } from './helpers.js';

const tapeOf = (...handles: Handle[]): Tape => new Tape(handles.map((h) => h.peek('test')));
const bytesIn = (h: Handle): Uint8Array => h.peek('test').storage!.peek()!;

/** x - y of [2, 3], x with a value and y without. */
function difference(device: Device): Tape {
  return tapeOf(record('sub', [lend(device, ramp(6), [2, 3]), placeholder(device, 'f32', [2, 3])]));
}

describe('Tape', () => {
  it('shows its ops, text and drawing', () => {
    const tape = difference(fakeDevice());
    expect(
      tape.ops.map(({ op, inputs, attrs, dtype, shape }) => ({ op, inputs, attrs, dtype, shape })),
    ).toEqual([
      { op: 'leaf', inputs: [], attrs: {}, dtype: 'f32', shape: [2, 3] },
      { op: 'leaf', inputs: [], attrs: {}, dtype: 'f32', shape: [2, 3] },
      { op: 'sub', inputs: [0, 1], attrs: {}, dtype: 'f32', shape: [2, 3] },
    ]);
    expect(String(tape)).toBe(
      '%0 = leaf f32 [2, 3]\n%1 = leaf f32 [2, 3]\n%2 = sub %0, %1 : f32 [2, 3]\nreturn %2',
    );
    expect(inspect(tape)).toBe(String(tape));
    expect(tape.mermaid()).toMatch(/^graph TD\n/);
  });

  it('says when a value is gone', () => {
    const device = fakeDevice();
    const x = lend(device, ramp(6), [2, 3]);
    const tape = tapeOf(x);
    x.dispose();
    expect(failure(() => tape.toBytes(), 'ERR_TENSOR_MOVED').message).toContain("'leaf.0' was freed since");
    expect(failure(() => tape.bind(fakeDevice()), 'ERR_TENSOR_MOVED').op).toBe('tape');
    expect(Tape.fromBytes(tape.toBytes({ data: false })).toString()).toBe(tape.toString());
  });

  it('says when a value is out of reach', () => {
    const tape = tapeOf(lend(fakeDevice({ kind: 'webgpu', visible: false }), ramp(6), [2, 3]));
    expect(failure(() => tape.toBytes(), 'ERR_UNSUPPORTED').message).toContain('lies on a webgpu device');
    expect(tape.toBytes({ data: false })).toBeInstanceOf(Uint8Array);
  });
});

describe('bind', () => {
  it('makes tensors of the registered class', () => {
    class Tensor extends Handle {}
    Tape.tensor = Tensor;
    try {
      expect(tapeOf(lend(fakeDevice(), ramp(2), [2])).bind(fakeDevice())[0]).toBeInstanceOf(Tensor);
    } finally {
      Tape.tensor = Handle;
    }
  });

  it('shares values with tensors of the same device, and copies them to another', () => {
    const device = fakeDevice();
    const x = lend(device, ramp(6), [2, 3]);
    const tape = tapeOf(on('neg', [x]));
    const [same] = tape.bind(device);
    expect(same.peek('test').inputs[0]).toBe(x.peek('test'));
    const other = fakeDevice();
    const [copied] = tape.bind(other);
    const storage = copied.peek('test').inputs[0].storage!.peek()!;
    expect(storage).toEqual(bytesIn(x));
    expect(storage.buffer).not.toBe(bytesIn(x).buffer);
    expect(other.memory()).toMatchObject({ liveTensors: 1, liveBytes: 24 });
    copied.dispose();
    expect(other.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
  });

  it('takes inputs by order and by name, tensors and arrays', () => {
    const device = fakeDevice();
    const tape = difference(device);
    const given = Float32Array.of(9, 8, 7, 6, 5, 4);
    for (const inputs of [[undefined, given], { 'leaf.1': given }] as TapeInputs[]) {
      const [out] = tape.bind(device, inputs);
      const [x, y] = out.peek('test').inputs;
      expect(y.storage!.peek()!.buffer).toBe(given.buffer);
      expect(x.storage!.peek()).toEqual(new Uint8Array(ramp(6).buffer));
    }
    const tensor = lend(device, given, [2, 3]);
    const node = tensor.peek('test');
    const [out] = tape.bind(device, { 'leaf.0': given, 'leaf.1': tensor });
    expect(out.peek('test').inputs[1]).toBe(node);
    expect(tensor.moved).toBe(true);
    expect(node.refs).toBe(1);
  });

  it('lays arrays, which are row-major, out as the leaf was', () => {
    const device = fakeDevice();
    const tape = tapeOf(lend(device, ramp(6), Layout.colMajor([2, 3])));
    const [x] = tape.bind(device, [Float32Array.of(0, 2, 4, 1, 3, 5)]);
    expect(x.layout.toString()).toBe('(2,3):(1,2)');
    expect(bytesIn(x)).toEqual(new Uint8Array(ramp(6).buffer));
  });

  it('takes tensors of other sizes when told to', () => {
    const device = fakeDevice();
    const tape = tapeOf(on('reshape', [placeholder(device, 'f32', [2, 3])], { shape: [3, -1] }));
    const [out] = tape.bind(device, [lend(device, ramp(12), [4, 3])], { shapes: 'infer' });
    expect(out.shape).toEqual([3, 4]);
    failure(() => tape.bind(device, [lend(device, ramp(10), [10])], { shapes: 'infer' }), 'ERR_SHAPE');
  });

  it('loads on a device that can hold the values but not show them', () => {
    const bytes = tapeOf(lend(fakeDevice(), ramp(6), [2, 3])).toBytes();
    const gpu = fakeDevice({ kind: 'webgpu', visible: false });
    expect(Tape.fromBytes(bytes).bind(gpu)[0].device).toBe(gpu);
  });

  it('leaves nothing behind', () => {
    const [device, other] = [fakeDevice(), fakeDevice()];
    const x = lend(device, ramp(6), [2, 3]);
    const out = on('add', [on('neg', [x]), x]);
    const tape = Tape.fromBytes(tapeOf(out, out, x).toBytes());
    const made = tape.bind(other);
    expect(other.memory()).toMatchObject({ liveTensors: 3, liveBytes: 24 });
    made.forEach((h) => h.dispose());
    expect(other.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
  });

  const device = fakeDevice();
  const [good, elsewhere] = [lend(device, ramp(6), [2, 3]), lend(fakeDevice(), ramp(6), [2, 3])];
  const moved = lend(device, ramp(6), [2, 3]);
  moved.dispose();
  const detached = ramp(6);
  structuredClone(detached, { transfer: [detached.buffer as ArrayBuffer] });
  it.each<[string, unknown, string, string]>([
    ['nothing for a leaf without a value', {}, 'ERR_FORMAT', "no value for 'leaf.1' f32 [2, 3]"],
    [
      'a name that no leaf has',
      { y: good },
      'ERR_SHAPE',
      "no such leaf: expected one of ['leaf.0', 'leaf.1'], got 'y'",
    ],
    ['too many inputs', [good, good, good], 'ERR_SHAPE', 'too many inputs: expected at most 2, got 3'],
    ['a tensor instead of a list', good, 'ERR_DTYPE', 'bad inputs'],
    ['an array instead of a list', ramp(6), 'ERR_DTYPE', 'bad inputs'],
    ['null', null, 'ERR_DTYPE', 'bad inputs'],
    ['text', 'abc', 'ERR_DTYPE', 'bad inputs'],
    [
      'a plain array',
      [undefined, [1, 2, 3, 4, 5, 6]],
      'ERR_DTYPE',
      'expected a tensor or a Float32Array, got [1, 2',
    ],
    ['an array of another dtype', [undefined, new Int32Array(6)], 'ERR_DTYPE', 'got a Int32Array'],
    ['an array of another length', [undefined, ramp(5)], 'ERR_SHAPE', 'expected 6 numbers, got 5'],
    ['a detached array', [undefined, detached], 'ERR_SHAPE', 'expected 6 numbers, got 0'],
    [
      'a tensor of another dtype',
      [undefined, lend(device, new Int32Array(6), [2, 3])],
      'ERR_DTYPE',
      'dtype differs',
    ],
    [
      'a tensor of another shape',
      [undefined, lend(device, ramp(6), [3, 2])],
      'ERR_SHAPE',
      "expected 'leaf.1' f32 [2, 3], got [3, 2]",
    ],
    ['a tensor of another device', [undefined, elsewhere], 'ERR_DEVICE', 'tensor of another device'],
    ['a moved tensor', [undefined, moved], 'ERR_TENSOR_MOVED', 'was already given to dispose'],
    ['one tensor for two leaves', [good, good], 'ERR_TENSOR_MOVED', 'is given twice'],
  ])('refuses %s and consumes nothing', (_, inputs, code, message) => {
    const tape = difference(device);
    const before = device.memory();
    const error = failure(() => tape.bind(device, inputs as TapeInputs), code as never);
    expect(error.op).toBe('bind');
    expect(error.message).toContain(message);
    expect(device.memory()).toEqual(before);
    expect(good.peek('test').refs).toBe(1);
  });

  it('refuses what is no device, and a closed one', async () => {
    const tape = difference(device);
    for (const bad of [undefined, {}, { core: {} }, { core: { ops: {} } }, 'cpu']) {
      failure(() => tape.bind(bad as Device), 'ERR_DEVICE');
    }
    const closed = fakeDevice();
    await closed.close();
    failure(() => tape.bind(closed), 'ERR_CLOSED');
  });

  it('frees what it lent when a later step fails', () => {
    const tape = Tape.fromBytes(tapeOf(on('neg', [lend(fakeDevice(), ramp(6), [2, 3])])).toBytes());
    const ops = new Map(fakeDevice().core.ops);
    ops.delete('neg');
    const poor = fakeDevice({ ops });
    expect(failure(() => tape.bind(poor), 'ERR_UNSUPPORTED').message).toContain("no op 'neg'");
    expect(poor.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
  });

  it('does not touch references that are not its own', () => {
    const x = lend(device, ramp(6), [2, 3]);
    const node = x.peek('test');
    tapeOf(x)
      .bind(device)
      .forEach((h) => release(h.take('test')));
    expect(node.refs).toBe(1);
    expect(node.storage).toBeDefined();
  });
});
