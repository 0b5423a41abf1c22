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

/**
 * Rounds of all sides in turn, so that they saw the same machine: median ms of each, and how many times as long as the
 * first each took, by the median over rounds. A turn begins with a pause, in which the threads of the one before go to
 * sleep, and a run that warms the caches.
 */
export async function duel(sides, { rounds = 7, atLeast = 25, pause = 100 } = {}) {
  const samples = sides.map(() => []);
  for (let r = 0; r < rounds; r++) {
    for (const [i, side] of sides.entries()) {
      await new Promise((resolve) => setTimeout(resolve, pause));
      samples[i].push(await time(side, { rounds: 1, atLeast, warm: 1 }));
    }
  }
  return {
    ms: samples.map(median),
    ratios: samples.map((list) => median(list.map((ms, r) => ms / samples[0][r]))),
  };
}

export const geomean = (list) => Math.exp(list.reduce((sum, v) => sum + Math.log(v), 0) / list.length);

/** The largest difference, relative to the largest magnitude of `b`. */
export function maxError(a, b) {
  let [error, most] = [0, 0];
  for (let i = 0; i < b.length; i++) {
    error = Math.max(error, Math.abs(a[i] - b[i]));
    most = Math.max(most, Math.abs(b[i]));
  }
  return a.length === b.length ? error / most : Infinity;
}

export function cosine(a, b) {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < b.length; i++) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return a.length === b.length ? ab / Math.sqrt(aa * bb) : 0;
}
