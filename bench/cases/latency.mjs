import { compile, Cpu, expr, spec, Tensor } from 'mia';
import { median, now, random, time } from '../harness.mjs';

/** What a tiny op costs from end to end, in microseconds: the price of laziness. */
export async function run() {
  const cpu = await Cpu.create();
  const [a, b] = [Tensor.create(cpu, [256], random(256, 1)), Tensor.create(cpu, [256], random(256, 2))];
  const us = async (fn) => (await time(fn, { rounds: 9, warm: 2000 })) * 1000;
  const record = await us(async () => (await a.clone().add(b.clone()).back()).length);
  const program = await compile(cpu, { x: spec('f32', [256]) }, ({ x }) => ({ y: x.add(b.clone()) }));
  const x = random(256, 3);
  const run = await us(() => program.run({ x }));

  // Both sides in turn, many calls each: the difference is small beside either.
  const sides = [
    () => a.clone().add(b.clone()).mul(a.clone()).dispose(),
    () => expr`(${a.clone()} + ${b.clone()}) * ${a.clone()}`.dispose(),
  ];
  const samples = [[], []];
  for (let round = 0; round < 21; round++) {
    for (const [i, side] of sides.entries()) {
      const start = now();
      for (let n = 0; n < 5000; n++) side();
      samples[i].push(((now() - start) / 5000) * 1000);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  const [methods, template] = samples.map(median);

  await program.dispose();
  a.dispose();
  b.dispose();
  await cpu.close();
  return [
    { name: 'cached one-op plan, record to result', value: record, unit: 'us', most: 30 },
    { name: 'program.run of one op', value: run, unit: 'us', most: 15 },
    {
      name: 'expr template over methods, two ops',
      value: Math.max(0, template - methods),
      unit: 'us',
      most: 1,
    },
  ];
}
