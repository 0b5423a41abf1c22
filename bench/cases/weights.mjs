import { compile, Cpu, spec, Tensor } from 'mia';
import { against, probe, random, time } from '../harness.mjs';

/**
 * Weights by dtype: bits a weight as they lie in memory, the peak that bounds many rows, and the bytes of one block [elements,
 * bytes, offsets of f16 scales] to fill.
 */
const formats = [
  { dtype: 'f16', bits: 16, peak: 'fma.f32' },
  { dtype: 'bf16', bits: 16, peak: 'dot.bf16' },
  { dtype: 'i8', bits: 8, peak: 'dot.i8' },
  { dtype: 'q8_0', bits: 8.5, peak: 'dot.i8', block: [32, 34, [0]] },
  { dtype: 'q4_0', bits: 4.5, peak: 'dot.i8', block: [32, 18, [0]] },
  { dtype: 'q4_k', bits: 4.5, peak: 'dot.i8', block: [256, 144, [0, 2]] },
  { dtype: 'q6_k', bits: 6.5625, peak: 'dot.i8', block: [256, 210, [208]] },
];
const K = 4096;
const SMALL = 4096; // columns of the product with many rows: enough for any peak
const MANY = 512;
const BYTES = 256 << 20;
const F16_SCALE = 0x1400; // 2^-10

/** Random weights [n, K] in a dtype's own bytes: any will do, as long as scales are numbers. */
function weights(device, n, { dtype, block }) {
  const bits = new Uint8Array(random((n * K * 4) / 8, 7).buffer); // n K / 2 bytes of noise
  if (!block) {
    // Numbers of any size, halves with their exponents kept near 1.
    const fill = new { f16: Uint16Array, bf16: Uint16Array, i8: Int8Array }[dtype](n * K);
    const base = { f16: 0x2c00, bf16: 0x3d00, i8: 0 }[dtype];
    const mask = { f16: 0x83ff, bf16: 0x807f, i8: 0xff }[dtype];
    for (let i = 0; i < fill.length; i++) fill[i] = base + ((bits[i % bits.length] * 257) & mask);
    return Tensor.create(device, [n, K], fill, dtype);
  }
  const [elements, bytes, scales] = block;
  const fill = new Uint8Array((n * K * bytes) / elements);
  for (let at = 0; at < fill.length; at += bits.length) fill.set(bits.subarray(0, fill.length - at), at);
  const view = new DataView(fill.buffer);
  for (let at = 0; at < fill.length; at += bytes)
    for (const s of scales) view.setUint16(at + s, F16_SCALE, true);
  return Tensor.create(device, [n, K], fill, dtype);
}

/** x f32 [m, K] times stored weights: milliseconds a run. */
async function opened(device, m, n, format) {
  const w = weights(device, n, format);
  const program = await compile(device, { x: spec('f32', [m, K]) }, ({ x }) => ({
    y: x.matmul(w.clone().transpose()),
  }));
  const x = random(m * K, 3);
  const into = { y: new Float32Array(m * n) };
  return {
    ms: () => time(() => program.run({ x }, { into }), { rounds: 3, warm: 1 }),
    async close() {
      await program.dispose();
      w.dispose();
    },
  };
}

/** Products with weights in every format: one row against the read stream, many rows against the peak of its arithmetic. */
export async function run() {
  const cpu = await Cpu.create();
  const { isa, threads } = cpu.info;
  const rows = [];
  for (const format of formats) {
    const { dtype, bits, peak } = format;
    const n = Math.ceil((BYTES * 8) / bits / K / 256) * 256;
    const thin = await opened(cpu, 1, n, format);
    const stream = await against(
      () => probe('read', isa, threads),
      async () => (n * K * bits) / 8 / (await thin.ms()) / 1e6,
      3,
    );
    await thin.close();
    rows.push({ name: `matmul f32 x ${dtype}, M = 1, 256 MB`, unit: 'GB/s', limitName: 'read', ...stream });
    const wide = await opened(cpu, MANY, SMALL, format);
    const share = await against(
      () => probe(peak, isa, threads),
      async () => (2 * MANY * K * SMALL) / (await wide.ms()) / 1e6,
      3,
    );
    await wide.close();
    rows.push({ name: `matmul f32 x ${dtype}, M = ${MANY}`, unit: 'GFLOP/s', limitName: peak, ...share });
  }
  await cpu.close();
  return rows;
}
