import * as fc from 'fast-check';
import { flatten, Layout, shapeOf, type IntTuple } from '../../../lib/layout/index.js';

/** Nests a list of leaves at random: the cuts say where groups begin. */
function nest(leaves: readonly number[], cuts: readonly boolean[]): IntTuple {
  const groups: IntTuple[][] = [];
  leaves.forEach((leaf, i) => {
    if (i === 0 || cuts[i]) groups.push([leaf]);
    else groups[groups.length - 1].push(leaf);
  });
  return groups.map((group) => (group.length === 1 ? group[0] : group));
}

const leaf = fc.integer({ min: 1, max: 5 });
const cuts = fc.array(fc.boolean(), { minLength: 5, maxLength: 5 });

/** Any shape of up to five leaves, some nested, and a congruent stride of the given integers. */
export function layouts(
  strides: fc.Arbitrary<number>,
  sizes: fc.Arbitrary<number> = leaf,
): fc.Arbitrary<Layout> {
  return fc.record({ leaves: fc.array(fc.tuple(sizes, strides), { maxLength: 5 }), cuts }).map(
    ({ leaves, cuts }) =>
      new Layout(
        nest(
          leaves.map(([s]) => s),
          cuts,
        ),
        nest(
          leaves.map(([, d]) => d),
          cuts,
        ),
      ),
  );
}

export const anyLayout = layouts(fc.integer({ min: -30, max: 30 }));

/** Layouts that map no two coordinates to one offset: leaves in any order, each gap a multiple of what is below it. */
export function injective(
  gaps: fc.Arbitrary<number>,
  sizes: fc.Arbitrary<number> = leaf,
): fc.Arbitrary<Layout> {
  return fc
    .record({ leaves: fc.array(fc.tuple(sizes, gaps, fc.double({ noNaN: true })), { maxLength: 4 }), cuts })
    .map(({ leaves, cuts }) => {
      const strides: number[] = new Array(leaves.length);
      const order = leaves.map((_, i) => i).sort((x, y) => leaves[x][2] - leaves[y][2]);
      let next = 1;
      for (const i of order) {
        strides[i] = next * leaves[i][1];
        next = leaves[i][0] * strides[i];
      }
      return new Layout(
        nest(
          leaves.map(([s]) => s),
          cuts,
        ),
        nest(strides, cuts),
      );
    });
}

export const compact = injective(fc.constant(1));
export const gapped = injective(fc.integer({ min: 1, max: 3 }));

const powers = fc.integer({ min: 0, max: 3 }).map((n) => 2 ** n);
/** Layouts whose sizes and strides are powers of two: they divide one another. */
export const binary = layouts(fc.oneof(powers, fc.constant(0)), powers);

export const compactBinary = injective(fc.constant(1), powers);

/** The offsets in colexicographic order. */
export function offsets(layout: Layout): number[] {
  return Array.from({ length: layout.size }, (_, i) => layout.at(i));
}

/** The offsets in row-major order of the top-level modes, by counting coordinates. */
export function rowMajorOffsets(layout: Layout): number[] {
  return coordinates(shapeOf(layout)).map((c) =>
    typeof layout.shape === 'number' ? layout.at(c[0]) : layout.at(c),
  );
}

/** All coordinates of a shape, the last mode fastest. */
export function coordinates(shape: readonly number[]): number[][] {
  let all: number[][] = [[]];
  for (const size of shape) all = all.flatMap((c) => Array.from({ length: size }, (_, i) => [...c, i]));
  return all;
}

/** The offset of an index that may lie past the end: CuTe's layouts go on along their last leaf. */
export function extended(layout: Layout, index: number): number {
  const { shape, stride } = layout.coalesce();
  const sizes = flatten(shape);
  let sum = 0;
  flatten(stride).forEach((d, i) => {
    const digit = i === sizes.length - 1 ? index : index % sizes[i];
    index = Math.floor(index / sizes[i]);
    sum += digit * d;
  });
  return sum;
}

export function sorted(values: readonly number[]): number[] {
  return values.toSorted((a, b) => a - b);
}
