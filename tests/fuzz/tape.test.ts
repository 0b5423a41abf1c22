/**
 * Hostile tapes: whatever the bytes, loading, printing, saving and binding end in a tape or in a MiaError, soon, and
 * leave nothing behind. Longer: FUZZ_RUNS=1000000 npx vitest run tests/fuzz; FUZZ_SEED repeats a run.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bytesFor, isBlock } from '../../lib/dtype.js';
import { MiaError, type ErrorCode } from '../../lib/errors.js';
import type { Node } from '../../lib/ir/node.js';
import type { Json } from '../../lib/ir/op.js';
import { postorder } from '../../lib/ir/postorder.js';
import { isLeaf } from '../../lib/ir/tape.js';
import { unitsOf, viewOf } from '../../lib/ir/units.js';
import { Layout, spanOf } from '../../lib/layout/index.js';
import { Tape } from '../../lib/tensor/tape.js';
import { planningDevice } from '../plans/planning-device.js';
import { fakeDevice } from '../unit/fake-device.js';
import { full, lend, on, placeholder, ramp, source } from '../unit/ir/helpers.js';
import { mutants } from './mutate.js';

const numRuns = Number(process.env.FUZZ_RUNS ?? 3000);
const seed = process.env.FUZZ_SEED === undefined ? undefined : Number(process.env.FUZZ_SEED);
const MAX_MILLISECONDS = 2000;

/** Tapes that together have every kind of op, leaf and attribute. */
function samples(): Uint8Array[] {
  const device = fakeDevice();
  const x = lend(device, ramp(24), [2, 3, 4]);
  const w = lend(device, ramp(8), Layout.colMajor([4, 2]));
  const i = lend(device, Int32Array.of(1, 0), [2]);
  const packed = lend(device, ramp(8), [2], 'f32x4');
  const blocks = lend(device, new Uint8Array(6 * 34), [3, 64], 'q8_0');
  const turned = on('permute', [blocks], { axes: [1, 0] });
  const rows = lend(device, ramp(128), [2, 64]);
  const ranges: Json = [
    [0, 2, 1],
    [2, 3, -1],
    [1, 2, 2],
  ];
  const roots = [
    [on('softmax', [on('add', [on('matmul', [x, w]), full(device, 0.5, 'f32')])], { axis: 2 })],
    [
      on('slice', [x], { ranges }),
      on('permute', [x], { axes: [2, 0, 1] }),
      on('reshape', [x], { shape: [4, -1] }),
    ],
    [on('sum', [x], { axes: [0, 2], keepDims: true }), on('argmax', [x], { axes: [1], keepDims: false })],
    [on('gather', [x, i], { axis: 1 }), on('topk', [x], { axis: 2, k: 2, largest: true })],
    [on('sample', [x, on('lt', [x, x]), lend(device, ramp(36), [2, 3, 6])])],
    [
      on('concat', [x, x], { axis: 0 }),
      on('pad', [x, full(device, 0, 'f32')], { before: [1, 0, 0], after: [0, 2, 0] }),
    ],
    [on('scatter', [w, i, lend(device, ramp(4), [2, 2])], { axis: 0, mode: 'add' })],
    [
      on('cast', [on('add', [packed, packed])], { dtype: 'f32', axis: 0 }),
      on('cast', [x], { dtype: 'f32x4', axis: 2 }),
      on('to', [w], { dtype: 'f16' }),
    ],
    [
      on('groupNorm', [x], { groups: 3, eps: 1e-5 }),
      on('where', [on('lt', [x, x]), x, x]),
      on('broadcastTo', [x], { shape: [2, 2, 3, 4] }),
    ],
    [
      on('matmul', [rows, turned]),
      on('gather', [blocks, i], { axis: 0 }),
      on('dequantize', [on('reshape', [blocks], { shape: [6, 32] })], { dtype: 'f16' }),
      on('slice', [on('quantize', [rows], { dtype: 'q4_0' })], { ranges: [[0, 2, 1], [32, 32, 1]] }), // prettier-ignore
    ],
    [on('mul', [source(device, 'iota', { size: 4, dtype: 'f32' }), placeholder(device, 'f32', [2, 4])])],
  ];
  return roots.map((handles) => new Tape(handles.map((h) => h.peek('test'))).toBytes());
}

