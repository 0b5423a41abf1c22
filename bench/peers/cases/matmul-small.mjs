import { products } from './matmul.mjs';

export const title = 'matmul f32 of few rows, and of odd columns';

const gates = { 'onnxruntime-node': { gate: 1.25, aim: 1.6 } };
const few = [2, 3, 4, 8, 16].flatMap((m) => [
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

export async function* run(bench) {
  yield* products(bench, few, gates, 'geometric mean, M = 2..16');
  yield* products(bench, odd, gates, 'geometric mean, odd N');
}
