/** Sizes that programs are prepared for: at most a quarter more rows than asked for, and few sizes altogether. */
export const CHUNK = 512;

/** The rows that a chunk of `n` rows is padded to. */
export function bucketOf(n: number): number {
  if (n <= 4) return n === 3 ? 4 : n;
  const step = n <= 64 ? 8 : n <= 256 ? 32 : 128;
  return Math.ceil(n / step) * step;
}
