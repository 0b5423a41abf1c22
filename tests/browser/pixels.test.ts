/** What the example's network is given of a drawing. */
import { beforeAll, describe, expect, test } from 'vitest';
// @ts-expect-error an example, in JavaScript
import { pixelsOf as pixelsOfAny } from '../../examples/browser/pixels.mjs';
// @ts-expect-error an example, in JavaScript
import { readTensors } from '../../examples/digits/files.mjs';
// @ts-expect-error an example, in JavaScript
import { digitsNetwork } from '../../examples/digits/network.mjs';
import { strokesOf, type Stroke } from './strokes.js';

const pixelsOf = pixelsOfAny as (strokes: readonly Stroke[]) => Float32Array;
const HELD_OUT = 360;

const seven: Stroke[] = [
  [
    [0.2, 0.1],
    [0.7, 0.1],
    [0.4, 0.9],
  ],
];
const moved = (scale: number, dx: number, dy: number): Stroke[] =>
  seven.map((stroke) => stroke.map(([x, y]) => [x * scale + dx, y * scale + dy]));
const rows = (pixels: Float32Array): number[][] =>
  Array.from({ length: 8 }, (_, y) => [...pixels.subarray(y * 8, y * 8 + 8)]);

describe('a drawing', () => {
  test.each([
    [0.5, 0, 0],
    [0.25, 0.5, 0.5],
    [4, -2, 1],
  ])('is the same at any size and place (%d, %d, %d)', (...where) => {
    expect(pixelsOf(moved(...where))).toEqual(pixelsOf(seven));
  });
  test('fills the height, in its own proportions', () => {
    const pixels = pixelsOf(seven);
    expect(rows(pixels)[0].some((ink) => ink > 8)).toBe(true);
    expect(rows(pixels)[7].some((ink) => ink > 8)).toBe(true);
    expect(rows(pixels).every((row) => row[0] === 0 && row[7] === 0)).toBe(true);
    expect(pixels.every((ink) => Number.isInteger(ink) && ink >= 0 && ink <= 16)).toBe(true);
  });
  test('that is a dot stays one', () => {
    const ink = rows(pixelsOf([[[0.9, 0.2]]]));
    expect(ink.flat().filter((n) => n > 0).length).toBe(4); // around the middle
    expect(ink[3][3]).toBeGreaterThan(0);
  });
  test('that is a dash lies across, not as a block', () => {
    const dash: Stroke = [
      [0, 0.5],
      [1, 0.5],
    ];
    const inked = rows(pixelsOf([dash])).filter((row) => row.some((ink) => ink > 0));
    expect(inked).toHaveLength(2);
    expect(inked[0].filter((ink) => ink > 0).length).toBeGreaterThanOrEqual(6);
  });
  test('of nothing is nothing', () => {
    expect(pixelsOf([])).toEqual(new Float32Array(64));
  });
});

describe('traced images of the data set', () => {
  let right = 0;
  beforeAll(async () => {
    const { Cpu, compile, spec } = await import('mia'); // as the example's network has it
    const { images, labels } = await readTensors('digits.safetensors');
    const truth = labels.data.subarray(-HELD_OUT) as Uint8Array;
    const x = new Float32Array(HELD_OUT * 64);
    for (let i = 0; i < HELD_OUT; i++) {
      const from = images.data.length + (i - HELD_OUT) * 64;
      x.set(pixelsOf(strokesOf(images.data.subarray(from, from + 64))), i * 64);
    }
    await using cpu = await Cpu.create();
    const network = digitsNetwork(cpu, await readTensors('model.safetensors'));
    const program = await compile(cpu, { x: spec('f32', [null, 64]) }, (inputs) => ({
      y: network(inputs.x),
    }));
    const y = (await program.run({ x })).y as Float32Array; // [360, 10]
    right = truth.filter((digit, i) => {
      const row = y.subarray(i * 10, i * 10 + 10);
      return row.indexOf(Math.max(...row)) === digit;
    }).length;
  });
  test('are recognised in more than nine of ten cases', () => {
    expect(right / HELD_OUT).toBeGreaterThan(0.9);
  });
});
