import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MiaError } from '../../../lib/errors.js';
import {
  congruent,
  flatten,
  Layout,
  product,
  weaklyCongruent,
  type Tiler,
} from '../../../lib/layout/index.js';
import {
  anyLayout,
  binary,
  compact,
  compactBinary,
  extended,
  gapped,
  layouts,
  offsets,
  sorted,
} from './arbitraries.js';

const fits = layouts(fc.integer({ min: 0, max: 12 }));
const pick = fc.integer({ min: 0, max: 1000 });

/** A divisor of n. */
function divisor(n: number, which: number): number {
  const all = Array.from({ length: n }, (_, i) => i + 1).filter((d) => n % d === 0);
  return all[which % all.length];
}

/** The layout that `act` gives, or null where it refuses. */
function attempt(act: () => Layout): Layout | null {
  try {
    return act();
  } catch (error) {
    if (error instanceof MiaError && error.code === 'ERR_LAYOUT') return null;
    throw error;
  }
}

describe('coalesce', () => {
  test('is the same function in the fewest leaves', () => {
    fc.assert(
      fc.property(anyLayout, (layout) => {
        const simple = layout.coalesce();
        expect(offsets(simple)).toEqual(offsets(layout));
        expect(simple.coalesce().equals(simple)).toBe(true);
        const leaves = flatten(layout.shape).filter((size) => size > 1).length;
        expect(flatten(simple.shape).length).toBeLessThanOrEqual(Math.max(1, leaves));
      }),
    );
  });

  test.each<[Layout, string]>([
    [new Layout([2, [1, 6]], [1, [6, 2]]), '12:1'],
    [new Layout([2, 3], [0, 0]), '6:0'],
    [new Layout([2, 3], [-1, -2]), '6:-1'],
    [new Layout([1, 1], [5, 7]), '1:0'],
    [new Layout([]), '1:0'],
    [Layout.rowMajor([4, 6]), '(4,6):(6,1)'],
  ])('%s is %s', (layout, text) => expect(String(layout.coalesce())).toBe(text));

  test('a profile keeps the modes it names', () => {
    const layout = new Layout(
      [
        [2, 2],
        [3, 1],
        [2, 2],
      ],
      [
        [1, 2],
        [4, 9],
        [1, 2],
      ],
    );
    expect(String(layout.coalesce([1, 1]))).toBe('(4,3,(2,2)):(1,4,(1,2))');
    expect(String(layout.coalesce([[1, 1], 1]))).toBe('((2,2),3,(2,2)):((1,2),4,(1,2))');
  });
});

describe('compose', () => {
  test('composes the functions, coordinate by coordinate, or refuses', () => {
    let composed = 0;
    fc.assert(
      fc.property(fits, fits, (a, b) => {
        const r = attempt(() => a.compose(b));
        if (r === null) return;
        composed++;
        // Every coordinate of R is one of B's, as far as B's modes go.
        expect(weaklyCongruent(b.shape, r.shape)).toBe(true);
        for (let i = 0; i < r.size; i++) expect(r.at(i)).toBe(extended(a, b.at(leading(r, b, i))));
      }),
    );
    expect(composed).toBeGreaterThan(20);
  });

  /** The coordinate of index i of R as a coordinate of B: integers for B's leaves. */
  function leading(r: Layout, b: Layout, i: number): number[] | number {
    const nested = r.coordOf(i);
    const walk = (crd: typeof nested, shape: typeof nested, like: typeof nested): typeof nested =>
      typeof like === 'number'
        ? new Layout(shape).at(crd)
        : like.map((l, k) => walk((crd as number[])[k], (shape as number[])[k], l));
    return walk(nested, r.shape, b.shape) as number[];
  }

  test('keeps all of B where sizes and strides divide', () => {
    let composed = 0;
    fc.assert(
      fc.property(binary, binary, (a, b) => {
        const r = attempt(() => a.compose(b));
        if (r === null) return;
        composed++;
        expect(offsets(r)).toEqual(offsets(b).map((offset) => extended(a, offset)));
      }),
    );
    expect(composed).toBeGreaterThan(20);
  });

  test('always composes with a compact B inside A', () => {
    fc.assert(
      fc.property(binary, compactBinary, (a, b) => {
        fc.pre(b.size <= a.size);
        expect(offsets(a.compose(b))).toEqual(offsets(b).map((index) => a.at(index)));
      }),
    );
  });

  test('is associative', () => {
    fc.assert(
      fc.property(binary, compactBinary, compactBinary, (a, b, c) => {
        fc.pre(c.size <= b.size && b.size <= a.size);
        expect(offsets(a.compose(b).compose(c))).toEqual(offsets(a.compose(b.compose(c))));
      }),
    );
  });

  test.each<[Layout, Tiler, string]>([
    [new Layout([6, 2], [8, 2]), new Layout([4, 3], [3, 1]), '((2,2),3):((24,2),8)'],
    [new Layout([10, 2], [16, 4]), new Layout([5, 4], [1, 5]), '(5,(2,2)):(16,(80,4))'],
    [new Layout([12, [4, 8]], [59, [13, 1]]), [new Layout(3, 4), new Layout(8, 2)], '(3,(2,4)):(236,(26,1))'],
    [new Layout([4, 6, 5]), [2, null], '(2,6,5):(1,4,24)'],
    [new Layout(8, 2), 4, '4:2'],
    [new Layout([2, 4], [4, 1]), new Layout([2, 2], [0, 0]), '(2,2):(0,0)'],
    [new Layout([2, 4], [4, 1]), new Layout([]), '():()'],
    [new Layout(4, 2), new Layout(8), '8:2'], // goes on past its end
    [new Layout(8, 2), new Layout(8, -1), '8:-2'], // one mode goes backwards too
    [new Layout([6, 2], [2, 1]), 8, '6:2'], // cut, as pycute does
    [new Layout([4, 6], [6, 1]), new Layout([1, 2], [3, 1]), '(1,2):(1,6)'], // a size-1 mode's stride does not matter
  ])('%s o %s is %s', (a, b, text) => expect(String(a.compose(b))).toBe(text));
});

