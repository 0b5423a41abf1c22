import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  broadcastLayout,
  flatDims,
  isCompact,
  isRowMajor,
  Layout,
  permuteLayout,
  reshapeLayout,
  shapeOf,
  sliceLayout,
  spanOf,
  type IntTuple,
  type SliceRange,
} from '../../../lib/layout/index.js';
import { anyLayout, compact, coordinates, layouts, rowMajorOffsets, sorted } from './arbitraries.js';

const failsAs = (op: string): object => expect.objectContaining({ code: 'ERR_LAYOUT', op });
const sizes = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 });
const withEmpty = layouts(fc.integer({ min: -9, max: 9 }), fc.integer({ min: 0, max: 4 }));
const whereverLayout = fc.oneof(
  anyLayout,
  compact,
  withEmpty,
  sizes.map((shape) => Layout.rowMajor(shape)),
);
const picks = fc.array(fc.nat(), { minLength: 8, maxLength: 8 });

/** A shape of n elements. */
function shapeOfSize(n: number, picks: readonly number[]): number[] {
  const shape: number[] = [];
  for (const pick of picks) {
    const divisors = Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0);
    if (divisors.length === 0) return [pick % 4, 0];
    shape.push(divisors[pick % divisors.length]);
    n /= shape[shape.length - 1];
  }
  return n === 1 ? shape.slice(0, 1 + shape.findLastIndex((size) => size > 1)) : [...shape, n];
}

/** Whether the values are the offsets of some layout, the first leaf of it found greedily or not at all. */
function isSequence(values: readonly number[]): boolean {
  const n = values.length;
  if (n === 1) return true;
  for (
    let size = 2;
    size <= n && values[size - 1] - values[0] === (size - 1) * (values[1] - values[0]);
    size++
  ) {
    if (n % size !== 0) continue;
    const starts = values.filter((_, i) => i % size === 0);
    const regular = values.every((v, i) => v - starts[Math.floor(i / size)] === values[i % size] - values[0]);
    if (regular && isSequence(starts)) return true;
  }
  return false;
}

/** Whether offsets in row-major order of `shape` are those of some layout with these top-level modes. */
function expressible(values: readonly number[], shape: readonly number[]): boolean {
  const steps = shape.map((_, j) => shape.slice(j + 1).reduce((p, s) => p * s, 1));
  const along = shape.map((size, j) => Array.from({ length: size }, (_, i) => values[i * steps[j]]));
  const adds = coordinates(shape).every(
    (c, k) => values[k] === values[0] + c.reduce((sum, i, j) => sum + along[j][i] - values[0], 0),
  );
  return adds && along.every(isSequence);
}

describe('shape, span, order', () => {
  test.each<[Layout, number[]]>([
    [new Layout(8), [8]],
    [new Layout([]), []],
    [new Layout([2, [3, 4], [[5]]]), [2, 12, 5]],
    [new Layout([2, 0]), [2, 0]],
  ])('shapeOf %s', (layout, shape) => expect(shapeOf(layout)).toEqual(shape));

  test('shapeOf gives an array of its own', () => {
    const layout = new Layout([2, 3]);
    shapeOf(layout)[0] = 99;
    expect(shapeOf(layout)).toEqual([2, 3]);
  });

  test('isRowMajor, isCompact and spanOf agree with the offsets', () => {
    fc.assert(
      fc.property(whereverLayout, (layout) => {
        const all = rowMajorOffsets(layout);
        const indices = all.map((_, i) => i);
        expect(isRowMajor(layout)).toBe(all.every((offset, i) => offset === i));
        expect(isCompact(layout)).toBe(sorted(all).every((offset, i) => offset === indices[i]));
        const { min, max } = spanOf(layout);
        expect([min, max]).toEqual(all.length ? [Math.min(...all), Math.max(...all)] : [0, -1]);
      }),
      { numRuns: 500 },
    );
  });

  test.each<[Layout, boolean, boolean]>([
    [Layout.rowMajor([2, 3, 4]), true, true],
    [new Layout([2, 1, 3], [3, 77, 1]), true, true],
    [new Layout([2, [3, 4]], [12, [1, 3]]), true, true], // nested modes are colexicographic
    [Layout.rowMajor([2, [3, 4]]), false, true],
    [new Layout([2, 3]), false, true],
    [new Layout(6, -1), false, false],
    [new Layout([2, 3], [0, 1]), false, false],
    [new Layout([3, 2], [1, 1]), false, false],
    [new Layout([]), true, true],
    [new Layout([2, 0], [5, 5]), true, true],
  ])('%s: row-major %s, compact %s', (layout, rowMajor, whole) => {
    expect([isRowMajor(layout), isCompact(layout)]).toEqual([rowMajor, whole]);
  });
});

