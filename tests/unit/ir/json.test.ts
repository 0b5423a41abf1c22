import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonText, parseJson } from '../../../lib/ir/json.js';

const fail = (message: string): Error => new Error(message);
const parse = (text: string, depth = 8): unknown => parseJson(text, depth, fail);

describe('parseJson', () => {
  it('agrees with JSON.parse on what JSON can say', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), (text) => {
        expect(parse(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it.each([
    ['{"a":1,"a":2}', 'names a key twice'],
    ['{"a":{"b":1,"\\u0062":2}}', 'names a key twice'],
    ['[{"__proto__":1,"__proto__":1}]', 'names a key twice'],
    ['[[[]]]', 'is nested deeper than 2'],
    ['{"a":', 'is not JSON'],
    ['', 'is not JSON'],
    ['{} x', 'is not JSON'],
    ['\ufeff{}', 'is not JSON'],
    ['"\\', 'is not JSON'],
  ])('refuses %s', (text, message) => expect(() => parse(text, 2)).toThrow(message));

  it('counts brackets and colons outside strings only', () => {
    expect(parse('{"a:[[[":":\\"{{{","b":"\\\\"}', 1)).toEqual({ 'a:[[[': ':"{{{', b: '\\' });
  });

  it('refuses endless nesting without using the stack', () => {
    expect(() => parse('['.repeat(10_000_000))).toThrow('is nested deeper than 8');
  });

  it('keeps __proto__ a key like any other', () => {
    const value = parse('{"__proto__":{"polluted":true}}') as object;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect('polluted' in {}).toBe(false);
  });
});

describe('jsonText', () => {
  it('comes back equal', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (value) => {
        const text = jsonText(value, 8, fail);
        expect(parse(text)).toEqual(value);
        expect(jsonText(parse(text), 8, fail)).toBe(text);
      }),
    );
  });

  it('keeps the sign of zero', () =>
    expect(parse(jsonText({ a: -0, b: 0 }, 8, fail))).toEqual({ a: -0, b: 0 }));
  it('leaves out what is undefined', () => expect(jsonText({ a: undefined, b: 1 }, 8, fail)).toBe('{"b":1}'));
  it('writes maps as objects', () =>
    expect(jsonText(new Map([['__proto__', 1]]), 8, fail)).toBe('{"__proto__":1}'));

  const cycle: unknown[] = [];
  cycle.push(cycle);
  it.each<[string, unknown, string]>([
    ['NaN', NaN, 'holds NaN'],
    ['infinity', [Infinity], 'holds Infinity'],
    ['a function', { a: () => 1 }, 'holds a function'],
    ['a bigint', { a: [1n] }, 'holds 1n'],
    ['a Date', new Date(), 'holds a Date'],
    ['a cycle', cycle, 'is nested too deep'],
  ])('refuses %s', (_, value, message) => expect(() => jsonText(value, 8, fail)).toThrow(message));
});
