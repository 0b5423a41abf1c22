/** Sweeps tile parameters on the GPU at hand: `node bench/webgpu/tune.mjs [f32] [matrix] [matvec] [toggles]`; a line a kernel. */
import { FAST, SAFE, open } from './gpu.mjs';
import { Matmul } from './matmuls.mjs';

const tiled = (tileM, tileN, tileK, threadM, threadN, buffers = 1, unroll = 1) => ({
  ...{ tileM, tileN, tileK, threadM, threadN, buffers, unroll },
});
const units = (subgroupsM, subgroupsN, fragmentsM, fragmentsN, tileK, buffers = 1, skew = 1) => ({
  ...{ subgroupsM, subgroupsN, fragmentsM, fragmentsN, tileK, buffers, skew },
});
const rows = (threads, lanes, rows, unroll) => ({ threads, lanes, rows, unroll });
const size = Number(process.env.MIA_TUNE_SIZE ?? 4096);

async function sweep(gpu, label, shape, method, configs, time = {}) {
  const matmul = new Matmul(gpu, shape);
  const { m, n, k } = matmul.p;
  const bytes = matmul.b.data.byteLength + (matmul.b.scales?.byteLength ?? 0);
  for (const config of configs) {
    const name = `${label} ${JSON.stringify(Object.values(config))}`;
    try {
      const start = performance.now();
      const { error, seconds } = await matmul.run(matmul[method](config), { samples: 50, time });
      const rate =
        method === 'matvec'
          ? `${(bytes / seconds / 1e9).toFixed(0)} GB/s`
          : `${((2 * m * n * k) / seconds / 1e12).toFixed(1)} TFLOP/s`;
      console.log(
        `${name}: ${rate} ${(seconds * 1e6).toFixed(1)} us, error ${error.toExponential(1)}, took ${(performance.now() - start).toFixed(0)} ms`,
      );
    } catch (error) {
      console.log(`${name}: ${error.message.slice(0, 300)}`);
    }
  }
  matmul.destroy();
}

const F32 = [
  ...[tiled(128, 128, 16, 8, 8, 1, 1), tiled(128, 128, 16, 8, 8, 1, 16), tiled(128, 128, 16, 8, 16, 1, 1)],
  ...[tiled(128, 128, 16, 8, 16, 2, 1), tiled(128, 128, 16, 8, 16, 2, 16), tiled(128, 128, 16, 16, 8, 2, 1)],
  ...[tiled(128, 128, 32, 8, 8, 1, 1), tiled(128, 128, 32, 8, 16, 1, 1), tiled(128, 128, 32, 8, 8, 1, 4)],
  ...[tiled(64, 64, 16, 8, 8, 2, 1), tiled(64, 128, 32, 8, 8, 1, 1), tiled(128, 64, 16, 8, 8, 2, 1)],
  ...[tiled(64, 64, 32, 8, 4, 2, 1), tiled(256, 128, 16, 16, 16, 1, 1)],
].filter((t) => [t.tileM, t.tileN].every((x) => (x * t.tileK) % (16 * ((t.tileM / t.threadM) * (t.tileN / t.threadN))) === 0));
const UNITS = [
  ...[units(2, 4, 4, 2, 32), units(2, 4, 4, 2, 32, 2), units(2, 4, 4, 4, 32), units(2, 4, 4, 4, 16, 2)],
  ...[units(2, 2, 4, 4, 32), units(2, 2, 4, 4, 32, 2), units(2, 2, 4, 4, 64), units(2, 4, 4, 2, 64)],
  ...[units(2, 4, 4, 4, 32, 1, 0), units(2, 4, 4, 4, 32, 1, 2), units(4, 2, 2, 4, 32), units(2, 2, 4, 2, 64)],
  ...[units(4, 2, 4, 4, 32), units(2, 2, 2, 2, 32, 2)],
];
const ROWS = [];
for (const [threads, lanes] of [[256, 32], [128, 32], [64, 32], [256, 16], [256, 8], [128, 8]]) // prettier-ignore
  for (const [r, unroll] of [[1, 4], [2, 2], [4, 1], [1, 8], [4, 2]]) ROWS.push(rows(threads, lanes, r, unroll)); // prettier-ignore
const few = [rows(256, 32, 1, 2), rows(256, 32, 2, 1), rows(128, 16, 2, 1), rows(128, 8, 4, 1), rows(128, 8, 2, 1)];

const wanted = process.argv.slice(2);
const does = (name) => wanted.length === 0 || wanted.includes(name);
const gpu = await open(FAST);
console.log(gpu.info.vendor, gpu.info.architecture, gpu.info.device, gpu.info.description, [...gpu.features].join(' '));
console.log('workgroup bytes', gpu.device.limits.maxComputeWorkgroupStorageSize, gpu.info.subgroupMinSize, gpu.info.subgroupMaxSize);
const cube = { m: size, n: size, k: size };
if (does('f32')) {
  await sweep(gpu, 'f32 nn', { ...cube, layout: 'nn' }, 'tiled', F32);
  await sweep(gpu, 'f32 nt', cube, 'tiled', F32.slice(0, 5));
}
if (does('matrix')) {
  await sweep(gpu, 'f16 nt', { ...cube, a: 'f16', b: 'f16' }, 'matrixUnits', UNITS);
  await sweep(gpu, 'f16 nn', { ...cube, a: 'f16', b: 'f16', layout: 'nn' }, 'matrixUnits', UNITS.slice(0, 6));
  await sweep(gpu, 'f32 q4_0 nt', { ...cube, b: 'q4_0' }, 'matrixUnits', UNITS.slice(0, 4));
}
if (does('matvec')) {
  for (const [b, n, k] of [['f16', size * 2, size * 2], ['q4_0', size * 4, size * 4], ['q8_0', size * 4, size * 2], ['f32', size * 2, size]]) // prettier-ignore
    await sweep(gpu, `m=1 ${b}`, { m: 1, n, k, b }, 'matvec', b === 'f16' || b === 'q4_0' ? ROWS : ROWS.slice(0, 5), { times: 10 });
  for (const m of [4, 16])
    for (const b of ['f16', 'q4_0'])
      await sweep(gpu, `m=${m} ${b}`, { m, n: size * 2, k: size * 2, b }, 'matvec', few, { times: 10 });
}
if (does('toggles')) {
  const sets = { safe: SAFE, 'safe + disable_robustness': [...SAFE, 'disable_robustness'], fast: FAST };
  for (const [name, toggles] of Object.entries(sets)) {
    const other = await open(toggles);
    await sweep(other, `${name}: f32 nn`, { ...cube, layout: 'nn' }, 'tiled', [F32[0], F32[2]]);
    await sweep(other, `${name}: f16 nt`, { ...cube, a: 'f16', b: 'f16' }, 'matrixUnits', [UNITS[0], UNITS[2]]);
    await sweep(other, `${name}: m=1 f16`, { m: 1, n: size * 2, k: size * 2, b: 'f16' }, 'matvec', [ROWS[0]], { times: 10 });
  }
}
process.exit();
