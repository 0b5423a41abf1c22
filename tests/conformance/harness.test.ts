/** The harness itself: it must notice every kind of wrong result, and the reference must know some famous numbers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cpu, type Device } from '../../lib/index.js';
import { input, type Case, type T } from './case.js';
import { difference } from './compare.js';
import * as ref from './reference/index.js';
import { convert, fromBits, roundTo, toBits, ulp, type RefType } from './reference/numbers.js';
import { prepare, problemOf } from './run.js';
import { ways } from './ways.js';

const of = (dtype: RefType, ...data: (number | bigint)[]): ref.Ref => ({ dtype, shape: [data.length], data });

describe('a comparison notices', () => {
  test.each([
    ['a value', of('f32', 1, 2), of('f32', 1, 3), {}, /\[1\] is 2, should be 3/],
    ['one unit in the last place', of('f32', 1 + 2 ** -23), of('f32', 1), {}, /1.00 ulps/],
    ['two where one is allowed', of('f32', 1 + 2 ** -22), of('f32', 1), { ulps: 1 }, /2.00 ulps/],
    ['the sign of zero', of('f32', -0), of('f32', 0), {}, /is -0, should be 0/],
    ['NaN for a number', of('f32', NaN), of('f32', 1), { ulps: 9, epsilons: 9 }, /is NaN/],
    ['a number for NaN', of('f32', 1), of('f32', NaN), { ulps: 9 }, /should be NaN/],
    ['a number for infinity', of('f32', 3e38), of('f32', Infinity), { ulps: 9 }, /should be Infinity/],
    [
      'an integer next to it, whatever is allowed',
      of('i64', 2n ** 62n + 1n),
      of('i64', 2n ** 62n),
      { ulps: 9, epsilons: 9 },
      /should be/,
    ],
    ['a dtype', of('f16', 1), of('f32', 1), {}, /dtype is f16/],
    ['a shape', { ...of('f32', 1, 2), shape: [2, 1] }, of('f32', 1, 2), {}, /shape is/],
  ] as const)('%s', (_, actual, expected, tolerance, message) => {
    expect(difference(actual, expected, tolerance)).toMatch(message);
    expect(difference(expected, expected, {})).toBeUndefined();
  });
  test('no difference where it is allowed', () => {
    expect(difference(of('f32', -0, 1 + 2 ** -23), of('f32', 0, 1), { ulps: 1 })).toBeUndefined();
    expect(difference(of('f32', -0), of('f32', 0), { anyZero: true })).toBeUndefined();
    expect(difference(of('f16', 1e-4), of('f16', 0), { stored: 1 })).toBeUndefined();
  });
});

describe('a run notices', () => {
  let device: Device;
  beforeAll(async () => void (device = await Cpu.create()));
  afterAll(() => device.close());
  const neg: Case = {
    name: 'neg',
    inputs: [input('f32', [5])],
    run: ([x]) => x.neg(),
    expect: ([x]) => ref.neg(x),
  };
  const plain = ways[0];
  const forgotten: T[] = [];

  test.each<[string, Case, RegExp | undefined]>([
    ['nothing wrong', neg, undefined],
    ['a wrong value', { ...neg, run: ([x]) => x.abs().add(9) }, /should be/],
    ['a missing result', { ...neg, expect: ([x]) => [ref.neg(x), x] }, /1 results, should be 2/],
    ['an error', { ...neg, run: ([x]) => x.reshape([4]) }, /MiaError: reshape/],
    [
      'a tensor that stays alive',
      {
        ...neg,
        run: ([x]) => {
          forgotten.push(x.clone());
          return x.neg();
        },
      },
      /1 tensors and 20 bytes more are live/,
    ],
  ])('%s', async (_, c, message) => {
    const problem = await problemOf(device, prepare(c), plain, 0);
    forgotten.splice(0).forEach((t) => t.dispose());
    if (message) expect(problem).toMatch(message);
    else expect(problem).toBeUndefined();
  });

  test('lent memory that is written', async () => {
    const lent = new Float32Array(5).fill(1);
    const scribbling: Case = {
      ...neg,
      inputs: [input('f32', [5], () => 1)],
      run: ([x]) => {
        lent[4] = 7;
        return x.neg();
      },
      expect: () => of('f32', -1, -1, -1, -1, -7),
    };
    expect(await problemOf(device, prepare(scribbling), plain, 0, [lent])).toBe(
      'the memory lent for input 0 was written',
    );
  });

  test('every way gives a tensor of the same values', async () => {
    const x: ref.Ref = {
      dtype: 'i16',
      shape: [2, 3, 4],
      data: Array.from({ length: 24 }, (_, i) => BigInt(i * 7 - 50)),
    };
    for (const way of ways) {
      for (let turn = 0; turn < 12; turn++) {
        const made = await way.input(device, x, turn);
        expect(
          difference(ref.fromTyped('i16', made.shape, await made.back()), x),
          `${way.name} ${turn}`,
        ).toBeUndefined();
      }
    }
    expect(device.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
  });
});

describe('the reference knows', () => {
  test('the bits of halves', () => {
    const rows = [
      ['f16', 1, 0x3c00],
      ['f16', -2, 0xc000],
      ['f16', 65504, 0x7bff],
      ['f16', 2 ** -24, 1],
      ['f16', 2 ** -14, 0x0400],
      ['f16', Infinity, 0x7c00],
      ['f16', -0, 0x8000],
      ['bf16', 1, 0x3f80],
      ['bf16', -3.140625, 0xc049],
      ['bf16', 2 ** -133, 1],
    ] as const;
    for (const [dtype, value, bits] of rows) {
      expect(toBits(dtype, value)).toBe(bits);
      expect(fromBits(dtype, bits)).toBe(value);
    }
    expect(fromBits('f16', toBits('f16', NaN))).toBeNaN();
  });
  test('how floats round', () => {
    expect(roundTo('f16', 2049)).toBe(2048);
    expect(roundTo('f16', 2051)).toBe(2052);
    expect(roundTo('f16', 65519.9)).toBe(65504);
    expect(roundTo('f16', 65520)).toBe(Infinity);
    expect(roundTo('bf16', 257)).toBe(256);
    expect(roundTo('f16', -(2 ** -26))).toBe(-0);
    expect([ulp('f32', 1), ulp('f32', 1.999), ulp('f64', 0), ulp('f16', 1)]).toEqual([
      2 ** -23,
      2 ** -23,
      2 ** -1074,
      2 ** -10,
    ]);
  });
  test('how values convert', () => {
    expect([2.9, -2.9, 300, -300, NaN, Infinity].map((v) => convert(v, 'f32', 'i8'))).toEqual([
      2n,
      -2n,
      127n,
      -128n,
      0n,
      127n,
    ]);
    expect([300n, -129n, 128n].map((v) => convert(v, 'i32', 'i8'))).toEqual([44n, 127n, -128n]);
    expect([
      convert(-1n, 'i32', 'u64'),
      convert(2n ** 24n + 1n, 'i32', 'f32'),
      convert(NaN, 'f32', 'bool'),
    ]).toEqual([2n ** 64n - 1n, 2 ** 24, 1n]);
  });
  test('erf, floored remainders, powers, order with NaN', () => {
    expect(ref.erf(1)).toBeCloseTo(0.8427007929497149, 15);
    expect(ref.erf(0.1)).toBeCloseTo(0.1124629160182849, 16);
    expect(ref.mod(of('f64', 7, -7, 7, -7), of('f64', 3, 3, -3, -3)).data).toEqual([1, 2, -2, -1]);
    expect(ref.mod(of('i32', 7n, -7n, 7n, -7n, 5n), of('i32', 3n, 3n, -3n, -3n, 0n)).data).toEqual([
      1n,
      2n,
      -2n,
      -1n,
      0n,
    ]);
    expect(ref.pow(of('i8', 2n, -3n, 2n, -1n, 7n), of('i8', 7n, 3n, -1n, -3n, 0n)).data).toEqual([
      -128n,
      -27n,
      0n,
      -1n,
      1n,
    ]);
    expect(ref.topk(of('f32', 1, NaN, 3, 3), 4).indices.data).toEqual([1n, 2n, 3n, 0n]);
    expect(ref.argmin(of('f32', 1, NaN, 0, NaN)).data).toEqual([1n]);
  });
  test('shapes of products and slices', () => {
    const a = { dtype: 'f64', shape: [2, 3], data: [1, 2, 3, 4, 5, 6] } as const;
    expect(ref.matmul(a, ref.transpose(a))).toEqual({ dtype: 'f64', shape: [2, 2], data: [14, 32, 32, 77] });
    expect(ref.matmul(a, of('f64', 1, 0, -1))).toEqual({ dtype: 'f64', shape: [2], data: [-2, -2] });
    expect(ref.slice(a, [1, [null, null, -2]])).toEqual({ dtype: 'f64', shape: [2], data: [6, 4] });
  });
});
