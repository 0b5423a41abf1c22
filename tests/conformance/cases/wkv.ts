/** The recurrence of RWKV-7 over head sizes around vectors, batches, and rows beyond what is gathered at once. */
import type { Device, Tensor } from '../../../lib/index.js';
import { between, input, shapeText, type Case } from '../case.js';
import * as ref from '../reference/index.js';

type F32 = Tensor<Device, 'f32'>;

interface Row {
  /** [batch..., T, H, N] */
  readonly shape: readonly number[];
  readonly large?: boolean;
}

/**
 * As models have them: w keeps most of a state, a and b take out a part of one direction of it, and what k and v put in
 * is of size 1. A row's rounding is then forgotten as its values are.
 */
function row({ shape, large }: Row): Case {
  const size = shape.at(-1)!;
  const part = between(-1 / Math.sqrt(size), 1 / Math.sqrt(size));
  const one = between(-1, 1);
  const state = [...shape.slice(0, -3), shape.at(-2)!, size, size];
  return {
    name: `wkv7 f32 ${shapeText(shape)}`,
    inputs: [
      input('f32', shape, part),
      input('f32', shape, between(0.5, 0.9)),
      input('f32', shape, part),
      input('f32', shape, one),
      input('f32', shape, part),
      input('f32', shape, part),
      input('f32', state, one),
    ],
    run: (inputs) => {
      const [r, w, k, v, a, b, s] = inputs as unknown as F32[];
      const { y, state: after } = r.wkv7(w, k, v, a, b, s);
      return [y, after];
    },
    expect: ([r, w, k, v, a, b, s]) => {
      const { y, state: after } = ref.wkv7({ r, w, k, v, a, b, state: s });
      return [y, after];
    },
    tolerance: { ulps: 1, epsilons: 24 },
    large,
  };
}

const sizes = [1, 2, 5, 8, 15, 16, 33, 64];
export const wkvCases: readonly Case[] = [
  ...sizes.map((n): Row => ({ shape: [3, 2, n] })),
  { shape: [1, 3, 16] },
  { shape: [0, 2, 8] },
  { shape: [4, 0, 8] },
  { shape: [2, 5, 2, 8] },
  { shape: [2, 3, 4, 1, 7] },
  { shape: [0, 3, 2, 4] },
  { shape: [70, 2, 16], large: true },
  { shape: [3, 1, 130], large: true },
].map(row);
