/** Processes with a WebGPU device: they end by themselves, at any moment, and workers have devices of their own. */
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const mia = new URL('../../dist/index.js', import.meta.url).href;

/** Runs a module in a process of its own. */
function run(code: string): { status: number | null; output: string } {
  const source = `import { WebGpu, Tensor, compile, spec } from '${mia}';\n${code}`;
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--expose-gc', '--input-type=module', '-e', source],
    { encoding: 'utf8', timeout: 50_000 },
  );
  return { status, output: stdout + stderr };
}
const make = `const device = await WebGpu.create();
const one = async () => (await Tensor.ones(device, [4]).add(1).back()).join();`;

test('a process ends although its device was never closed', () => {
  expect(run(`${make} console.log(await one());`)).toEqual({ status: 0, output: '2,2,2,2\n' });
});
test('process.exit with runs in flight', () => {
  const code = `${make} const x = Tensor.ones(device, [256, 256]);
for (let i = 0; i < 4; i++) x.clone().matmul(x.clone()).back().catch(() => {});
setTimeout(() => process.exit(3), 5);`;
  expect(run(code)).toEqual({ status: 3, output: '' });
});
test('a closed device refuses work, and the next one works', () => {
  const code = `${make} const x = Tensor.ones(device, [4]);
await device.close();
try { await x.back(); } catch (error) { console.log(error.code); }
const next = await WebGpu.create();
console.log((await Tensor.ones(next, [2]).add(1).back()).join());
await next.close();`;
  expect(run(code)).toEqual({ status: 0, output: 'ERR_CLOSED\n2,2\n' });
});
test('workers have devices of their own', () => {
  const worker = `import('${mia}').then(async ({ WebGpu, Tensor }) => {
  const device = await WebGpu.create();
  console.log((await Tensor.ones(device, [2]).add(1).back()).join());
  await device.close();
});`;
  const code = `import { Worker } from 'node:worker_threads';
for (let i = 0; i < 3; i++)
  await new Promise((done) => new Worker(${JSON.stringify(worker)}, { eval: true }).on('exit', done));`;
  expect(run(code)).toEqual({ status: 0, output: '2,2\n'.repeat(3) });
});
test('a thousand runs leave no memory behind', () => {
  const code = `${make}
const program = await compile(device, { x: spec('f32', [1024]) }, ({ x }) => ({ y: x.exp().sum() }));
const x = new Float32Array(1024);
const rss = async () => { gc(); await new Promise((r) => setTimeout(r, 50)); gc(); return process.memoryUsage().rss; };
for (let i = 0; i < 300; i++) await program.run({ x });
const before = await rss();
for (let i = 0; i < 1000; i++) await program.run({ x });
const grown = (await rss()) - before;
console.log(grown < 24 * 2 ** 20 ? 'flat' : grown, device.memory().liveBytes);
await program.dispose();
await device.close();`;
  expect(run(code)).toEqual({ status: 0, output: 'flat 0\n' });
});
