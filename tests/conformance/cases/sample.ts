/** Ids drawn from logits: each setting alone, together, and where they end. */
import { any, input, shapeText, special, type Case, type Fill } from '../case.js';
import * as ref from '../reference/index.js';

type Row = readonly [
  temperature: number,
  topK: number,
  topP: number,
  minP: number,
  penalty: number,
  uniform: number,
];

/** Rows of settings one after another, each drawing by a number of its own. */
const rowsOf =
  (...rows: readonly Row[]): Fill =>
  (random, i) => {
    const row = rows[Math.floor(i / 6) % rows.length];
    return i % 6 === 5 && row[5] < 0 ? random() : row[i % 6];
  };

function sampleRow(
  name: string,
  shape: readonly number[],
  settings: Fill,
  logits: Fill,
  large = false,
): Case {
  return {
    name: `sample ${name} of ${shapeText(shape)}`,
    inputs: [
      input('f32', shape, logits),
      input('bool', shape, (random) => (random() < 0.3 ? 1n : 0n)),
      input('f32', [...shape.slice(0, -1), 6], settings),
    ],
    large,
    run: ([x, seen, s]) => x.sample(seen, s),
    expect: ([x, seen, s]) => ref.sample(x, seen, s),
  };
}

/** Far apart, as a model that knows what it says. */
const peaked: Fill = (random) => 12 * (random() - 0.5) + 8 * random() ** 8;
/** Few different numbers. */
const ties: Fill = (random) => Math.floor(random() * 4);
const flat: Fill = () => 0.25;
const holes: Fill = (random, i) => (i % 3 === 0 ? -Infinity : i % 5 === 0 ? NaN : random() * 4);
const nothing: Fill = (_, i) => (i % 2 === 0 ? NaN : -Infinity);

const greedy: Row = [0, 0, 1, 0, 1, 0.5];
const settings: Readonly<Record<string, readonly Row[]>> = {
  greedy: [greedy, [0, 3, 0.5, 0.1, 1.5, 0.9]],
  temperature: [
    [1, 0, 1, 0, 1, -1],
    [0.3, 0, 1, 0, 1, -1],
    [5, 0, 1, 0, 1, -1],
    [1e-30, 0, 1, 0, 1, -1],
  ],
  topK: [
    [1, 1, 1, 0, 1, -1],
    [0.8, 5, 1, 0, 1, -1],
    [3, 40, 1, 0, 1, -1],
    [1, 1e6, 1, 0, 1, -1],
  ],
  topP: [
    [1, 0, 0.9, 0, 1, -1],
    [2, 0, 0.35, 0, 1, -1],
    [1, 0, 0, 0, 1, -1],
    [0.7, 0, 0.999, 0, 1, -1],
  ],
  minP: [
    [1, 0, 1, 0.05, 1, -1],
    [2, 0, 1, 0.3, 1, -1],
    [1, 0, 1, 1, 1, -1],
  ],
  penalty: [
    [1, 0, 1, 0, 1.3, -1],
    [0, 0, 1, 0, 4, -1],
    [1, 0, 1, 0, 0.5, -1],
  ],
  all: [
    [0.7, 50, 0.9, 0.02, 1.1, -1],
    [1.5, 8, 0.6, 0.1, 1.2, -1],
    [1, 20, 0.95, 0.001, 1.05, -1],
  ],
  ends: [
    [1, 7, 0.8, 0, 1, 0],
    [1, 7, 0.8, 0, 1, 1 - 2 ** -24],
  ],
};
const values = { peaked, any, ties, flat, holes, special, nothing } satisfies Record<string, Fill>;

const shapes: readonly (readonly number[])[] = [[1], [7], [4, 65], [2, 3, 100], [5, 513], [3, 1300], [0, 8]];
let turn = 0;
const small = Object.entries(settings).flatMap(([what, rows]) =>
  Object.entries(values).flatMap(([how, logits]) =>
    [turn++, turn++].map((t) =>
      sampleRow(`by ${what} from ${how} (${t})`, shapes[t % shapes.length], rowsOf(...rows), logits),
    ),
  ),
);
/** Longer than a thread's scratch. */
const large = ['greedy', 'topP', 'all'].map((what) =>
  sampleRow(`by ${what}`, [3, 120_001], rowsOf(...settings[what]), peaked, true),
);

export const sampleCases: readonly Case[] = [...small, ...large];
