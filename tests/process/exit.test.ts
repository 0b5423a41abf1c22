/** However a process or a worker ends, it ends cleanly: no crash, no hang, nothing waits for an idle device. */
import { expect, test } from 'vitest';
import { runScript } from './run-script.js';

const large = `
  import { compile, Cpu, spec, Tensor } from 'mia';
  const cpu = await Cpu.create();
  const n = 1024;
  const x = () => Tensor.create(cpu, [n, n], new Float32Array(n * n).fill(1));
`;

test('process.exit with runs in flight', async () => {
  const { code, signal, err } = await runScript(`${large}
    for (let i = 0; i < 8; i++) x().matmul(x()).back();
    setTimeout(() => process.exit(7), 5);
  `);
  expect({ code, signal, err }).toEqual({ code: 7, signal: null, err: '' });
});

test('an error nobody catches, with runs in flight', async () => {
  const { code, signal } = await runScript(`${large}
    for (let i = 0; i < 8; i++) x().matmul(x()).back();
    setTimeout(() => { throw new Error('gone'); }, 5);
  `);
  expect({ code, signal }).toEqual({ code: 1, signal: null });
});

test('a pending result keeps the process alive until it is there', async () => {
  const { code, out } = await runScript(`${large}
    x().matmul(x()).back().then((y) => console.log(y[0]));
  `);
  expect({ code, out }).toEqual({ code: 0, out: '1024\n' });
});

test('an idle device that nobody closed does not', async () => {
  const { code, out } = await runScript(`${large}
    console.log((await x().add(1).back())[0]);
  `);
  expect({ code, out }).toEqual({ code: 0, out: '2\n' });
});

test('a lent buffer transferred while a run reads it', async () => {
  const { code, signal, out } = await runScript(
    `${large}
    const a = new Float32Array(n * n).fill(1);
    const t = Tensor.create(cpu, [n, n], a);
    const w = Tensor.create(cpu, [n, n], new Float32Array(n * n).fill(1));
    const program = await compile(cpu, { x: spec('f32', [n, n]) }, ({ x }) => ({ y: x.matmul(w.clone()) }));
    const b = new Float32Array(n * n).fill(1);
    const runs = [t.clone().matmul(t).back(), program.run({ x: b })];
    await Promise.resolve();
    for (const { buffer } of [a, b]) {
      try { structuredClone(buffer, { transfer: [buffer] }); } catch {}
      for (let i = 0; i < 20; i++) { gc(); new Float32Array(1 << 20).fill(7); }
    }
    const [first, { y: second }] = await Promise.all(runs);
    console.log(first.every((v) => v === n), second.every((v) => v === n));
  `,
    { args: ['--expose-gc'] },
  );
  expect({ code, signal, out }).toEqual({ code: 0, signal: null, out: 'true true\n' });
});

test('a handle forgotten is reported under MIA_DEBUG with the place that made it', async () => {
  const { code, err } = await runScript(
    `import { Cpu, Tensor } from 'mia';
     const cpu = await Cpu.create();
     function makesAndForgets() { Tensor.create(cpu, [8], new Float32Array(8)); }
     makesAndForgets();
     for (let i = 0; i < 50 && cpu.memory().liveTensors > 0; i++) { gc(); await new Promise((r) => setTimeout(r, 10)); }
     process.exitCode = cpu.memory().liveTensors;`,
    { args: ['--expose-gc'], env: { MIA_DEBUG: '1' } },
  );
  expect(code).toBe(0);
  expect(err).toMatch(/forgotten: tensor #\d+ leaf f32 \[8\].*makesAndForgets/);
});

test('100 workers, each ended in the middle of a run', async () => {
  const { code, signal, out, err } = await runScript(
    `import { Worker } from 'node:worker_threads';
     const source = \`
       import('mia').then(async ({ Cpu, Tensor }) => {
         const { parentPort } = await import('node:worker_threads');
         const cpu = await Cpu.create();
         const n = 512;
         const data = new Float32Array(n * n).fill(1);
         const x = () => Tensor.create(cpu, [n, n], data);
         for (let i = 0; ; i++) {
           const runs = [x().matmul(x()).back(), x().matmul(x()).softmax().back(), x().exp().realize()];
           if (i === 0) parentPort.postMessage('running');
           await Promise.all(runs);
         }
       });
     \`;
     const one = () => new Promise((resolve, reject) => {
       const worker = new Worker(source, { eval: true });
       worker.once('error', reject);
       worker.once('message', () => worker.terminate().then(resolve));
     });
     for (let i = 0; i < 25; i++) await Promise.all([one(), one(), one(), one()]);
     const { Cpu, Tensor } = await import('mia');
     const cpu = await Cpu.create();
     console.log((await Tensor.create(cpu, [2], Float32Array.of(1, 2)).add(1).back()).join());`,
    { timeoutMs: 120_000 },
  );
  expect({ code, signal, out, err }).toEqual({ code: 0, signal: null, out: '2,3\n', err: '' });
}, 130_000);

test('the event loop stays free while every thread is busy', async () => {
  const { out } = await runScript(`${large}
    import { monitorEventLoopDelay } from 'node:perf_hooks';
    const program = await compile(cpu, { x: spec('f32', [n, n]) }, ({ x: a }) => ({ y: a.clone().matmul(a) }));
    const data = new Float32Array(n * n).fill(1);
    await program.run({ x: data });
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    const end = performance.now() + 1500;
    await Promise.all([1, 2, 3, 4].map(async () => { while (performance.now() < end) await program.run({ x: data }); }));
    delay.disable();
    console.log(delay.percentile(99) / 1e6);
  `);
  expect(Number(out)).toBeLessThan(5 + 1.1); // the monitor itself ticks every millisecond
});
