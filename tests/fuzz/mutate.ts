import fc from 'fast-check';
import { dtypes } from '../../lib/dtype.js';
import { show } from '../../lib/errors.js';
import { defaultOps } from '../../lib/ops/index.js';

type Change<T> = (value: T) => T;

const at = (fraction: number, length: number): number => Math.floor(fraction * length);
/** Even over [0, 1), which fc.double, even over floats, is not. */
const fraction = fc.nat(2 ** 20 - 1).map((n) => n / 2 ** 20);

/** Changes that know nothing of the format: flips, overwrites, cuts, and pieces put elsewhere. */
const byteChange: fc.Arbitrary<Change<Buffer>> = fc.oneof(
  fc.tuple(fraction, fc.nat(7)).map(([where, bit]) => (bytes: Buffer) => {
    const copy = Buffer.from(bytes);
    if (copy.length > 0) copy[at(where, copy.length)] ^= 1 << bit;
    return copy;
  }),
  fc
    .tuple(fraction, fc.uint8Array({ minLength: 1, maxLength: 9 }))
    .map(([where, junk]) => (bytes: Buffer) => {
      const copy = Buffer.from(bytes);
      copy.set(junk.subarray(0, copy.length - at(where, copy.length)), at(where, copy.length));
      return copy;
    }),
  fraction.map((end) => (bytes: Buffer) => bytes.subarray(0, at(end, bytes.length))),
  fc.tuple(fraction, fraction, fraction).map(([from, length, to]) => (bytes: Buffer) => {
    const start = at(from, bytes.length);
    const piece = bytes.subarray(start, start + at(length, 64));
    const place = at(to, bytes.length);
    return Buffer.concat([bytes.subarray(0, place), piece, bytes.subarray(place)]);
  }),
  fc.tuple(fraction, fc.nat(16)).map(([where, length]) => (bytes: Buffer) => {
    const start = at(where, bytes.length);
    return Buffer.concat([bytes.subarray(0, start), bytes.subarray(start + length)]);
  }),
);

const odd = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    -0,
    0.5,
    1,
    2,
    3,
    12,
    1e9,
    2 ** 32,
    2 ** 53,
    1e308,
    '',
    '0',
    'leaf',
    'leaf.0',
  ),
  fc.constantFrom<unknown>(
    [],
    {},
    [0],
    [1, 1],
    [[[[]]]],
    [2, [3]],
    { shape: [2], stride: [1] },
    { length: 1e9 },
    { toJSON: 1 },
  ),
  fc.constantFrom<unknown>(...Object.keys(dtypes), 'F32', 'U8', 'BOOL', '__proto__', 'constructor'),
  fc.constantFrom<unknown>(...defaultOps.keys()),
  fc.array(fc.integer({ min: -3, max: 9 }), { maxLength: 4 }),
  fc.jsonValue({ maxDepth: 2 }),
);

interface Place {
  readonly owner: Record<string, unknown>;
  readonly key: string;
}

function placesIn(value: unknown): Place[] {
  if (value === null || typeof value !== 'object') return [];
  const owner = value as Record<string, unknown>;
  return Object.keys(owner).flatMap((key) => [{ owner, key }, ...placesIn(owner[key])]);
}

/** Changes one of the numbers by little, which the rules of ops are likelier to let pass. */
function nudge(places: readonly Place[], where: number, how: number): void {
  const numbers = places.filter(({ owner, key }) => typeof owner[key] === 'number');
  if (numbers.length === 0) return;
  const { owner, key } = numbers[at(where, numbers.length)];
  const n = owner[key] as number;
  owner[key] = [n - 1, n + 1, -1 - n][how];
}

/** Changes of one value somewhere in a JSON tree: another one, one from elsewhere in the tree, none, one more, renamed. */
const treeChange: fc.Arbitrary<(tree: unknown) => void> = fc
  .record({
    where: fraction,
    other: fraction,
    value: odd,
    how: fc.constantFrom('set', 'set', 'nudge', 'nudge', 'copy', 'drop', 'add', 'rename'),
  })
  .map(({ where, other, value, how }) => (tree: unknown) => {
    const places = placesIn(tree);
    if (places.length === 0) return;
    const { owner, key } = places[at(where, places.length)];
    const from = places[at(other, places.length)];
    const found: unknown = structuredClone(owner[key]);
    if (how === 'set') owner[key] = structuredClone(value);
    else if (how === 'nudge') nudge(places, where, at(other, 3));
    else if (how === 'copy') owner[key] = structuredClone(from.owner[from.key]);
    else if (Array.isArray(owner))
      owner.splice(Number(key), how === 'drop' ? 1 : 0, ...(how === 'drop' ? [] : [found]));
    else if (how === 'add') owner[`${key}_`] = found;
    else {
      delete owner[key];
      if (how === 'rename')
        Object.defineProperty(owner, show(value), {
          value: found,
          enumerable: true,
          configurable: true,
          writable: true,
        });
    }
  });

/** Files near the given ones, whatever their format: bytes changed. */
export function byteMutants(seeds: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const seed = fc.constantFrom(...seeds.map((bytes) => Buffer.from(bytes)));
  return fc
    .tuple(seed, some(byteChange))
    .map(([bytes, changes]) => changes.reduce<Buffer>((b, change) => change(b), bytes));
}

/** JSON trees near the given ones. */
export function treeMutants(seeds: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc.tuple(fc.constantFrom(...seeds), some(treeChange)).map(([seed, changes]) => {
    const tree: unknown = structuredClone(seed);
    for (const change of changes) change(tree);
    return tree;
  });
}

const some = <T>(change: fc.Arbitrary<T>): fc.Arbitrary<T[]> =>
  fc.array(change, { minLength: 1, maxLength: 4 });

/** Applies changes to the header, or to the graph inside it, and writes a file whose length fields are right again. */
function changeJson(bytes: Buffer, inGraph: boolean, changes: readonly ((tree: unknown) => void)[]): Buffer {
  const length = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, 8 + length)) as Record<
    '__metadata__',
    Record<string, string>
  >;
  const metadata = header['__metadata__'];
  const tree: unknown = inGraph ? JSON.parse(metadata['mia.tape']) : header;
  for (const change of changes) change(tree);
  if (inGraph) metadata['mia.tape'] = JSON.stringify(tree);
  const text = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(text.length));
  return Buffer.concat([head, text, bytes.subarray(8 + length)]);
}

/** Files near the given ones: bytes changed, or the header's JSON, or the graph's. */
export function mutants(seeds: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const seed = fc.constantFrom(...seeds.map((bytes) => Buffer.from(bytes)));
  const inJson = (inGraph: boolean): fc.Arbitrary<Buffer> =>
    fc.tuple(seed, some(treeChange)).map(([bytes, changes]) => changeJson(bytes, inGraph, changes));
  return fc.oneof(byteMutants(seeds), inJson(false), { weight: 3, arbitrary: inJson(true) });
}