describe('flatDims', () => {
  test('loops visit the elements in row-major order', () => {
    fc.assert(
      fc.property(whereverLayout, (layout) => {
        const { sizes, strides, modes } = flatDims(layout);
        const visited = coordinates(sizes).map((c) => c.reduce((sum, i, d) => sum + i * strides[d], 0));
        expect(visited).toEqual(rowMajorOffsets(layout));
        expect(modes).toEqual(sorted(modes));
        const shape = shapeOf(layout).map(() => 1);
        modes.forEach((m, d) => (shape[m] *= sizes[d]));
        expect(shape).toEqual(shapeOf(layout));
        sizes.forEach((size, d) => {
          expect(size).not.toBe(1);
          const merges = modes[d] === modes[d + 1] && strides[d] === sizes[d + 1] * strides[d + 1];
          expect(merges).toBe(false);
        });
      }),
    );
  });

  test('nested modes run backwards, top-level modes stay apart', () => {
    const layout = new Layout([2, [3, 4], [2, 2], 1], [12, [1, 30], [3, 6], 9]);
    expect(flatDims(layout)).toEqual({ sizes: [2, 4, 3, 4], strides: [12, 30, 1, 3], modes: [0, 1, 1, 2] });
  });
});

describe('reshapeLayout', () => {
  test('keeps the row-major order, or no layout could', () => {
    const seen = { views: 0, copies: 0 };
    fc.assert(
      fc.property(whereverLayout, picks, (layout, picks) => {
        const shape = shapeOfSize(layout.size, picks);
        const view = reshapeLayout(layout, shape);
        if (view === null) {
          seen.copies++;
          expect(expressible(rowMajorOffsets(layout), shape)).toBe(false);
        } else {
          seen.views++;
          expect(shapeOf(view)).toEqual(shape);
          expect(rowMajorOffsets(view)).toEqual(rowMajorOffsets(layout));
          expect(view.coalesce(shape).equals(view) || layout.isRowMajor).toBe(true);
        }
      }),
      { numRuns: 1000 },
    );
    expect(Math.min(seen.views, seen.copies)).toBeGreaterThan(50);
  });

  test('there and back is the same function', () => {
    fc.assert(
      fc.property(whereverLayout, (layout) => {
        const flat = reshapeLayout(layout, [layout.size]);
        expect(flat).not.toBeNull(); // one nested mode expresses anything
        const back = reshapeLayout(flat!, shapeOf(layout));
        expect(rowMajorOffsets(back!)).toEqual(rowMajorOffsets(layout));
      }),
    );
  });

  const transposed = permuteLayout(Layout.rowMajor([2, 3, 4]), [0, 2, 1]); // (2,4,3):(12,1,4)
  test.each<[Layout, number[], string | null]>([
    [Layout.rowMajor([2, 3, 4]), [6, 4], '(6,4):(4,1)'],
    [Layout.rowMajor([2, 3, 4]), [2, 1, 12, 1], '(2,1,12,1):(12,12,1,1)'],
    [new Layout([2, [3, 4]], [12, [1, 3]]), [2, 12], '(2,12):(12,1)'],
    [transposed, [2, 4, 3], '(2,4,3):(12,1,4)'],
    [transposed, [2, 2, 2, 3], '(2,2,2,3):(12,2,1,4)'],
    [transposed, [2, 12], '(2,(3,4)):(12,(4,1))'],
    [transposed, [24], '((3,4,2)):((4,1,12))'],
    [transposed, [8, 3], '((4,2),3):((1,12),4)'],
    [transposed, [2, 6, 2], null],
    [new Layout([4, 5], [0, 0]), [2, 10], '(2,10):(0,0)'],
    [new Layout([4, 5], [0, 1]), [2, 2, 5], '(2,2,5):(0,0,1)'],
    [new Layout([4, 5], [0, 1]), [20], '((5,4)):((1,0))'],
    [new Layout([4, 5], [-5, -1]), [20], '(20):(-1)'],
    [new Layout([1, 1]), [], '():()'],
    [new Layout([]), [1, 1], '(1,1):(1,1)'],
    [new Layout([2, 0]), [0, 7], '(0,7):(7,1)'],
    [new Layout(12, 3), [3, 4], '(3,4):(12,3)'],
  ])('%s as %j is %s', (layout, shape, text) => {
    const view = reshapeLayout(layout, shape);
    expect(view && String(view)).toBe(text);
  });

  test.each<[number[]]>([
    [[5]],
    [[]],
    [[-2, -3]],
    [[2, 3, 0]],
    [[6.5]],
    [[2 ** 53, 2 ** 53]],
    [null as never],
  ])('refuses %j', (shape) =>
    expect(() => reshapeLayout(new Layout([2, 3]), shape)).toThrow(failsAs('reshape')),
  );
});

