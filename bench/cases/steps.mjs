import { compile, Cpu, spec } from 'mia';
import { duel, random } from '../harness.mjs';

const [FEW, MANY] = [10, 110];
const SIZE = 64;

/** What one more step costs in a plan that stays: softmax after softmax of [64], which do not fuse. */
export async function run() {
  const cpu = await Cpu.create();
  const x = random(SIZE, 3);
  const into = { y: new Float32Array(SIZE) };
  const chains = [];
  for (const length of [FEW, MANY]) {
    const program = await compile(cpu, { x: spec('f32', [SIZE]) }, ({ x }) => ({
      y: Array.from({ length }).reduce((y) => y.softmax(), x),
    }));
    const { steps } = await program.explain();
    if (steps.length !== length) throw new Error(`${length} ops became ${steps.length} steps`);
    chains.push(program);
  }
  const { ms } = await duel(
    chains.map((program) => () => program.run({ x }, { into })),
    { rounds: 15, pause: 0 },
  );
  for (const program of chains) await program.dispose();
  await cpu.close();
  return [
    {
      name: `one more step of a plan, softmax of [${SIZE}]`,
      value: ((ms[1] - ms[0]) * 1e6) / (MANY - FEW),
      unit: 'ns',
    },
  ];
}
