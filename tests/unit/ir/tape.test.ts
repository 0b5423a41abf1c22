import { describe, expect, it } from 'vitest';
import { release, settle, type Node } from '../../../lib/ir/node.js';
import { printTape } from '../../../lib/ir/print.js';
import { postorder } from '../../../lib/ir/postorder.js';
import type { Op } from '../../../lib/ir/op.js';
import { isLeaf, replay, trace, type Entry, type TapeData } from '../../../lib/ir/tape.js';
import { Layout } from '../../../lib/layout/index.js';
import { defaultOps } from '../../../lib/ops/index.js';
import type { Handle } from '../../../lib/tensor/handle.js';
import { record } from '../../../lib/tensor/record.js';
import { fakeDevice } from '../fake-device.js';
import { failure, full, lend, on, placeholder, ramp, source } from './helpers.js';

const node = (handle: Handle): Node => handle.peek('test');
const tapeOf = (...handles: Handle[]): TapeData => trace(handles.map(node)).tape;

describe('trace', () => {
  const device = fakeDevice();
  const x = lend(device, ramp(6), [2, 3]);
  const y = lend(device, ramp(6), [2, 3]);

  it('orders inputs before what uses them, each once, as they were given', () => {
    const sum = on('add', [y, x]);
    const both = on('mul', [sum, on('add', [sum, x])]);
    expect(printTape(tapeOf(both, sum))).toBe(
      [
        '%0 = leaf f32 [2, 3]',
        '%1 = leaf f32 [2, 3]',
        '%2 = add %0, %1 : f32 [2, 3]',
        '%3 = add %2, %1 : f32 [2, 3]',
        '%4 = mul %2, %3 : f32 [2, 3]',
        'return %4, %2',
      ].join('\n'),
    );
    expect(trace([node(both)]).leaves).toEqual([node(y), node(x)]);
  });

  it('tells x + x from x + y', () => {
    expect(tapeOf(on('add', [x, x])).entries).toHaveLength(2);
    expect(tapeOf(on('add', [x, y])).entries).toHaveLength(3);
  });

  it('stops at values that exist already', () => {
    const sum = on('add', [x, y]);
    const result = on('neg', [sum]);
    settle(node(sum), device.core.borrow(ramp(6)));
    expect(printTape(tapeOf(result))).toBe('%0 = leaf f32 [2, 3]\n%1 = neg %0 : f32 [2, 3]\nreturn %1');
  });

  it('names leaves apart', () => {
    const { tape } = trace([node(on('add', [x, y]))], new Map([[node(x), 'leaf.1']]));
    expect(tape.entries.map((e) => e.leaf?.name)).toEqual(['leaf.1', 'leaf.1_', undefined]);
  });

  it('gives strided leaves memory of their own', () => {
    const column = lend(device, ramp(12), new Layout([2, 3], [1, 4]), 'f32', 2);
    expect(tapeOf(column).entries[0].leaf!.layout.toString()).toBe('(2,3):(1,2)');
  });

  it('takes no references', () => {
    const before = [node(x).refs, node(y).refs];
    tapeOf(x, y);
    expect([node(x).refs, node(y).refs]).toEqual(before);
  });
});

describe('postorder', () => {
  it('visits a tower of diamonds once a node', () => {
    const device = fakeDevice();
    let x = lend(device, ramp(1), [1]);
    for (let i = 0; i < 100; i++) x = on('add', [x, x]);
    expect(postorder([node(x), node(x)], isLeaf)).toHaveLength(101);
  });
});

