import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Layout, type IntTuple, type Tiler } from '../../../lib/layout/index.js';
import { anyLayout, offsets } from './arbitraries.js';

const failsAs = (op: string, message: RegExp): object =>
  expect.objectContaining({
    name: 'MiaError',
    code: 'ERR_LAYOUT',
    op,
    message: expect.stringMatching(message),
  });

describe('construction', () => {
  test.each<[Layout, string, number, number, number]>([
    [new Layout(8), '8:1', 1, 8, 8],
    [new Layout([]), '():()', 0, 1, 1],
    [new Layout([2, 3]), '(2,3):(1,2)', 2, 6, 6],
    [Layout.colMajor([[2, 2], 3]), '((2,2),3):((1,2),4)', 2, 12, 12],
    [Layout.rowMajor([2, 3]), '(2,3):(3,1)', 2, 6, 6],
    [Layout.rowMajor([[2, 2], 3]), '((2,2),3):((6,3),1)', 2, 12, 12],
    [new Layout([[2, 2], 3], [[1, 4], 2]), '((2,2),3):((1,4),2)', 2, 12, 10],
    [new Layout([4, 3], [0, -2]), '(4,3):(0,-2)', 2, 12, 5],
    [new Layout([2, 0, 3]), '(2,0,3):(1,2,0)', 3, 0, 0],
    [new Layout([1, 1], [7, 9]), '(1,1):(7,9)', 2, 1, 1],
  ])('%s', (layout, text, rank, size, cosize) => {
    expect(String(layout)).toBe(text);
    expect([layout.rank, layout.size, layout.cosize]).toEqual([rank, size, cosize]);
  });

  test('keeps no array of the caller', () => {
    const shape = [2, [2, 3]];
    const stride = [1, [2, 4]];
    const layout = new Layout(shape, stride);
    (shape[1] as number[])[0] = 99;
    stride[0] = 99;
    expect(String(layout)).toBe('(2,(2,3)):(1,(2,4))');
  });

  const deep = (depth: number): IntTuple => (depth === 0 ? 2 : [deep(depth - 1)]);
  const endless: IntTuple[] = [];
  endless.push(endless, endless);
  test('nests 32 deep, no deeper', () => expect(new Layout(deep(32)).size).toBe(2));
  test.each<[unknown, unknown, RegExp]>([
    [[2, 1.5], undefined, /shape must hold integers, got 1\.5/],
    [[2, Number.NaN], undefined, /integers/],
    [[2, Infinity], undefined, /integers/],
    [[2, 2 ** 53], undefined, /integers/],
    [[2, -1], undefined, />= 0, got -1/],
    [[2, [3, '4']], undefined, /got '4'/],
    [[2, null], undefined, /got null/],
    [undefined, undefined, /got undefined/],
    [{ length: 2 }, undefined, /got an object/],
    [[2, 3], [1, 0.5], /stride must hold integers/],
    [[2, 3], null, /stride must hold integers/],
    [[2, 3], [1], /does not nest like/],
    [[2, 3], 1, /does not nest like/],
    [6, [1], /does not nest like/],
    [[2, [3, 4]], [1, 2], /does not nest like/],
    [deep(33), undefined, /nested deeper than 32/],
    [endless, undefined, /nested deeper|more than 1024/],
    [new Array(1025).fill(1), undefined, /more than 1024/],
    [[new Array(1025).fill(1)], undefined, /more than 1024/],
    [[2 ** 30, 2 ** 30], undefined, /too large/],
    [[3, 3], [2 ** 52, 2 ** 52], /too large/],
  ])('case %# is refused', (shape, stride, message) => {
    const make = (): Layout => new Layout(shape as IntTuple, stride as IntTuple);
    expect(make).toThrow(failsAs('Layout', message));
    if (stride === undefined)
      expect(() => Layout.rowMajor(shape as IntTuple)).toThrow(failsAs('Layout', message));
  });
});

