/**
 * GGUF's block formats from their description (ggml's block_q8_0, block_q4_0, block_q4_K, block_q6_K): what blocks stand
 * for in float64, and the reference rounding of the two simple ones.
 */
import type { Ref } from './array.js';
import { fromBits, roundTo, toBits } from './numbers.js';

export type BlockType = 'q8_0' | 'q4_0' | 'q4_k' | 'q6_k';

/** Elements and bytes of a block. */
export const blocks: Readonly<Record<BlockType, readonly [elements: number, bytes: number]>> = {
  q8_0: [32, 34],
  q4_0: [32, 18],
  q4_k: [256, 144],
  q6_k: [256, 210],
};
export const blockTypes = Object.keys(blocks) as BlockType[];

const half = (b: Uint8Array, at: number): number => fromBits('f16', b[at] + 256 * b[at + 1]);
const signed = (byte: number): number => (byte > 127 ? byte - 256 : byte);

const decoders: Readonly<Record<BlockType, (b: Uint8Array, i: number) => number>> = {
  q8_0: (b, i) => half(b, 0) * signed(b[2 + i]),
  q4_0: (b, i) => half(b, 0) * ((i < 16 ? b[2 + i] % 16 : b[2 + i - 16] >> 4) - 8),
  q4_k(b, i) {
    const group = i >> 5;
    const s = b.subarray(4, 16);
    const [scale, min] =
      group < 4
        ? [s[group] % 64, s[group + 4] % 64]
        : [(s[group + 4] % 16) + 16 * (s[group - 4] >> 6), (s[group + 4] >> 4) + 16 * (s[group] >> 6)];
    const byte = b[16 + 32 * (i >> 6) + (i % 32)];
    const q = i % 64 < 32 ? byte % 16 : byte >> 4;
    return half(b, 0) * scale * q - half(b, 2) * min;
  },
  q6_k(b, i) {
    const [part, quarter, l] = [i >> 7, (i >> 5) % 4, i % 32];
    const low = b[64 * part + 32 * (quarter % 2) + l];
    const high = (b[128 + 32 * part + l] >> (2 * quarter)) % 4;
    const q = (quarter < 2 ? low % 16 : low >> 4) + 16 * high - 32;
    return half(b, 208) * signed(b[192 + (i >> 4)]) * q;
  },
};

/** The numbers of raw blocks, in f32: exact, rounded once. */
export function decode(type: BlockType, shape: readonly number[], bytes: Uint8Array): Ref {
  const [elements, size] = blocks[type];
  const data = Array.from({ length: (bytes.length / size) * elements }, (_, n) => {
    const at = Math.floor(n / elements) * size;
    return Math.fround(decoders[type](bytes.subarray(at, at + size), n % elements));
  });
  return { dtype: 'f32', shape, data };
}

const f = Math.fround;
const halvesAway = (x: number): number => Math.sign(x) * Math.floor(Math.abs(x) + 0.5);

/** Blocks of numbers, in f32 arithmetic as the reference quantizers of ggml do it. */
export function encode(type: 'q8_0' | 'q4_0', numbers: readonly number[]): Uint8Array {
  const [elements, size] = blocks[type];
  const bytes = new Uint8Array((numbers.length / elements) * size);
  for (let n = 0; n < numbers.length; n += elements) {
    const block = bytes.subarray((n / elements) * size);
    const x = numbers.slice(n, n + elements);
    const largest = x.reduce((a, v) => (Math.abs(v) > Math.abs(a) ? v : a), 0);
    const d = f(type === 'q8_0' ? Math.abs(largest) / 127 : largest / -8);
    const inverse = d === 0 ? 0 : f(1 / d);
    const bits = toBits('f16', roundTo('f16', d));
    block.set([bits % 256, bits >> 8]);
    const q = x
      .map((v) => f(v * inverse))
      .map((v) => (type === 'q8_0' ? halvesAway(v) : Math.min(15, Math.trunc(f(v + 8.5)))));
    if (type === 'q8_0') block.set(Int8Array.from(q), 2);
    else for (let i = 0; i < 16; i++) block[2 + i] = q[i] + 16 * q[16 + i];
  }
  return bytes;
}
