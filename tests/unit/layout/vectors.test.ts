import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Layout, type IntTuple, type Tiler } from '../../../lib/layout/index.js';
import { offsets } from './arbitraries.js';

interface LayoutArg {
  shape: IntTuple;
  stride?: IntTuple;
}

/** A result of NVIDIA's pycute. `values` are the offsets in colexicographic order. */
interface Vector {
  op: string;
  args: [LayoutArg, (LayoutArg | { tiler: Tiler } | IntTuple)?];
  result?: Required<LayoutArg>;
  size?: number;
  cosize?: number;
  values?: number[];
  index?: number;
  coord?: IntTuple;
}

const file = new URL('../../fixtures/layout.json', import.meta.url);
const vectors = JSON.parse(readFileSync(file, 'utf8')) as Vector[];

const layoutOf = ({ shape, stride }: LayoutArg): Layout => new Layout(shape, stride);

function tilerOf(arg: Vector['args'][1]): Tiler {
  if (typeof arg === 'object' && 'tiler' in arg) return arg.tiler;
  return typeof arg === 'object' && 'shape' in arg ? layoutOf(arg) : (arg as Tiler);
}

const algebra: Record<string, (a: Layout, b: Vector['args'][1]) => Layout> = {
  layout: (a) => a,
  coalesce: (a) => a.coalesce(),
  composition: (a, b) => a.compose(tilerOf(b)),
  complement: (a, b) => a.complement(b as number),
  right_inverse: (a) => a.rightInverse(),
  left_inverse: (a) => a.leftInverse(),
  logical_divide: (a, b) => a.divide(tilerOf(b)),
  zipped_divide: (a, b) => a.zippedDivide(tilerOf(b)),
  tiled_divide: (a, b) => a.tiledDivide(tilerOf(b)),
  logical_product: (a, b) => a.product(tilerOf(b)),
};

describe("pycute's vectors", () => {
  test('all are here', () => {
    expect(vectors).toHaveLength(400);
    const ops = new Set(vectors.map((v) => v.op));
    expect([...ops].toSorted()).toEqual([...Object.keys(algebra), 'crd2idx', 'idx2crd'].toSorted());
  });

  // Not only the function but its form agrees with pycute's, for every op: shape and stride are compared too.
  test.each(vectors.map((v, i) => ({ name: `${i} ${v.op} ${JSON.stringify(v.args)}`, v })))(
    '$name',
    ({ v }) => {
      const a = layoutOf(v.args[0]);
      if (v.op === 'crd2idx') return expect(a.at(v.args[1] as IntTuple)).toBe(v.index);
      if (v.op === 'idx2crd') return expect(a.coordOf(v.args[1] as number)).toEqual(v.coord);
      const result = algebra[v.op](a, v.args[1]);
      const { shape, stride, size, cosize } = result;
      expect({ shape, stride, size, cosize }).toEqual({ ...v.result, size: v.size, cosize: v.cosize });
      expect(offsets(result)).toEqual(v.values);
    },
  );
});