describe('the function', () => {
  const layout = new Layout([[2, 2], 3], [[1, 4], 2]);

  test.each<[IntTuple, number]>([
    [0, 0],
    [5, 3],
    [[[1, 1], 2], 9],
    [[3, 2], 9],
    [11, 9],
  ])('at(%j) is %i', (coordinate, offset) => expect(layout.at(coordinate)).toBe(offset));

  test('strides may point backwards', () => {
    const flipped = new Layout([2, 3], [3, -1]);
    expect(offsets(flipped)).toEqual([0, 3, -1, 2, -2, 1]);
    expect(flipped.coordOf(3)).toEqual([1, 1]);
  });

  test('one element without modes', () => {
    const point = new Layout([], []);
    expect([point.at([]), point.at(0), point.coordOf(0)]).toEqual([0, 0, []]);
  });

  test.each<[unknown]>([
    [12],
    [-1],
    [0.5],
    [NaN],
    ['0'],
    [null],
    [[0]],
    [[0, 0, 0]],
    [[[0, 2], 0]],
    [[0, 3]],
    [[[0, 0, 0], 0]],
  ])('at(%j) is refused', (coordinate) =>
    expect(() => layout.at(coordinate as IntTuple)).toThrow(failsAs('at', /./)),
  );
  test.each<[unknown]>([[12], [-1], [0.5], [null], [[0, 3]]])('coordOf(%j) is refused', (index) =>
    expect(() => layout.coordOf(index as number)).toThrow(failsAs('coordOf', /./)),
  );

  test('an index and its coordinate have one offset, the coordinate is unique', () => {
    fc.assert(
      fc.property(anyLayout, (layout) => {
        const all = offsets(layout);
        const coordinates = all.map((_, i) => layout.coordOf(i));
        expect(coordinates.map((c) => layout.at(c))).toEqual(all);
        expect(new Set(coordinates.map((c) => JSON.stringify(c))).size).toBe(layout.size);
        expect(layout.cosize).toBeGreaterThan(Math.max(...all.map(Math.abs)));
        expect(all.some((offset) => Object.is(offset, -0))).toBe(false);
      }),
    );
  });

  test('modes', () => {
    expect(String(layout.mode(0))).toBe('(2,2):(1,4)');
    expect(String(layout.mode(1))).toBe('3:2');
    expect(String(new Layout(8, 2).mode(0))).toBe('8:2');
    for (const i of [2, -1, 0.5]) expect(() => layout.mode(i)).toThrow(failsAs('mode', /has no mode/));
  });

  test('equality is of shape and stride', () => {
    expect(layout.equals(new Layout([[2, 2], 3], [[1, 4], 2]))).toBe(true);
    expect(layout.equals(new Layout([[2, 2], 3]))).toBe(false);
    expect(new Layout([4]).equals(new Layout(4))).toBe(false);
    expect(new Layout([2, 3], [-0, 1]).equals(new Layout([2, 3], [0, 1]))).toBe(true);
  });
});

describe('input without a meaning', () => {
  const a = new Layout([4, 6], [1, 4]);
  const row = Layout.rowMajor([4, 6]);
  const empty = new Layout([2, 0]);
  const endless: Tiler[] = [];
  endless.push(endless);

  test.each<[string, RegExp, () => unknown]>([
    ['compose', /does not divide/, () => row.compose(new Layout(2, 3))],
    ['compose', /negative/, () => row.compose(new Layout(2, -1))],
    ['compose', /overlap in a mode/, () => row.compose(new Layout([2, 2], [2, 2]))],
    ['compose', /3 modes, .* has 2/, () => a.compose([2, 2, 2])],
    ['compose', /no elements/, () => empty.compose(2)],
    ['compose', /no elements/, () => a.compose(empty)],
    ['compose', /expected a layout.*got 0/, () => a.compose([0])],
    ['compose', /got 1\.5/, () => a.compose(1.5)],
    ['compose', /got an object/, () => a.compose({ shape: 2, stride: 1 } as unknown as Layout)],
    ['compose', /more than 1024 parts/, () => a.compose(endless)],
    ['coalesce', /more modes/, () => a.coalesce([1, 1, 1])],
    ['coalesce', /profile must hold/, () => a.coalesce([0.5])],
    ['complement', /overlaps/, () => new Layout([4, 4], [1, 2]).complement(64)],
    ['complement', /overlaps/, () => new Layout([2, 2], [1, 1]).complement(64)],
    ['complement', /negative/, () => new Layout(4, -1).complement(64)],
    ['complement', /size must be/, () => a.complement(0)],
    ['complement', /size must be/, () => a.complement(Number.NaN)],
    ['complement', /no elements/, () => empty.complement(4)],
    ['rightInverse', /no elements/, () => empty.rightInverse()],
    ['leftInverse', /no elements/, () => empty.leftInverse()],
    ['leftInverse', /overlaps/, () => new Layout([4, 4], [1, 2]).leftInverse()],
    ['leftInverse', /gap that does not divide/, () => new Layout([2, 2], [1, 3]).leftInverse()],
    ['divide', /does not divide/, () => row.divide(3)],
    ['divide', /no layout covers all/, () => new Layout([6, 2], [2, 1]).divide(16)],
    ['divide', /overlaps/, () => a.divide(new Layout([4, 4], [1, 2]))],
    ['divide', /3 modes/, () => a.divide([1, 1, 1])],
    ['divide', /got undefined/, () => a.divide(undefined as unknown as Tiler)],
    ['zippedDivide', /3 modes/, () => a.zippedDivide([1, 1, 1])],
    ['zippedDivide', /does not divide/, () => row.zippedDivide(new Layout(2, 3))],
    ['tiledDivide', /3 modes/, () => a.tiledDivide([1, 1, 1])],
    ['tiledDivide', /does not divide/, () => row.tiledDivide(new Layout(2, 3))],
    ['product', /overlaps/, () => new Layout([4, 4], [1, 2]).product(2)],
    ['product', /no layout covers all/, () => new Layout(4, 2).product(3)],
    ['product', /3 modes/, () => a.product([1, 1, 1])],
  ])('case %#: %s %s', (op, message, act) => expect(act).toThrow(failsAs(op, message)));
});
