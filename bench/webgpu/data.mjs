/** Random matrices in every stored format, and products of samples in float64. */
const HALVES = Float32Array.from({ length: 65536 }, (_, bits) => {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  const size = exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction;
  return bits & 0x8000 ? -size : size;
});
let state = 12345;
export function random() {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
}
// Halves of 2^-7 .. 1 with either sign.
const half = () => {
  const r = random();
  return ((r & 0x83ff) | ((8 + ((r >>> 16) % 7)) << 10)) >>> 0;
};
const scaleHalf = () => ((random() & 0x3ff) | (6 << 10)) >>> 0;

function fill(data, next) {
  const some = data.subarray(0, Math.min(data.length, 1 << 20));
  for (let i = 0; i < some.length; i++) some[i] = next();
  // The rest repeats a random million with a prime shift: as incompressible to a cache, much faster to make.
  for (let at = some.length; at < data.length; at += 999983)
    data.set(some.subarray(0, Math.min(999983, data.length - at)), at);
  return data;
}

const MAKERS = {
  f32: (n) => {
    const data = fill(new Float32Array(n), () => HALVES[half()] * (1 + (random() & 8191) / 16777216));
    return { data, at: (i) => data[i] };
  },
  f16: (n) => {
    const data = fill(new Uint16Array(n + (n & 1)), half);
    return { data, at: (i) => HALVES[data[i]] };
  },
  bf16: (n) => {
    const word = new Uint32Array(1);
    const float = new Float32Array(word.buffer);
    const data = fill(new Uint16Array(n + (n & 1)), () => ((float[0] = HALVES[half()]), word[0] >>> 16));
    return { data, at: (i) => ((word[0] = data[i] << 16), float[0]) };
  },
  q8_0: (n) => {
    const data = new Int8Array(fill(new Int32Array(n / 4), random).buffer);
    const scales = fill(new Uint16Array(Math.ceil(n / 64) * 2), scaleHalf);
    return { data, scales, at: (i) => data[i] * HALVES[scales[i >> 5]] };
  },
  q4_0: (n) => {
    const data = new Uint8Array(fill(new Int32Array(n / 8), random).buffer);
    const scales = fill(new Uint16Array(Math.ceil(n / 64) * 2), scaleHalf);
    const at = (i) =>
      (((data[(i >> 5) * 16 + (i & 15)] >> (i & 16 ? 4 : 0)) & 15) - 8) * HALVES[scales[i >> 5]];
    return { data, scales, at };
  },
};
export const make = (format, count) => ({ format, count, ...MAKERS[format](count) });
export const bytesOf = (matrix) => matrix.data.byteLength + (matrix.scales?.byteLength ?? 0);
