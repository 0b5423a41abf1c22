import { describe, expect, test } from 'vitest';
import {
  congruent,
  crd2idx,
  flatten,
  formatTuple,
  idx2crd,
  mapLeaves,
  prefixProduct,
  product,
  suffixProduct,
  weaklyCongruent,
  type IntTuple,
} from '../../../lib/layout/index.js';

describe('tuples', () => {
  const cases: [
    IntTuple,
    { flat: number[]; product: number; prefix: IntTuple; suffix: IntTuple; text: string },
  ][] = [
    [7, { flat: [7], product: 7, prefix: 1, suffix: 1, text: '7' }],
    [[], { flat: [], product: 1, prefix: [], suffix: [], text: '()' }],
    [[3, 4], { flat: [3, 4], product: 12, prefix: [1, 3], suffix: [4, 1], text: '(3,4)' }],
    [
      [[2, 3], 4, [[5]]],
      {
        flat: [2, 3, 4, 5],
        product: 120,
        prefix: [[1, 2], 6, [[24]]],
        suffix: [[60, 20], 5, [[1]]],
        text: '((2,3),4,((5)))',
      },
    ],
  ];
  test.each(cases)('%j', (tuple, expected) => {
    expect(flatten(tuple)).toEqual(expected.flat);
    expect(product(tuple)).toBe(expected.product);
    expect(prefixProduct(tuple)).toEqual(expected.prefix);
    expect(suffixProduct(tuple)).toEqual(expected.suffix);
    expect(formatTuple(tuple)).toBe(expected.text);
    expect(
      congruent(
        tuple,
        mapLeaves(tuple, () => 0),
      ),
    ).toBe(true);
  });

  test('prefixProduct starts at init', () => expect(prefixProduct([2, [3, 4]], 5)).toEqual([5, [10, 30]]));

  const pairs: [IntTuple, IntTuple, { same: boolean; weakly: boolean }][] = [
    [1, 2, { same: true, weakly: true }],
    [1, [2, 3], { same: false, weakly: true }],
    [[1, 2], 3, { same: false, weakly: false }],
    [[1, 2], [3, [4, 5]], { same: false, weakly: true }],
    [[1, [2, 3]], [3, [4, 5]], { same: true, weakly: true }],
    [[1, 2], [1, 2, 3], { same: false, weakly: false }],
  ];
  test.each(pairs)('congruence of %j and %j', (a, b, { same, weakly }) => {
    expect(congruent(a, b)).toBe(same);
    expect(weaklyCongruent(a, b)).toBe(weakly);
  });
});

describe('coordinates', () => {
  test('an integer stands for any mode', () => {
    const shape = [[2, 3], 4];
    expect(idx2crd(17, shape)).toEqual([[1, 2], 2]);
    expect(idx2crd([5, 2], shape)).toEqual([[1, 2], 2]);
    expect(crd2idx([[1, 2], 2], shape)).toBe(17);
    expect(crd2idx([5, 2], shape)).toBe(17);
    expect(crd2idx(17, shape, [[10, 100], 1])).toBe(212);
  });

  const outside: [IntTuple, IntTuple][] = [
    [6, [2, 3]],
    [-1, [2, 3]],
    [0.5, [2, 3]],
    [
      [2, 0],
      [2, 3],
    ],
    [
      [0, 0, 0],
      [2, 3],
    ],
    [
      [0, [0]],
      [2, 3],
    ],
    [
      [0, 6],
      [2, [2, 3]],
    ],
    [0, [2, 0]],
  ];
  test.each(outside)('%j is outside %j', (crd, shape) => {
    expect(() => crd2idx(crd, shape)).toThrow(expect.objectContaining({ code: 'ERR_LAYOUT', op: 'at' }));
    expect(() => idx2crd(crd, shape)).toThrow(expect.objectContaining({ code: 'ERR_LAYOUT', op: 'coordOf' }));
  });
});
