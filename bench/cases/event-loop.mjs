import { monitorEventLoopDelay } from 'node:perf_hooks';
import { compile, Cpu, spec } from 'mia';
import { random, resident } from '../harness.mjs';

/** How long the event loop is held, 99th percentile, while large products keep every thread busy. */
export async function run() {
  const cpu = await Cpu.create();
  const n = 1024;
  const w = resident(cpu, [n, n], 2);
  const program = await compile(cpu, { x: spec('f32', [n, n]) }, ({ x }) => ({ y: x.matmul(w.clone()) }));
  const x = random(n * n, 3);
  await program.run({ x });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const end = performance.now() + 2000;
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      while (performance.now() < end) await program.run({ x });
    }),
  );
  delay.disable();
  await program.dispose();
  w.dispose();
  await cpu.close();
  // The monitor's own timer ticks each millisecond: what is above that is the delay.
  return [
    {
      name: 'event-loop delay p99 while saturated',
      value: Math.max(0, delay.percentile(99) / 1e6 - 1),
      unit: 'ms',
      most: 5,
    },
  ];
}
