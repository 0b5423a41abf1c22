/** Timing for whole programs: rounds of both sides in turn, medians, and the machine's limits from the same run. */
import { Tensor } from 'mia';
import { loadAddon } from '../dist/cpu/addon.js';

export const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
export const now = () => performance.now();

/** Median milliseconds of `fn` over `rounds`, after warming up; each round lasts at least `atLeast` ms. */
export async function time(fn, { rounds = 7, atLeast = 20, warm = 3 } = {}) {
  for (let i = 0; i < warm; i++) await fn();
  const samples = [];
  for (let r = 0; r < rounds; r++) {
    let n = 0;
    const start = now();
    do {
      await fn();
      n++;
    } while (now() - start < atLeast);
    samples.push((now() - start) / n);
  }
  return median(samples);
}

/** A limit of the machine (GFLOP/s or GB/s), measured now. */
export const probe = (name, isa, threads) => loadAddon().probe(name, isa, threads);

/** Interleaves a limit with a measurement, so that both saw the same machine. */
export async function against(limit, measure, rounds = 5) {
  const limits = [];
  const values = [];
  for (let i = 0; i < rounds; i++) {
    limits.push(limit());
    values.push(await measure());
  }
  return { limit: median(limits), value: median(values) };
}

/** f32 values in [-1, 1), the same for the same seed (xorshift32). */
export function random(n, seed = 1) {
  const out = new Float32Array(n);
  let x = seed || 1;
  for (let i = 0; i < n; i++) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    out[i] = x / 2 ** 31;
  }
  return out;
}

/** A tensor computed and kept on the device, so that runs read its memory only. */
export const resident = (device, shape, seed) =>
  Tensor.create(
    device,
    shape,
    random(
      shape.reduce((a, b) => a * b, 1),
      seed,
    ),
  );