describe('permuteLayout', () => {
  test('moves modes, nested ones whole', () => {
    const layout = new Layout([2, [3, 4], 5], [60, [5, 15], 1]);
    expect(String(permuteLayout(layout, [2, 0, 1]))).toBe('(5,2,(3,4)):(1,60,(5,15))');
    expect(String(permuteLayout(new Layout([]), []))).toBe('():()');
  });

  test.each<[number[]]>([[[0]], [[0, 0]], [[0, 2]], [[0, -1]], [[0, 1, 1]], [[0.5, 1]]])(
    'refuses %j',
    (axes) => expect(() => permuteLayout(new Layout([2, 3]), axes)).toThrow(failsAs('permute')),
  );
});

describe('broadcastLayout', () => {
  test.each<[IntTuple, number[], string]>([
    [[3, 1], [2, 3, 4], '(2,3,4):(0,1,0)'],
    [[1, [2, 3]], [5, 6], '(5,(2,3)):(0,(1,2))'],
    [[[1, 1], 2], [3, 2], '(3,2):(0,1)'],
    [[], [2, 2], '(2,2):(0,0)'],
    [[1, 3], [0, 3], '(0,3):(0,1)'],
    [[2, 3], [2, 3], '(2,3):(1,2)'],
    [4, [2, 4], '(2,4):(0,1)'],
  ])('%j to %j', (from, to, text) => expect(String(broadcastLayout(new Layout(from), to))).toBe(text));

  test.each<[number[], number[]]>([
    [
      [2, 3],
      [2, 4],
    ],
    [[2, 3], [3]],
    [[1, 3], [3]],
    [[2], [-2]],
    [[0], [2]],
    [[1], [2 ** 40, 2 ** 40]],
  ])('refuses %j to %j', (from, to) => {
    expect(() => broadcastLayout(new Layout(from), to)).toThrow(
      expect.objectContaining({ code: 'ERR_LAYOUT' }),
    );
  });
});

/** A range inside a mode of n elements. */
function rangeIn(n: number, [a, b, c]: readonly number[]): SliceRange {
  if (n === 0) return { start: 0, size: 0, step: 1 };
  const start = a % n;
  const step = ((b % 3) + 1) * (c % 2 ? 1 : -1);
  const most = Math.floor((step > 0 ? n - 1 - start : start) / Math.abs(step)) + 1;
  return c % 7 === 0 ? { start: 0, size: n, step: 1 } : { start, size: (b + c) % (most + 1), step };
}

