import { compile, Cpu, spec } from 'mia';
import { against, probe, random, resident, time } from '../harness.mjs';

/** f32 [n, n] x [n, n] as a share of the FMA peak of the same minute. */
export async function run() {
  const rows = [];
  for (const threads of [1, 2]) {
    const cpu = await Cpu.create({ threads });
    if (cpu.info.cores < threads) continue;
    for (const n of [1024, 2048]) {
      const w = resident(cpu, [n, n], 2);
      const program = await compile(cpu, { x: spec('f32', [n, n]) }, ({ x }) => ({ y: x.matmul(w.clone()) }));
      const x = random(n * n, 3);
      const { limit, value } = await against(
        () => probe('fma.f32', cpu.info.isa, threads),
        async () => (2 * n ** 3) / (await time(() => program.run({ x }), { rounds: 3, warm: 1 })) / 1e6,
      );
      rows.push({
        name: `matmul f32 ${n}^3, ${threads} thread${threads > 1 ? 's' : ''}`,
        value,
        unit: 'GFLOP/s',
        limit,
        limitName: 'FMA peak',
        gate: n === 1024 ? 0.75 : undefined,
      });
      await program.dispose();
      w.dispose();
    }
    await cpu.close();
  }
  return rows;
}
