import { compile, Cpu, spec } from 'mia';
import { random, time } from '../harness.mjs';

const STEPS = 100;
const SIZE = 64;

/** What one more step costs in a plan that stays: softmax after softmax of [64], which do not fuse. */
export async function run() {
  const cpu = await Cpu.create();
  const x = random(SIZE, 3);
  const into = { y: new Float32Array(SIZE) };
  const chain = async (length) => {
    const program = await compile(cpu, { x: spec('f32', [SIZE]) }, ({ x }) => ({
      y: Array.from({ length }).reduce((y) => y.softmax(), x),
    }));
    const { steps } = await program.explain();
    if (steps.length !== length) throw new Error(`${length} ops became ${steps.length} steps`);
    const us = (await time(() => program.run({ x }, { into }), { rounds: 9, warm: 500 })) * 1000;
    await program.dispose();
    return us;
  };
  const [one, all] = [await chain(1), await chain(STEPS)];
  await cpu.close();
  return [
    {
      name: `a further step of a plan of ${STEPS}, [${SIZE}] softmax`,
      value: ((all - one) * 1000) / (STEPS - 1),
      unit: 'ns',
    },
  ];
}
