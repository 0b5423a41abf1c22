import { describe, expect, test } from 'vitest';
import { expr } from '../../../lib/tensor/expr.js';
import { parseInfix, type Formula } from '../../../lib/tensor/infix.js';
import { fakeDevice } from '../fake-device.js';
import { failure, zeros, type Any } from './helpers.js';

/** A formula with its grouping written out, holes as letters. */
function grouped(formula: Formula): string {
  if (typeof formula === 'number') return String(formula);
  if ('hole' in formula) return 'ABCDEF'[formula.hole];
  const [x, y] = formula.args.map(grouped);
  return y === undefined ? `(${formula.op} ${x})` : `(${x} ${formula.op} ${y})`;
}
/** 'A + B' as a tag gets it. */
const parse = (text: string): string => grouped(parseInfix(text.split(/[A-F]/)));

describe('precedence and grouping', () => {
  const cases: [string, string][] = [
    ['A + B * C', '(A add (B mul C))'],
    ['A * B + C', '((A mul B) add C)'],
    ['A - B - C', '((A sub B) sub C)'],
    ['A / B @ C', '((A div B) matmul C)'],
    ['A @ B + C', '((A matmul B) add C)'],
    ['A ** B ** C', '(A pow (B pow C))'],
    ['-A ** B', '(neg (A pow B))'],
    ['A ** -B', '(A pow (neg B))'],
    ['-A * B', '((neg A) mul B)'],
    ['A - -B', '(A sub (neg B))'],
    ['--A', '(neg (neg A))'],
    ['(A + B) * (C - D)', '((A add B) mul (C sub D))'],
    ['((A))', 'A'],
    ['2 * A + 0.5', '((2 mul A) add 0.5)'],
    ['1e-3*A', '(0.001 mul A)'],
    ['.5*A', '(0.5 mul A)'],
    ['2.*A', '(2 mul A)'],
    ['A\n  + B', '(A add B)'],
  ];
  test.each(cases)('%j', (text, expected) => expect(parse(text)).toBe(expected));
});

describe('what is no formula', () => {
  const cases: [string, string][] = [
    ['A +', "expected a value, a number, '-' or '(', got the end"],
    ['A B', 'expected an operator, got a value'],
    ['A 2', "expected an operator, got '2'"],
    ['(A', "expected ')', got the end"],
    ['A)', "expected an operator, got ')'"],
    ['* A', "got '*'"],
    ['A % B', "expected one of + - * / ** @ ( ) and numbers, got '%'"],
    ['A *** B', "got '*'"],
    ['1.2.3 * A', "expected an operator, got '.3'"],
    ['x + A', "got 'x'"],
    ['', 'got the end'],
  ];
  test.each(cases)('%j', (text, says) => {
    const error = failure(() => parse(text));
    expect(error).toMatchObject({ code: 'ERR_FORMAT', op: 'expr' });
    expect(error.message).toContain(says);
  });
});

const device = fakeDevice();
const f32 = (...shape: number[]): Any => zeros(device, shape);
const tape = (t: Any): string => {
  const text = t.tape.toString();
  t.dispose();
  return text;
};

describe('records what the methods record', () => {
  test('a + b * c', () => {
    const [a, b, c] = [f32(2), f32(2), f32(2)];
    const [d, e, g] = [a.clone(), b.clone(), c.clone()];
    expect(tape(expr`${a} + ${b} * ${c}`)).toBe(tape(d.add(e.mul(g))));
  });

  test('numbers, in the text or as values, on either side', () => {
    const t = expr`2 - ${f32(2)} / ${3}`;
    const ops = t.tape.ops;
    const text = (i: number): string => {
      const { op, attrs, inputs } = ops[i];
      return op === 'full' ? JSON.stringify(attrs.value) : `(${inputs.map(text).join(` ${op} `)})`;
    };
    expect(text(ops.length - 1)).toBe('(2 sub (0 div 3))');
    t.dispose();
  });

  test('numbers among themselves are computed', () => {
    const t = expr`${f32(2)} * (2 ** 3 - 1 / ${4})`;
    expect(t.tape.ops.find((e) => e.shape.length === 0)!.attrs.value).toBe(7.75);
    t.dispose();
  });

  test('matmul', () => {
    const t = expr`${f32(2, 3)} @ ${f32(3, 4)} + ${f32(4)}`;
    expect(t.shape).toEqual([2, 4]);
    t.dispose();
  });
});

test('consumes once, and leaves nothing between', () => {
  const device = fakeDevice();
  const [a, b, c] = [zeros(device, [2]), zeros(device, [2]), zeros(device, [2])];
  const y = expr`${a} + ${b} * ${c}`;
  expect([a.moved, b.moved, c.moved, device.memory().liveTensors]).toEqual([true, true, true, 1]);
  y.dispose();
});

describe('fails as the methods do, and consumes nothing', () => {
  const cases: [string, (a: Any, b: Any) => unknown, string, string][] = [
    ['shapes', (a, b) => expr`${a} * 2 + ${b}`, 'ERR_SHAPE', 'add: shapes do not broadcast: [2] and [3]'],
    ['the same handle', (a) => expr`${a} + ${a}`, 'ERR_TENSOR_MOVED', 'is given twice; clone() it'],
    ['dtypes', (a) => expr`${a} + ${zeros(a.device, [2], 'i32')}`, 'ERR_DTYPE', 'add: dtypes differ'],
    ['a number at @', (a) => expr`${a} @ 2`, 'ERR_DTYPE', 'matmul: not a tensor: expected a tensor, got 2'],
    ['no tensor', () => expr`${1} + ${2}`, 'ERR_SHAPE', 'expr: needs a tensor'],
    ['no value', () => expr`1 + 2`, 'ERR_SHAPE', 'expr: needs a tensor'],
    ['a stranger', (a) => expr`${a} + ${'b' as never}`, 'ERR_DTYPE', "expr: not a tensor: expected a tensor, got 'b'"],
    ['another device', (a) => expr`${a} + ${zeros(fakeDevice(), [2])}`, 'ERR_DEVICE', 'expr: tensors live on different devices'],
    ['a bad formula', (a) => expr`${a} +`, 'ERR_FORMAT', 'expr: not a formula'],
  ]; // prettier-ignore
  test.each(cases)('%s', (_, call, code, says) => {
    const device = fakeDevice();
    const [a, b] = [zeros(device, [2]), zeros(device, [3])];
    const error = failure(() => call(a, b));
    expect(error.code).toBe(code);
    expect(error.message).toContain(says);
    expect([a.moved, b.moved]).toEqual([false, false]);
    expect([a.peek('test').refs, b.peek('test').refs]).toEqual([1, 1]);
  });
});

test('parses once per call site', () => {
  let reads = 0;
  const strings = ['', ' + 1'];
  Object.defineProperty(strings, 'raw', { get: () => (reads++, ['', ' + 1']) });
  for (let i = 0; i < 3; i++) expr(strings as unknown as TemplateStringsArray, f32(2)).dispose();
  expect(reads).toBe(1);
});
