import { stack } from '../work.mjs';
import { products } from './matmul.mjs';

export const title = 'matmul f32 of few rows, and of odd columns';

const wanted = { gate: 1.25, aim: 1.6 };
const few = [2, 4, 8, 16].flatMap((m) => [
  [m, 768, 768],
  [m, 768, 3072],
  [m, 2048, 2048],
]);
const odd = [
  [64, 768, 769],
  [128, 384, 385],
  [128, 768, 1001],
  [256, 512, 333],
];
/** The same few rows through layers of one program: what a call costs is shared by them. */
const stacks = [2, 4, 8, 16].map((m) => [m, 768, 8]);

export async function* run(bench) {
  yield* products(bench, few, wanted, 'geometric mean, M = 2..16');
  yield* products(bench, stacks, {}, 'geometric mean, 8 products in one run', stack);
  yield* products(bench, odd, wanted, 'geometric mean, odd N');
}