/** The result of `fn`, or undefined where it throws a MiaError of one of the codes; any other error is a finding. */
function attempt<T>(codes: readonly ErrorCode[], fn: () => T): T | undefined {
  try {
    return fn();
  } catch (e) {
    if (e instanceof MiaError && codes.includes(e.code)) return undefined;
    throw e;
  }
}

/** Views stay inside the memory that they look at: behind a device there is no other guard. */
function checkViews(roots: readonly Node[]): void {
  const bytesBehind = new Map<Node, number>();
  for (const node of postorder(roots, isLeaf)) {
    const { op, inputs, attrs, layout, offset, dtype } = node;
    const isView = op.kind === 'move' && viewOf(op, inputs[0], node, attrs) !== null;
    const own = node.storage?.bytes ?? bytesFor(dtype, layout.size);
    const bytes = isView ? bytesBehind.get(inputs[0])! : own;
    bytesBehind.set(node, bytes);
    if (layout.size === 0) continue;
    const { min, max } = spanOf(layout);
    expect(offset + min).toBeGreaterThanOrEqual(0);
    expect(bytesFor(dtype, offset + max + 1)).toBeLessThanOrEqual(bytes);
    expect(unitsOf(node)).not.toBeNull();
  }
}

let loaded = 0;
let bound = 0;

function check(bytes: Uint8Array): void {
  const start = performance.now();
  const tape = attempt(['ERR_FORMAT'], () => Tape.fromBytes(bytes));
  if (tape) {
    loaded++;
    expect(tape.mermaid()).toMatch(/^graph TD/);
    const saved = tape.toBytes();
    expect(Tape.fromBytes(saved).toString()).toBe(tape.toString());
    for (const shapes of ['as recorded', 'infer'] as const) {
      const device = planningDevice();
      const codes: ErrorCode[] = ['ERR_FORMAT', 'ERR_UNSUPPORTED'];
      if (shapes === 'infer') codes.push('ERR_SHAPE', 'ERR_DTYPE', 'ERR_LAYOUT');
      const made = attempt(codes, () => tape.bind(device, {}, { shapes }));
      if (made) bound++;
      checkViews(made?.map((handle) => handle.peek('test')) ?? []);
      // What could be recorded can be planned, and MIA_VERIFY holds every pass and the plan to the rules.
      for (const handle of made ?? []) {
        const node = handle.peek('test');
        // But blocks come back only along the last axis.
        const refused: ErrorCode[] = isBlock(node.dtype) ? ['ERR_LAYOUT'] : [];
        const plan = attempt(refused, () => device.core.explain({ node, form: 'array' }));
        expect(String(plan ?? '')).toMatch(/^(0: .*\n)?/);
      }
      made?.forEach((handle) => handle.dispose());
      expect(device.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
    }
  }
  expect(performance.now() - start).toBeLessThan(MAX_MILLISECONDS);
}

it(
  `${numRuns} mutated tapes end in a tape or in a MiaError`,
  () => {
    process.env.MIA_VERIFY = '1';
    const files = samples();
    files.forEach(check);
    [loaded, bound] = [0, 0];
    fc.assert(
      fc.property(mutants(files), (bytes) => {
        check(bytes);
      }),
      { numRuns, seed },
    );
    // A fuzzer whose files all fail at the door, or that never breaks one, tests nothing.
    expect(loaded).toBeGreaterThan(numRuns / 50);
    expect(loaded).toBeLessThan(numRuns);
    expect(bound).toBeGreaterThan(numRuns / 100);
  },
  60_000 + numRuns * 20,
);
