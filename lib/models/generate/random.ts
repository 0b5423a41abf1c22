/**
 * Numbers that depend on a seed and a counter alone, whatever was drawn before: Philox 2x32 with 10 rounds (Salmon,
 * Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", 2011).
 */
export function philox(counter: readonly [number, number], key: number): [number, number] {
  let [x, y] = [counter[0] >>> 0, counter[1] >>> 0];
  let k = key >>> 0;
  for (let round = 0; round < 10; round++) {
    const high = highProduct(MULTIPLIER, x);
    const low = Math.imul(MULTIPLIER, x) >>> 0;
    [x, y] = [(high ^ k ^ y) >>> 0, low];
    k = (k + WEYL) >>> 0;
  }
  return [x, y];
}

const MULTIPLIER = 0xd256d193;
const WEYL = 0x9e3779b9;

/** The upper 32 bits of a product of 32-bit integers. */
function highProduct(a: number, b: number): number {
  const [aHigh, aLow, bHigh, bLow] = [a >>> 16, a & 0xffff, b >>> 16, b & 0xffff];
  const middle = aHigh * bLow + Math.floor((aLow * bLow) / 2 ** 16);
  const other = aLow * bHigh + (middle % 2 ** 16);
  return (aHigh * bHigh + Math.floor(middle / 2 ** 16) + Math.floor(other / 2 ** 16)) >>> 0;
}

/** The number of a step, uniform over the 2^24 multiples of 2^-24 in [0, 1): exact in f32. `seed`: up to 2^53. */
export function uniform(seed: number, step: number): number {
  const [bits] = philox([step, Math.floor(seed / 2 ** 32)], seed % 2 ** 32);
  return (bits >>> 8) / 2 ** 24;
}
