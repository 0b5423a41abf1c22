import { describe, expect, test } from 'vitest';
import type { Op } from '../../../lib/ir/op.js';
import { evaluate, s } from '../../../lib/ir/scalar.js';
import { defaultOps } from '../../../lib/ops/index.js';
import { apply, defineOp, defineScalarOp } from '../../../lib/tensor/custom.js';
import { fakeDevice } from '../fake-device.js';
import { failure, zeros } from './helpers.js';

const wrong = (value: unknown): never => value as never;
const median = defineOp({
  name: 'median',
  doc: 'median of each row',
  infer: ([x]) => ({ dtype: 'f32', shape: x.shape.slice(0, -1) }),
});
const mish = defineScalarOp({
  name: 'mish',
  doc: 'x * tanh(log(1 + exp(x)))',
  expr: (x) => s.mul(x, s.tanh(s.log(s.add(1, s.exp(x))))),
});
const blend = defineScalarOp({
  name: 'blend',
  doc: 'x * w + y * (1 - w)',
  kinds: ['float'],
  expr: (x, y, w) => s.add(s.mul(x, w), s.mul(y, s.sub(1, w))),
});
const device = fakeDevice({
  ops: new Map<string, Op>([...defaultOps, ...[median, mish, blend].map((op) => [op.name, op] as const)]),
});

describe('defineOp', () => {
  test('makes an op that records', () => {
    const x = zeros(device, [2, 3]);
    const y = apply(median, [x], { lower: true });
    expect([y.dtype, y.shape, x.moved]).toEqual(['f32', [2], true]);
    expect(y.tape.ops.at(-1)).toMatchObject({ op: 'median', attrs: { lower: true } });
    y.dispose();
  });

  test('checks what its rule gives', () => {
    const bad = (result: unknown): Op => defineOp({ name: 'bad', doc: '', infer: () => wrong(result) });
    const rows: [unknown, string, string][] = [
      [undefined, 'ERR_SHAPE', 'bad: infer gave no result: expected { dtype, shape }, got undefined'],
      [{ dtype: 'f33', shape: [] }, 'ERR_DTYPE', 'bad: unknown dtype'],
      [{ dtype: 'f32', shape: [NaN] }, 'ERR_SHAPE', 'bad: bad size in shape'],
      [{ dtype: 'f32' }, 'ERR_SHAPE', 'bad: bad shape'],
    ];
    for (const [result, code, says] of rows) {
      const op = bad(result);
      const own = fakeDevice({ ops: new Map([...defaultOps, [op.name, op]]) });
      const x = zeros(own, [2]);
      const error = failure(() => apply(wrong(op), [x]));
      expect([error.code, x.moved]).toEqual([code, false]);
      expect(error.message).toContain(says);
    }
  });

  const declarations: [unknown, string][] = [
    [{ name: '', doc: '', infer: () => 0 }, 'bad name'],
    [{ name: '1x', doc: '', infer: () => 0 }, 'bad name'],
    [{ doc: '', infer: () => 0 }, 'bad name'],
    [{ name: 'x', infer: () => 0 }, 'x has no doc'],
    [{ name: 'x', doc: '' }, 'x: bad infer: expected a function, got undefined'],
  ];
  test.each(declarations)('refuses %o', (declaration, says) => {
    expect(failure(() => defineOp(wrong(declaration))).message).toContain(`defineOp: ${says}`);
  });
});

describe('defineScalarOp', () => {
  test('makes an op of the formula', () => {
    expect(evaluate(mish.expr({}, []), [1])).toBeCloseTo(0.8650983882673103, 12);
    expect(evaluate(blend.expr({}, []), [2, 4, 0.25])).toBe(3.5);
  });

  test('broadcasts, keeps dtype and lanes', () => {
    const y = apply(blend, [zeros(device, [2, 1]), zeros(device, [3]), zeros(device, [])]);
    expect([y.dtype, y.shape]).toEqual(['f32', [2, 3]]);
    y.dispose();
    const packed = apply(mish, [zeros(device, [2], 'f32x4')]);
    expect(packed.dtype).toBe('f32x4');
    packed.dispose();
  });

  test('checks number and kinds of its inputs', () => {
    expect(failure(() => apply(blend, [zeros(device, [2])])).message).toBe(
      'blend: wrong number of tensors: expected 3, got 1',
    );
    expect(failure(() => apply(mish, [zeros(device, [2], 'i32')])).message).toContain(
      'mish: cannot take i32',
    );
    expect(failure(() => defineScalarOp(wrong({ name: 'x', doc: '' }))).message).toContain('x: bad expr');
  });
});

describe('apply', () => {
  const x = (): ReturnType<typeof zeros> => zeros(device, [2, 3]);
  const rows: [string, () => unknown, string, string][] = [
    ['an op that the device lacks', () => apply(median, [zeros(fakeDevice(), [2])]), 'ERR_UNSUPPORTED', 'median: this cpu device does not have this op'],
    ['another op of that name', () => apply({ ...median }, [x()]), 'ERR_UNSUPPORTED', 'does not have this op'],
    ['no op', () => apply(wrong(undefined), [x()]), 'ERR_UNSUPPORTED', 'apply: '],
    ['no tensors', () => apply(median, []), 'ERR_SHAPE', 'median: needs at least one tensor'],
    ['no list', () => apply(median, wrong(x())), 'ERR_SHAPE', 'median: bad tensors'],
    ['a stranger', () => apply(median, wrong([1])), 'ERR_DTYPE', 'median: not a tensor'],
    ['attributes that are no JSON', () => apply(median, [x()], { f: wrong(() => 0) }), 'ERR_FORMAT', 'median: attributes: '],
    ['a NaN attribute', () => apply(median, [x()], { f: NaN }), 'ERR_FORMAT', 'median: attributes: '],
    ['attributes that are no object', () => apply(median, [x()], wrong(3)), 'ERR_FORMAT', 'expected an object, got 3'],
  ]; // prettier-ignore
  test.each(rows)('refuses %s', (_, call, code, says) => {
    const error = failure(call);
    expect(error.message).toContain(says);
    expect(error.code).toBe(code);
  });

  test('keeps a copy of the attributes', () => {
    const attrs = { list: [1] };
    const y = apply(median, [x()], attrs);
    attrs.list.push(2);
    expect(y.tape.ops.at(-1)!.attrs).toEqual({ list: [1] });
    y.dispose();
  });
});
