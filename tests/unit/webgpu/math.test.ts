/** Every scalar function of lib/webgpu/wgsl on a device, against float64. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomOf, specials, type Random } from '../../conformance/case.js';
import { erf } from '../../conformance/reference/elementwise.js';
import { fromBits, halfToEven, roundTo, toBits, ulp } from '../../conformance/reference/numbers.js';
import { evaluate, openDevice, type Word, type Words } from './scalars.js';

interface Row {
  readonly name: string;
  readonly takes: readonly Word[];
  readonly gives: Word;
  readonly exact: (...args: number[]) => number;
  /** How far a float may lie from the exact value, in units in its last place; 0: it is the nearest float. */
  readonly ulps: number;
  /** The device may take numbers below the normal range for zeros, in and out. */
  readonly flushes: boolean;
  readonly values: (random: Random) => number[][];
}

const LEAST = 2 ** -126;
const floats = specials('f32').map(Number);
const words = (list: readonly number[]): number[] => [...list, ...list.map((v) => -v)];
/** Every exponent and both signs; ordinary numbers; halves; neighbours of 1; multiples of pi / 2. */
const f32s = (random: Random): number[] => [
  ...floats,
  ...Array.from({ length: 512 * 64 }, (_, i) =>
    floatOf((i % 512) * 2 ** 23 + Math.floor(random() * 2 ** 23)),
  ),
  ...Array.from({ length: 8192 }, () => Math.fround((random() - 0.5) * 40)),
  ...words(Array.from({ length: 512 }, (_, i) => i / 2)),
  ...words(Array.from({ length: 512 }, (_, i) => 2 ** 22 + i / 2)),
  ...Array.from({ length: 1024 }, (_, i) => Math.fround(1 + (i - 512) * 2 ** -23)),
  ...words(Array.from({ length: 1024 }, (_, i) => Math.fround((i * Math.PI) / 2))),
];
const integers = (type: Word, random: Random): number[] => [
  ...specials(type as 'i32' | 'u32').map(Number),
  ...Array.from({ length: 8192 }, (_, i) => {
    const bits = Math.floor(random() * 2 ** 32) >>> (i % 32);
    return type === 'u32' ? bits : i & 32 ? -bits | 0 : bits | 0;
  }),
];
const bytes = new DataView(new ArrayBuffer(4));
function floatOf(bits: number): number {
  bytes.setUint32(0, bits);
  const x = bytes.getFloat32(0);
  return Number.isNaN(x) ? NaN : x; // the one that arrays write
}
function bitsOf(x: number): number {
  bytes.setFloat32(0, x);
  return bytes.getUint32(0);
}

const single =
  (type: Word) =>
  (random: Random): number[][] => [type === 'f32' ? f32s(random) : integers(type, random)];
/** Every pair of special values, then any. */
const pairs =
  (type: Word) =>
  (random: Random): number[][] => {
    const [list, a] =
      type === 'f32' ? [floats, f32s(random)] : [specials(type as 'i32').map(Number), integers(type, random)];
    const any = a.map(() => a[Math.floor(random() * a.length)]);
    return [
      [...list.flatMap((x) => list.map(() => x)), ...a],
      [...list.flatMap(() => list), ...any],
    ];
  };
/** Pairs, then those whose power is a float, far from 1 and near. */
const powers = (random: Random): number[][] => {
  const [a, b] = pairs('f32')(random);
  for (let i = 0; i < 40_000; i++) {
    const base = Math.fround(i % 2 ? Math.exp((random() - 0.5) * 8) : 1 + (random() - 0.5) * 2 ** -(i % 23));
    a.push(base);
    b.push(Math.fround((random() * 192 - 104) / (Math.log(base) || 1)));
  }
  return [a, b];
};

const row = (
  name: string,
  takes: Word[],
  gives: Word,
  exact: Row['exact'],
  more: Partial<Row> = {},
): Row => ({
  name,
  takes,
  gives,
  exact,
  ulps: 0,
  flushes: false,
  values: (takes.length === 1 ? single : pairs)(takes[0]),
  ...more,
});
const f = (name: string, ulps: number, exact: Row['exact'], more: Partial<Row> = {}): Row =>
  row(name, exact.length === 1 ? ['f32'] : ['f32', 'f32'], 'f32', exact, { ulps, ...more });
const is = (name: string, exact: (a: number, b: number) => boolean): Row =>
  row(name, ['f32', 'f32'], 'bool', (a, b) => Number(exact(a, b)), { flushes: true });
