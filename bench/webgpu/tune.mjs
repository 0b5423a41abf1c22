/** Sweeps tile parameters on the GPU at hand: `node bench/webgpu/tune.mjs [f32] [matrix] [matvec] [toggles]`; a line a kernel. */
import { FAST, SAFE, open } from './gpu.mjs';
import { Matmul } from './matmuls.mjs';

const tiled = (tileM, tileN, tileK, threadM, threadN, unroll = 1) => ({
  tileM,
  tileN,
  tileK,
  threadM,
  threadN,
  unroll,
});
const units = (subgroupsM, subgroupsN, fragmentsM, fragmentsN, tileK, buffers = 1, skew = 1) => ({
  subgroupsM,
  subgroupsN,
  fragmentsM,
  fragmentsN,
  tileK,
  buffers,
  skew,
});
const rows = (threads, lanes, rows, unroll, staged = false) => ({ threads, lanes, rows, unroll, staged });
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
  tiled(128, 128, 8, 8, 16, 8),
  tiled(128, 128, 8, 8, 8, 8),
  tiled(128, 128, 8, 8, 16, 1),
  tiled(64, 64, 8, 8, 8, 8),
  tiled(128, 128, 16, 8, 8, 16),
  tiled(128, 128, 16, 8, 16, 16),
  tiled(64, 64, 16, 8, 8, 16),
  tiled(128, 64, 8, 8, 8, 8),
  tiled(64, 128, 8, 8, 8, 8),
  tiled(128, 128, 8, 16, 8, 8),
  tiled(128, 256, 8, 8, 16, 8),
  tiled(64, 128, 8, 8, 16, 8),
  tiled(128, 128, 4, 8, 16, 4),
  tiled(128, 64, 8, 8, 16, 8),
  tiled(64, 64, 16, 4, 8, 8),
  tiled(32, 64, 16, 4, 4, 8),
];
const UNITS = [
  units(2, 2, 4, 4, 32),
  units(2, 2, 4, 4, 16),
  units(2, 2, 4, 4, 48),
  units(2, 4, 4, 2, 64),
  units(1, 2, 4, 4, 32),
  units(2, 1, 4, 4, 32),
  units(1, 4, 4, 4, 32),
  units(4, 1, 4, 4, 32),
  units(2, 2, 4, 2, 32),
  units(2, 2, 2, 4, 32),
  units(2, 3, 4, 4, 32),
  units(1, 2, 4, 4, 64),
  units(2, 2, 2, 2, 32),
  units(2, 2, 2, 2, 64),
  units(1, 4, 8, 2, 32),
];
const ROWS = [
  rows(256, 32, 1, 4),
  rows(128, 32, 2, 2),
  rows(128, 32, 4, 2),
  rows(256, 32, 2, 4),
  rows(256, 32, 2, 2, true),
  rows(256, 32, 4, 2, true),
  rows(256, 32, 4, 1, true),
  rows(128, 32, 4, 2, true),
  rows(256, 32, 2, 4, true),
  rows(128, 32, 2, 4, true),
  rows(256, 32, 1, 8, true),
];
const few = [
  rows(256, 32, 4, 1, true),
  rows(128, 32, 4, 1, true),
  rows(256, 32, 2, 1, true),
  rows(256, 32, 8, 1, true),
  rows(256, 16, 4, 1, true),
  rows(256, 16, 8, 1, true),
];

const wanted = process.argv.slice(2);
const does = (name) => wanted.length === 0 || wanted.includes(name);
const gpu = await open(FAST);
console.log(
  gpu.info.vendor,
  gpu.info.architecture,
  gpu.info.device,
  gpu.info.description,
  [...gpu.features].join(' '),
);
console.log(
  'workgroup bytes',
  gpu.device.limits.maxComputeWorkgroupStorageSize,
  gpu.info.subgroupMinSize,
  gpu.info.subgroupMaxSize,
);
const cube = { m: size, n: size, k: size };
if (does('f32')) {
  await sweep(gpu, 'f32 nn', { ...cube, layout: 'nn' }, 'tiled', F32);
  await sweep(gpu, 'f32 nt', cube, 'tiled', F32.slice(0, 8));
}
if (does('matrix')) {
  await sweep(gpu, 'f16 nt', { ...cube, a: 'f16', b: 'f16' }, 'matrixUnits', UNITS);
  await sweep(gpu, 'f16 nn', { ...cube, a: 'f16', b: 'f16', layout: 'nn' }, 'matrixUnits', UNITS.slice(0, 6));
  await sweep(gpu, 'f32 q4_0 nt', { ...cube, b: 'q4_0' }, 'matrixUnits', UNITS.slice(0, 4));
}
if (does('matvec')) {
  for (const [b, n, k] of [
    ['f16', size * 2, size * 2],
    ['q4_0', size * 4, size * 4],
    ['q8_0', size * 4, size * 2],
    ['f32', size * 2, size],
  ])
    // prettier-ignore
    await sweep(gpu, `m=1 ${b}`, { m: 1, n, k, b }, 'matvec', ROWS, { times: 10 });
  for (const m of [4, 16])
    for (const b of ['f16', 'q4_0'])
      await sweep(gpu, `m=${m} ${b}`, { m, n: size * 2, k: size * 2, b }, 'matvec', few, { times: 10 });
}
if (does('toggles')) {
  const sets = { safe: SAFE, 'safe + disable_robustness': [...SAFE, 'disable_robustness'], fast: FAST };
  for (const [name, toggles] of Object.entries(sets)) {
    const other = await open(toggles);
    await sweep(other, `${name}: f32 nn`, { ...cube, layout: 'nn' }, 'tiled', [F32[0], F32[2]]);
    await sweep(other, `${name}: f16 nt`, { ...cube, a: 'f16', b: 'f16' }, 'matrixUnits', [
      UNITS[0],
      UNITS[2],
    ]);
    await sweep(
      other,
      `${name}: m=1 f16`,
      { m: 1, n: size * 2, k: size * 2, b: 'f16' },
      'matvec',
      [ROWS[0]],
      { times: 10 },
    );
  }
}
process.exit();