describe('a tape of 100,000 ops', () => {
  it('is traced, printed, recorded again and freed', () => {
    const [device, other] = [fakeDevice(), fakeDevice()];
    let x = lend(device, ramp(4), [4]);
    for (let i = 0; i < 100_000; i++) x = record('neg', [x]);
    const tape = tapeOf(x);
    expect(tape.entries).toHaveLength(100_001);
    expect(printTape(tape).split('\n').at(-2)).toBe('%100000 = neg %99999 : f32 [4]');
    const leaf = lend(other, ramp(4), [4]);
    const [output] = replay(tape, other, [node(leaf)]);
    expect(trace([output]).tape).toEqual(tape);
    leaf.dispose();
    release(output);
    x.dispose();
    for (const d of [device, other]) expect(d.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
  });
});

describe('replay', () => {
  const device = fakeDevice();
  const leafEntry = (shape: number[]): Entry => ({
    op: 'leaf',
    inputs: [],
    attrs: {},
    dtype: 'f32',
    shape,
    leaf: { name: `leaf.${shape.join('x')}`, layout: Layout.rowMajor(shape) },
  });
  const entry = (
    op: string,
    inputs: number[],
    attrs: Entry['attrs'] = {},
    shape: number[] = [2, 3],
    dtype: Entry['dtype'] = 'f32',
  ): Entry => ({ op, inputs, attrs, shape, dtype });
  const run = (entries: Entry[], shapes?: 'infer', target = device): void => {
    const tape = { entries: [leafEntry([2, 3]), ...entries], outputs: [entries.length] };
    const leaf = placeholder(target, 'f32', [2, 3]);
    try {
      replay(tape, target, [node(leaf)], shapes).forEach(release);
    } finally {
      expect(node(leaf).refs).toBe(1); // nothing is left behind, whatever happened
      leaf.dispose();
    }
  };

  it('records the same nodes, views included', () => {
    const x = lend(device, ramp(24), Layout.colMajor([4, 6]));
    const scaled = on('mul', [on('permute', [x], { axes: [1, 0] }), full(device, 2, 'f32')]);
    const y = on('softmax', [on('reshape', [scaled], { shape: [3, -1] })], { axis: 1 });
    const z = on('slice', [scaled], {
      ranges: [
        [0, 2, 2],
        [3, 4, -1],
      ],
    });
    const { tape, leaves } = trace([node(y), node(z)]);
    const other = fakeDevice();
    const leaf = lend(other, ramp(24), Layout.colMajor([4, 6]));
    const outputs = replay(tape, other, [node(leaf)]);
    expect(leaves).toHaveLength(1);
    expect(trace(outputs).tape).toEqual(tape);
    for (const [a, b] of [
      [node(y), outputs[0]],
      [node(z), outputs[1]],
    ]) {
      expect([b.dtype, b.shape, b.offset, b.device]).toEqual([a.dtype, a.shape, a.offset, other]);
      expect(b.layout.equals(a.layout)).toBe(true);
    }
    expect(outputs.map((n) => n.refs)).toEqual([1, 1]);
  });

  it('drops what no output needs', () => run([entry('neg', [0]), entry('abs', [0])]));

  it('gives an output named twice a reference each', () => {
    const leaf = placeholder(device, 'f32', [2, 3]);
    const [a, b] = replay({ entries: [leafEntry([2, 3]), entry('neg', [0])], outputs: [1, 1] }, device, [
      node(leaf),
    ]);
    expect([a === b, a.refs]).toEqual([true, 2]);
  });

  it('infers shapes from leaves of other sizes when told to', () => {
    const x = lend(device, ramp(6), [2, 3]);
    const { tape } = trace([node(on('reshape', [on('relu', [x])], { shape: [-1] }))]);
    const wide = placeholder(device, 'f32', [5, 4]);
    expect(replay(tape, device, [node(wide)], 'infer')[0].shape).toEqual([20]);
    expect(failure(() => replay(tape, device, [node(wide)]), 'ERR_FORMAT').message).toBe(
      'tape: %1 relu contradicts its op: expected f32 [2, 3], got f32 [5, 4]',
    );
  });

  const opaque: Op = {
    name: 'rot',
    kind: 'routine',
    form: 'host',
    kernel: 'host',
    typed: false,
    doc: '',
    infer: ([x]) => x,
    ints: () => [],
  };
  it('takes custom ops that the device has', () => {
    run([entry('rot', [0])], undefined, fakeDevice({ ops: new Map([...defaultOps, ['rot', opaque]]) }));
    expect(failure(() => run([entry('rot', [0])]), 'ERR_UNSUPPORTED').message).toBe(
      "tape: this cpu device has no op 'rot' (%1); add it with addOp()",
    );
  });

  it.each<[string, Entry, string]>([
    ['another shape than the op gives', entry('neg', [0], {}, [3, 2]), 'contradicts its op'],
    [
      'another dtype than the op gives',
      entry('eq', [0, 0]),
      'contradicts its op: expected f32 [2, 3], got bool [2, 3]',
    ],
    ['too few inputs', entry('add', [0]), 'contradicts its op: expected 2 inputs, got 1'],
    ['no inputs', entry('add', []), 'contradicts its op'],
    [
      'a reduction of two',
      entry('sum', [0, 0], { axes: [0], keepDims: false }, [3]),
      'expected 1 inputs, got 2',
    ],
    ['a view of nothing', entry('reshape', [], { shape: [6] }, [6]), 'expected 1 inputs, got 0'],
    [
      'an iota of something',
      entry('iota', [0], { size: 2, dtype: 'i32' }, [2], 'i32'),
      'expected 0 inputs, got 1',
    ],
    ['missing inputs of a composite', entry('matmul', [0]), 'bad inputs or attributes'],
    ['missing attributes', entry('permute', [0]), 'bad inputs or attributes'],
    [
      'attributes that the op refuses',
      entry('reshape', [0], { shape: [7] }, [7]),
      'reshape: element count differs',
    ],
    ['attributes of another type', entry('slice', [0], { ranges: 'all' }), 'is not what its op takes'],
    ['a leaf in disguise', entry('leaf', []), 'is made by the planner, never recorded'],
    [
      'an op below the tape',
      entry('assemble', [0], { shape: [2, 3], starts: [[1e9, 0]] }),
      'is made by the planner, never recorded',
    ],
  ])('refuses %s', (_, bad, message) => {
    expect(failure(() => run([bad]), 'ERR_FORMAT').message).toContain(message);
  });

  it("lets the op speak when sizes are the caller's", () => {
    expect(
      failure(() => run([entry('reshape', [0], { shape: [7] }, [7])], 'infer'), 'ERR_SHAPE').message,
    ).toContain('reshape: ');
  });

  it('records every op that methods can record', () => {
    const internal = [...defaultOps.values()]
      .filter((op) => op.kind === 'leaf' || (op.kind === 'routine' && op.internal))
      .map((op) => op.name);
    expect(internal).toEqual([
      'leaf',
      'softmaxRows',
      'logSoftmaxRows',
      'normalizeRows',
      'rmsRows',
      'l2Rows',
      'cumsumRows',
      'product',
      'assemble',
      'gatherRows',
      'takeAlongRows',
      'topkRows',
      'scatterSet',
      'scatterAdd',
    ]);
    run(
      [source(device, 'iota', { size: 3, dtype: 'f32' })].map((h) => entry('iota', [], node(h).attrs, [3])),
    );
  });
});