describe('complement', () => {
  test('is ordered, disjoint, and fills', () => {
    fc.assert(
      fc.property(gapped, fc.integer({ min: 1, max: 3 }), (layout, repeats) => {
        const size = layout.cosize * repeats;
        const rest = layout.complement(size);
        const rests = offsets(rest);
        expect(rests).toEqual(sorted([...new Set(rests)]));
        const both = rests.flatMap((r) => offsets(layout).map((l) => l + r));
        const reached = new Set(both);
        expect(reached.size).toBe(both.length);
        for (let i = 0; i < size; i++) expect(reached.has(i)).toBe(true);
      }),
    );
  });

  test.each<[Layout, number, string]>([
    [new Layout(4), 24, '6:4'],
    [new Layout(6, 4), 24, '4:1'],
    [new Layout(4, 2), 24, '(2,3):(1,8)'],
    [new Layout([2, 2], [1, 6]), 24, '(3,2):(2,12)'],
    [new Layout([2, 2], [0, 4]), 8, '4:1'],
    [new Layout([]), 5, '5:1'],
  ])('of %s in %i is %s', (layout, size, text) => expect(String(layout.complement(size))).toBe(text));

  test('covers nothing more by default', () => expect(String(new Layout(4, 2).complement())).toBe('2:1'));
});

describe('inverses', () => {
  test('the right inverse picks the index of an offset', () => {
    fc.assert(
      fc.property(anyLayout, (layout) => {
        const inverse = layout.rightInverse();
        expect(offsets(inverse).map((i) => layout.at(i))).toEqual(offsets(inverse).map((_, i) => i));
      }),
    );
  });

  test('of a compact layout it covers every offset, and both inverses agree', () => {
    fc.assert(
      fc.property(compact, (layout) => {
        expect(layout.rightInverse().size).toBe(layout.size);
        expect(layout.leftInverse().equals(layout.rightInverse())).toBe(true);
      }),
    );
  });

  test('the left inverse finds the index again', () => {
    fc.assert(
      fc.property(gapped, (layout) => {
        const inverse = layout.leftInverse();
        expect(offsets(layout).map((offset) => inverse.at(offset))).toEqual(offsets(layout).map((_, i) => i));
      }),
    );
  });

  test('of equal strides the shorter leaf comes first, as in pycute', () => {
    expect(String(new Layout([4, 2], [1, 1]).rightInverse())).toBe('2:4');
  });

  test.each<[Layout, string, string]>([
    [new Layout([4, 8], [8, 1]), '(8,4):(4,1)', '(8,4):(4,1)'],
    [new Layout([2, 4], [1, 4]), '2:1', '(2,2,4):(1,8,2)'],
    [new Layout(4, 2), '1:0', '(2,4):(4,1)'],
  ])('%s: right %s, left %s', (layout, right, left) => {
    expect(String(layout.rightInverse())).toBe(right);
    expect(String(layout.leftInverse())).toBe(left);
  });
});

/** A compact layout and a tuple of sizes that divide its modes, one each for some of the leading modes. */
const divisible = fc.tuple(compact, fc.array(pick, { maxLength: 5 })).map(([layout, picks]) => {
  const modes = Array.from({ length: layout.rank }, (_, i) => layout.mode(i));
  // The leading leaf of a mode always splits; so do divisors of the whole where the mode is one run.
  const tiler = modes
    .slice(0, picks.length)
    .map((mode, i) => divisor(flatten(mode.coalesce().shape)[0], picks[i]));
  return { layout, tiler };
});

