import { compile, Cpu, spec } from 'mia';
import { against, probe, random, time } from '../harness.mjs';

const N = 16 << 20;

/** Eight cheap ops over 16M floats in one step: one read and one write of memory, as a share of copying. */
export async function run() {
  const cpu = await Cpu.create();
  const program = await compile(cpu, { x: spec('f32', [N]) }, ({ x }) => ({
    y: x.mul(1.5).add(0.25).maximum(-0.5).mul(0.75).sub(0.125).minimum(2).mul(1.25).add(1),
  }));
  const x = random(N, 5);
  const { limit, value } = await against(
    () => probe('copy', cpu.info.isa, cpu.info.threads),
    async () => (2 * 4 * N) / (await time(() => program.run({ x }), { rounds: 3, warm: 1 })) / 1e6,
  );
  await program.dispose();
  await cpu.close();
  return [
    { name: 'fused chain of 8 ops, 16M floats', value, unit: 'GB/s', limit, limitName: 'copy', gate: 0.8 },
  ];
}
