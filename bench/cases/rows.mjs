import { compile, Cpu, spec, Tensor } from 'mia';
import { against, probe, random, time } from '../harness.mjs';

const [ROWS, SIZE] = [4096, 1024];

/** Row functions and an activation over [4096, 1024]: one read and one write of memory, as a share of copying. */
export async function run() {
  const cpu = await Cpu.create();
  const w = Tensor.create(cpu, [SIZE], random(SIZE, 2));
  const b = Tensor.create(cpu, [SIZE], random(SIZE, 3));
  const ops = {
    softmax: (x) => x.softmax(),
    layerNorm: (x) => x.layerNorm(w.clone(), b.clone(), 1e-5),
    gelu: (x) => x.gelu(),
  };
  const x = random(ROWS * SIZE, 1);
  const into = { y: new Float32Array(ROWS * SIZE) };
  const rows = [];
  for (const [op, fn] of Object.entries(ops)) {
    const program = await compile(cpu, { x: spec('f32', [ROWS, SIZE]) }, ({ x }) => ({ y: fn(x) }));
    const measured = await against(
      () => probe('copy', cpu.info.isa, cpu.info.threads),
      async () =>
        (2 * 4 * ROWS * SIZE) /
        (await time(() => program.run({ x }, { into }), { rounds: 3, warm: 1 })) /
        1e6,
      3,
    );
    rows.push({ name: `${op} [${ROWS}, ${SIZE}]`, unit: 'GB/s', limitName: 'copy', ...measured });
    await program.dispose();
  }
  w.dispose();
  b.dispose();
  await cpu.close();
  return rows;
}
