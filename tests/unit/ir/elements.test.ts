import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromRowMajor, ownLayout, toRowMajor } from '../../../lib/ir/elements.js';
import { flatten, isCompact, Layout, shapeOf, spanOf } from '../../../lib/layout/index.js';
import { anyLayout, layouts } from '../layout/arbitraries.js';

/** Offsets of the elements, the last top-level mode fastest. */
function offsets(layout: Layout): number[] {
  const visit = (coordinate: number[], rest: number[]): number[] =>
    rest.length === 0
      ? [layout.at(coordinate)]
      : Array.from({ length: rest[0] }, (_, i) => visit([...coordinate, i], rest.slice(1))).flat();
  return visit([], shapeOf(layout));
}

const units = fc.constantFrom(1, 2, 4, 8, 16);

describe('elements', () => {
  it('toRowMajor picks the elements in row-major order, at any alignment', () => {
    fc.assert(
      fc.property(anyLayout, units, fc.nat(3), (layout, unit, misaligned) => {
        const { min, max } = spanOf(layout);
        const backing = Uint8Array.from(
          { length: misaligned + (max - min + 1) * unit },
          (_, i) => (i * 151) >> 1,
        );
        const memory = backing.subarray(misaligned);
        const element = (at: number): number[] => [
          ...memory.subarray((at - min) * unit, (at - min + 1) * unit),
        ];
        const wanted = offsets(layout).flatMap(element);
        expect([...toRowMajor(memory, { layout, offset: -min }, unit)]).toEqual(wanted);
      }),
    );
  });

  it('does not copy what lies in order', () => {
    const memory = new Uint8Array(64);
    const part = toRowMajor(memory, { layout: Layout.rowMajor([2, 3]), offset: 2 }, 4);
    expect([part.buffer, part.byteOffset, part.length]).toEqual([memory.buffer, 8, 24]);
    expect(fromRowMajor(part, Layout.rowMajor([2, 3]), 4)).toBe(part);
  });

  it('ownLayout is compact and fromRowMajor inverts toRowMajor under it', () => {
    fc.assert(
      fc.property(anyLayout, units, (layout, unit) => {
        const own = ownLayout(layout);
        expect(isCompact(own)).toBe(true);
        expect(own.shape).toEqual(layout.shape);
        const bytes = Uint8Array.from({ length: layout.size * unit }, (_, i) => (i * 151) >> 1);
        expect(toRowMajor(fromRowMajor(bytes, own, unit), { layout: own, offset: 0 }, unit)).toEqual(bytes);
      }),
    );
  });

  it('ownLayout keeps compact layouts, and the order of places of others', () => {
    const same = Layout.colMajor([2, 3, 4]);
    expect(ownLayout(same)).toBe(same);
    fc.assert(
      fc.property(layouts(fc.integer({ min: 1, max: 30 })), (layout) => {
        const [sizes, old, own] = [layout.shape, layout.stride, ownLayout(layout).stride].map(flatten);
        old.forEach((a, i) => {
          old.forEach((b, j) => {
            if (a < b && sizes[i] > 1 && sizes[j] > 1) expect(own[i]).toBeLessThan(own[j]);
          });
        });
      }),
    );
  });

  it.each([
    ['a step', new Layout([2, 3], [30, 5]), '(2,3):(3,1)'],
    ['a column-major slice', new Layout([2, 3], [1, 10]), '(2,3):(1,2)'],
    ['a flip', new Layout([2, 3], [-3, 1]), '(2,3):(3,1)'],
    ['a broadcast', new Layout([4, 2, 3], [0, 3, 1]), '(4,2,3):(6,3,1)'],
    ['one number', new Layout([2, 3], [0, 0]), '(2,3):(3,1)'],
    ['nested modes', new Layout([[2, 2], 3], [[2, 20], 40]), '((2,2),3):((1,2),4)'],
  ])('ownLayout of %s', (_, layout, own) => expect(ownLayout(layout).toString()).toBe(own));
});