describe('sliceLayout', () => {
  test('picks the elements of the ranges; plain modes always can', () => {
    const seen = { nested: 0, refused: 0 };
    fc.assert(
      fc.property(
        anyLayout,
        fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat()), { minLength: 5, maxLength: 5 }),
        (layout, picks) => {
          const shape = shapeOf(layout);
          const ranges = shape.map((n, i) => rangeIn(n, picks[i]));
          const view = sliceLayout(layout, ranges);
          const plain = (layout.shape as IntTuple[]).every((mode) => typeof mode === 'number');
          if (view === null) {
            seen.refused++;
            expect(plain).toBe(false);
            return;
          }
          if (!plain) seen.nested++;
          const taken = coordinates(ranges.map((r) => r.size)).map((c) =>
            layout.at(c.map((i, m) => ranges[m].start + i * ranges[m].step)),
          );
          expect(shapeOf(view.layout)).toEqual(ranges.map((r) => r.size));
          expect(rowMajorOffsets(view.layout).map((offset) => view.offset + offset)).toEqual(taken);
        },
      ),
      { numRuns: 1000 },
    );
    expect(Math.min(seen.nested, seen.refused)).toBeGreaterThan(20);
  });

  const all = (size: number): SliceRange => ({ start: 0, size, step: 1 });
  const nested = new Layout([[2, 4]], [[100, 1]]);
  test.each<[Layout, SliceRange[], string | null, number]>([
    [
      Layout.rowMajor([4, 6]),
      [
        { start: 1, size: 2, step: 1 },
        { start: 5, size: 3, step: -2 },
      ],
      '(2,3):(6,-2)',
      11,
    ],
    [Layout.rowMajor([4, 6]), [all(4), { start: 2, size: 1, step: 1 }], '(4,1):(6,0)', 2],
    [Layout.rowMajor([4, 6]), [all(4), { start: 6, size: 0, step: 1 }], '(4,0):(6,0)', 0],
    [nested, [all(8)], '((2,4)):((100,1))', 0],
    [nested, [{ start: 7, size: 8, step: -1 }], '((2,4)):((-100,-1))', 103],
    [nested, [{ start: 2, size: 4, step: 1 }], '((2,2)):((100,1))', 1],
    [nested, [{ start: 1, size: 4, step: 2 }], '(4):(1)', 100],
    [nested, [{ start: 5, size: 1, step: 1 }], '(1):(0)', 102],
    [nested, [{ start: 1, size: 4, step: 1 }], null, 0],
    [nested, [{ start: 0, size: 3, step: 1 }], null, 0],
    [new Layout([]), [], '():()', 0],
  ])('%s at %j is %s', (layout, ranges, text, offset) => {
    const view = sliceLayout(layout, ranges);
    expect(view && { layout: String(view.layout), offset: view.offset }).toEqual(
      text && { layout: text, offset },
    );
  });

  test.each<[SliceRange[]]>([
    [[]],
    [[all(2), all(3), all(1)]],
    [[all(2), { start: 0, size: 4, step: 1 }]],
    [[all(2), { start: 1, size: 2, step: 2 }]],
    [[all(2), { start: 1, size: 3, step: -1 }]],
    [[all(2), { start: -1, size: 1, step: 1 }]],
    [[all(2), { start: 0, size: 1, step: 0 }]],
    [[all(2), { start: 0, size: -1, step: 1 }]],
    [[all(2), { start: 0.5, size: 1, step: 1 }]],
    [[all(2), { start: Number.NaN, size: 0, step: 1 }]],
  ])('refuses %j', (ranges) =>
    expect(() => sliceLayout(new Layout([2, 3]), ranges)).toThrow(failsAs('slice')),
  );

  test('a flipped broadcast mode has stride 0, not -0', () => {
    const view = sliceLayout(new Layout([3, 2], [0, 1]), [{ start: 2, size: 3, step: -1 }, all(2)]);
    expect(view?.layout.stride).toEqual([0, 1]); // toEqual tells 0 from -0
  });
});