const whole = (name: string, type: 'i32' | 'u32', exact: Row['exact']): Row =>
  row(`${name}_${type}`, [type, type], type, exact);

const flushes = { flushes: true };
const saturate = (lo: number, hi: number) => (x: number) =>
  Number.isNaN(x) ? 0 : Math.min(Math.max(Math.trunc(x), lo), hi) + 0;
const zeroLike = (x: number): number => (x < 0 || Object.is(x, -0) ? -0 : 0);
const flooredMod = (a: number, b: number): number => {
  const rest = a % b;
  return rest === 0 ? zeroLike(b) : rest < 0 !== b < 0 ? rest + b : rest;
};
const integerMod = (a: number, b: number): number => (b === 0 ? 0 : (((a % b) + b) % b) + 0);
const integerPow =
  (wrap: (x: number) => number) =>
  (a: number, b: number): number => {
    if (b < 0) return a === 1 ? 1 : a === -1 ? (b % 2 === 0 ? 1 : -1) : 0;
    let [result, square] = [1, a];
    for (let rest = b; rest > 0; rest = Math.floor(rest / 2)) {
      if (rest % 2 === 1) result = Math.imul(result, square);
      square = Math.imul(square, square);
    }
    return wrap(result);
  };
const halves = (): number[][] => [Array.from({ length: 2 ** 16 }, (_, i) => i)];
/** The floats around the middle of each two halves, then any. */
const betweenHalves = (type: 'f16' | 'bf16') => (random: Random) => [
  Array.from({ length: 2 ** 15 }, (_, h) => {
    const [low, high] = [fromBits(type, h), fromBits(type, h + 1)].map((v) => (Number.isFinite(v) ? v : 0));
    const middle = bitsOf((low + high) / 2);
    return [middle - 1, middle, middle + 1, middle + 2 ** 31].map((bits) => floatOf(Math.max(bits, 0)));
  })
    .flat()
    .concat(f32s(random)),
];
const table: readonly Row[] = [
  f('exp', 1, Math.exp, flushes),
  f('log', 1, Math.log),
  f('sin', 1.5, Math.sin),
  f('cos', 1.5, Math.cos),
  f('tanh', 1.5, Math.tanh),
  f('erf', 2.5, erf, flushes),
  f('pow', 1.5, (a, b) => (a === 1 || b === 0 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b), {
    flushes: true,
    values: powers,
  }),
  f('mod', 0.5, flooredMod, flushes),
  f('div', 0, (a, b) => a / b),
  f('recip', 0, (a) => 1 / a),
  f('sqrt', 0, Math.sqrt),
  f('rsqrt', 0.51, (a) => 1 / Math.sqrt(a)),
  f('min', 0, (a, b) => (a < b || Number.isNaN(a) ? a : b), flushes),
  f('max', 0, (a, b) => (a > b || Number.isNaN(a) ? a : b), flushes),
  f('sign', 0, Math.sign),
  f('round', 0, halfToEven, flushes),
  f('floor', 0, Math.floor, flushes),
  f('ceil', 0, Math.ceil, flushes),
  f('abs', 0, Math.abs),
  f('neg', 0, (a) => -a),
  row('isnan', ['f32'], 'bool', (a) => Number(Number.isNaN(a))),
  row('isinf', ['f32'], 'bool', (a) => Number(Math.abs(a) === Infinity)),
  is('eq', (a, b) => a === b),
  is('ne', (a, b) => a !== b),
  is('lt', (a, b) => a < b),
  is('le', (a, b) => a <= b),
  whole('div', 'i32', (a, b) => (b === 0 ? 0 : (a / b) | 0)),
  whole('div', 'u32', (a, b) => (b === 0 ? 0 : Math.trunc(a / b))),
  whole('mod', 'i32', integerMod),
  whole('mod', 'u32', integerMod),
  whole(
    'pow',
    'i32',
    integerPow((x) => x),
  ),
  whole(
    'pow',
    'u32',
    integerPow((x) => x >>> 0),
  ),
  row('f32_to_i32', ['f32'], 'i32', saturate(-(2 ** 31), 2 ** 31 - 1)),
  row('f32_to_u32', ['f32'], 'u32', saturate(0, 2 ** 32 - 1)),
  row('u32_to_f32', ['u32'], 'f32', (a) => a),
  row('wrap_i8', ['i32'], 'i32', (a) => (a << 24) >> 24),
  row('wrap_i16', ['i32'], 'i32', (a) => (a << 16) >> 16),
  row('wrap_u8', ['i32'], 'i32', (a) => a & 0xff),
  row('wrap_u16', ['i32'], 'i32', (a) => a & 0xffff),
  row('round_f16', ['f32'], 'f32', (a) => roundTo('f16', a), { values: betweenHalves('f16') }),
  row('round_bf16', ['f32'], 'f32', (a) => roundTo('bf16', a), { values: betweenHalves('bf16') }),
  row('f16_to_f32', ['u32'], 'f32', (h) => fromBits('f16', h), { values: halves }),
  row('bf16_to_f32', ['u32'], 'f32', (h) => fromBits('bf16', h), { values: halves }),
  row('f32_to_f16', ['f32'], 'u32', (x) => toBits('f16', roundTo('f16', x)), {
    values: betweenHalves('f16'),
  }),
  row('f32_to_bf16', ['f32'], 'u32', (x) => toBits('bf16', roundTo('bf16', x)), {
    values: betweenHalves('bf16'),
  }),
  row('byte', ['u32', 'u32'], 'u32', (w, at) => (w >>> ((at & 3) * 8)) & 0xff),
  row('half', ['u32', 'u32'], 'u32', (w, at) => (w >>> ((at & 1) * 16)) & 0xffff),
  row('signed_byte', ['u32', 'u32'], 'i32', (w, at) => ((w >>> ((at & 3) * 8)) << 24) >> 24),
  row('signed_half', ['u32', 'u32'], 'i32', (w, at) => ((w >>> ((at & 1) * 16)) << 16) >> 16),
];

