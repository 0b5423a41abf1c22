import { compile, Cpu, spec } from 'mia';
import { against, probe, random, resident, time } from '../harness.mjs';

const size = (shape) => shape.reduce((a, b) => a * b, 1);

/** q [..., H, T, D] against k and v [..., Hkv, S, D] that lie on the device. */
const shapes = [
  {
    name: 'prefill 2048 causal, H 32, D 64',
    q: [1, 32, 2048, 64],
    kv: [1, 32, 2048, 64],
    causal: true,
    gate: 0.4,
  },
  { name: 'prefill 2048 causal, H 32 of 8, D 64', q: [1, 32, 2048, 64], kv: [1, 8, 2048, 64], causal: true },
  { name: 'encoder 32 x 128, H 12, D 32', q: [32, 12, 128, 32], kv: [32, 12, 128, 32] },
  { name: 'decode over 4096, H 32 of 8, f32', q: [1, 32, 1, 64], kv: [1, 8, 4096, 64], bytes: 4 },
  { name: 'decode over 4096, H 32 of 8, f16', q: [1, 32, 1, 64], kv: [1, 8, 4096, 64], bytes: 2 },
  { name: 'decode over 65536, H 32 of 8, f16', q: [1, 32, 1, 64], kv: [1, 8, 65536, 64], bytes: 2 },
];

/** Unmasked work as a share of the FMA peak; decoding as a share of what memory reads in the same minute. */
export async function run() {
  const rows = [];
  for (const threads of [1, 2]) {
    const cpu = await Cpu.create({ threads });
    if (cpu.info.cores < threads) continue;
    for (const { name, q, kv, causal = false, bytes, gate } of shapes) {
      const [k, v] = await Promise.all(
        [2, 3].map((seed) =>
          resident(cpu, kv, seed)
            .to(bytes === 2 ? 'f16' : 'f32')
            .realize(),
        ),
      );
      const program = await compile(cpu, { x: spec('f32', q) }, ({ x }) => ({
        y: x.attention(k.clone(), v.clone(), { causal }).sum([1, 2, 3]), // a small result: no fresh memory a run
      }));
      const x = random(size(q), 1);
      const [t, s] = [q[2], kv[2]];
      const work = bytes
        ? 2 * size(kv) * bytes
        : 4 * q[0] * q[1] * q[3] * (causal ? (t * (t + 1)) / 2 : t * s);
      const { limit, value } = await against(
        () => probe(bytes ? 'read' : 'fma.f32', cpu.info.isa, threads),
        async () => work / (await time(() => program.run({ x }), { rounds: 3, warm: 1 })) / 1e6,
        3,
      );
      rows.push({
        name: `${name}, ${threads} thread${threads > 1 ? 's' : ''}`,
        value,
        unit: bytes ? 'GB/s' : 'GFLOP/s',
        limit,
        limitName: bytes ? 'memory' : 'FMA peak',
        gate,
      });
      await program.dispose();
      k.dispose();
      v.dispose();
    }
    await cpu.close();
  }
  return rows;
}
