import { compile, Cpu, spec } from 'mia';
import { against, probe, random, resident, time } from '../harness.mjs';

const N = 16 << 20;
const chain = (x) => x.mul(1.5).add(0.25).maximum(-0.5).mul(0.75).sub(0.125).minimum(2).mul(1.25).add(1);

/**
 * Eight cheap ops over 16M floats in one step: one read and one write of memory, as a share of copying. A consumed tensor
 * is overwritten in place; a program writes its result into an array that it is given, or else into new memory at every
 * run, which the system has to hand out first.
 */
export async function run() {
  const cpu = await Cpu.create();
  const copy = () => probe('copy', cpu.info.isa, cpu.info.threads);
  const rate = async (fn) => (2 * 4 * N) / (await time(fn, { rounds: 3, warm: 1 })) / 1e6;
  const rows = [];
  const row = (name, { limit, value }, gate) =>
    rows.push({ name, value, unit: 'GB/s', limit, limitName: 'copy', gate });

  let y = await resident(cpu, [N], 5).add(1).realize();
  const inPlace = await against(copy, () => rate(async () => (y = await chain(y).realize())));
  row('fused chain of 8 ops, 16M floats, consumed', inPlace, 0.8);
  y.dispose();

  const program = await compile(cpu, { x: spec('f32', [N]) }, ({ x }) => ({ y: chain(x) }));
  const x = random(N, 5);
  const { y: target } = await program.run({ x });
  const into = { y: target };
  row(
    'the same by program.run, into an array',
    await against(copy, () => rate(() => program.run({ x }, { into }))),
    0.8,
  );
  row('the same by program.run, new results', await against(copy, () => rate(() => program.run({ x }))));
  await program.dispose();
  await cpu.close();
  return rows;
}