const arrays = { f32: Float32Array, i32: Int32Array, u32: Uint32Array, bool: Uint32Array };
const flushed = (x: number): number => (Math.abs(x) < LEAST ? zeroLike(x) : x);

/** The distance in units in the last place; infinity between what cannot be compared so. */
function distance(got: number, exact: number, { gives, ulps }: Row): number {
  if (gives !== 'f32') return got === exact ? 0 : Infinity;
  const nearest = Math.fround(exact);
  if (ulps === 0 || nearest === 0 || !Number.isFinite(nearest) || !Number.isFinite(got))
    return Object.is(got, nearest) ? 0 : Infinity;
  return Math.abs(got - exact) / ulp('f32', exact);
}

/** What is furthest from the exact value, in one line, and how far. */
function worst(r: Row, inputs: readonly Words[], got: Words): { error: number; text: string } {
  const found = { error: -1, text: '' };
  for (let i = 0; i < got.length; i++) {
    const args = inputs.map((x) => x[i]);
    const exact = r.exact(...args);
    let error = distance(got[i], exact, r);
    if (error > r.ulps && r.flushes) {
      error = Math.min(error, distance(got[i], r.exact(...args.map(flushed)), r));
      if (r.gives === 'f32' && Math.abs(got[i] - exact) <= 2 * LEAST) error = 0;
    }
    if (error > found.error)
      Object.assign(found, { error, text: `${r.name}(${args}) is ${got[i]}, not ${exact}` });
  }
  return found;
}

let device: GPUDevice;
beforeAll(async () => void (device = await openDevice()));
afterAll(() => device.destroy());

test.each(table)('$name', async (r) => {
  const inputs = r.values(randomOf(r.name)).map((list, i) => arrays[r.takes[i]].from(list));
  const typed = inputs.map((data, i) => ({ type: r.takes[i], data }));
  const { error, text } = worst(r, inputs, await evaluate(device, `mia_${r.name}`, typed, r.gives));
  if (process.env.MIA_TEST_ULPS) console.log(`${r.name}: ${error.toFixed(3)} ulps, ${text}`);
  expect(error, text).toBeLessThanOrEqual(r.ulps);
});

test.each([
  ['f16', 0x7c00, 0x200],
  ['bf16', 0x7f80, 0x40],
])('NaN in %s keeps its sign and digits, and gets quiet', async (type, infinity, quiet) => {
  const h = Uint32Array.from({ length: 2 ** 16 }, (_, i) => i);
  const wide = await evaluate(device, `mia_${type}_to_f32`, [{ type: 'u32', data: h }], 'u32');
  const back = await evaluate(device, `mia_f32_to_${type}`, [{ type: 'f32', data: wide }], 'u32');
  expect(back).toEqual(h.map((bits) => ((bits & 0x7fff) > infinity ? bits | quiet : bits)));
});