describe('divide', () => {
  test('keeps every element, tile by tile', () => {
    fc.assert(
      fc.property(divisible, ({ layout, tiler }) => {
        fc.pre(layout.rank > 0);
        const divided = layout.divide(tiler);
        const zipped = layout.zippedDivide(tiler);
        const tiled = layout.tiledDivide(tiler);
        for (const result of [divided, zipped, tiled]) {
          expect(sorted(offsets(result))).toEqual(sorted(offsets(layout)));
        }
        tiler.forEach((size, i) => {
          expect(divided.mode(i).mode(0).size).toBe(size);
          expect(String(divided.mode(i).mode(0))).toBe(String(layout.mode(i).compose(size)));
        });
        expect(zipped.rank).toBe(2);
        expect(zipped.mode(0).size).toBe(product(tiler));
        expect(offsets(tiled)).toEqual(offsets(zipped));
        expect(tiled.rank).toBe(1 + layout.rank);
      }),
    );
  });

  test('by a layout, the first mode is the composition', () => {
    let divided = 0;
    fc.assert(
      fc.property(binary, gapped, (a, tiler) => {
        const result = attempt(() => a.divide(tiler));
        if (result === null) return;
        divided++;
        expect(result.rank).toBe(2);
        expect(String(result.mode(0))).toBe(String(a.compose(tiler)));
        expect(congruent(result.shape, a.zippedDivide(tiler).shape)).toBe(true);
        if (tiler.size * result.mode(1).size === a.size && a.size % tiler.cosize === 0) {
          expect(sorted(offsets(result))).toEqual(sorted(offsets(a)));
        }
      }),
    );
    expect(divided).toBeGreaterThan(20);
  });

  const a = new Layout([9, [4, 8]], [59, [13, 1]]);
  const tiler = [new Layout(3, 3), new Layout([2, 4], [1, 8])];
  test.each<[string, Layout, string]>([
    ['divide', new Layout([4, 2, 3], [2, 1, 8]).divide(new Layout(4, 2)), '((2,2),(2,3)):((4,1),(2,8))'],
    ['divide', a.divide(tiler), '((3,3),((2,4),(2,2))):((177,59),((13,2),(26,1)))'],
    ['zippedDivide', a.zippedDivide(tiler), '((3,(2,4)),(3,(2,2))):((177,(13,2)),(59,(26,1)))'],
    ['tiledDivide', a.tiledDivide(tiler), '((3,(2,4)),3,(2,2)):((177,(13,2)),59,(26,1))'],
    ['divide, past the end', new Layout(6).divide(4), '(4,2):(1,4)'],
    ['divide, some modes', a.divide([3]), '((3,3),(4,8)):((59,177),(13,1))'],
    ['divide, null', a.divide([null, 4]), '(9,(4,8)):(59,(13,1))'],
    ['zippedDivide, null', a.zippedDivide([null, 4]), '((1,4),(9,8)):((0,13),(59,1))'],
    ['zippedDivide, some modes', a.zippedDivide([3]), '((3),(3,(4,8))):((59),(177,(13,1)))'],
    ['zippedDivide, nested', a.zippedDivide([3, [2, 4]]), '((3,(2,4)),(3,(2,2))):((59,(13,1)),(177,(26,4)))'],
    ['zippedDivide by a layout', new Layout(12).zippedDivide(new Layout(3, 4)), '(3,4):(4,1)'],
    ['tiledDivide by a size', new Layout([4, 3]).tiledDivide(4), '(4,3):(1,4)'],
  ])('%s: %s', (_, result, text) => expect(String(result)).toBe(text));
});

describe('product', () => {
  test('places copies side by side, in the order of the tiler', () => {
    fc.assert(
      fc.property(compact, gapped, (a, tiler) => {
        const result = a.product(tiler);
        expect(String(result.mode(0))).toBe(String(a));
        expect(offsets(result.mode(1))).toEqual(offsets(tiler).map((i) => i * a.size));
        expect(new Set(offsets(result)).size).toBe(a.size * tiler.size);
      }),
    );
  });

  test('never lets copies overlap', () => {
    let repeated = 0;
    fc.assert(
      fc.property(gapped, gapped, (a, tiler) => {
        const result = attempt(() => a.product(tiler));
        if (result === null) return;
        repeated++;
        expect(new Set(offsets(result)).size).toBe(a.size * tiler.size);
      }),
    );
    expect(repeated).toBeGreaterThan(20);
  });

  test.each<[Layout, Tiler, string]>([
    [new Layout([2, 2], [4, 1]), new Layout(6), '((2,2),(2,3)):((4,1),(2,8))'],
    [new Layout([2, 2], [4, 1]), new Layout([4, 2], [2, 1]), '((2,2),(4,2)):((4,1),(8,2))'],
    [new Layout([2, 5], [5, 1]), [new Layout(3, 5), new Layout(4, 6)], '((2,3),(5,4)):((5,10),(1,30))'],
    [new Layout(4), 3, '(4,3):(1,4)'],
    [new Layout([4, 2]), [3], '((4,3),2):((1,4),4)'],
    [new Layout([4, 2]), [null, 3], '(4,(2,3)):(1,(4,1))'],
  ])('%s times %s is %s', (a, tiler, text) => expect(String(a.product(tiler))).toBe(text));
});
