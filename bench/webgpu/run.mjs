/**
 * `node bench/webgpu/run.mjs [--json]`: the table of raw WebGPU kernels, correctness first. MIA_DAWN names dawn.node (the npm package otherwise).
 * Peers on the same card are given, not measured here: MIA_CUBLAS_F32 and MIA_CUBLAS_F16 in TFLOP/s.
 */
import { FAST, SAFE, median, open } from './gpu.mjs';
import { bytesOf, random } from './data.mjs';
import { Matmul } from './matmuls.mjs';

const cublas = {
  f32: Number(process.env.MIA_CUBLAS_F32 ?? 51),
  f16: Number(process.env.MIA_CUBLAS_F16 ?? 775),
};
const gpu = await open(process.env.MIA_SAFE ? SAFE : FAST);
const size = Number(process.env.MIA_BENCH_SIZE ?? 4096);
const floats = Number(process.env.MIA_BENCH_FLOATS ?? 2 ** 28);
const rows = [];
const add = (name, value, unit, rest = {}) => rows.push({ name, value, unit, ...rest });

const { copy, chain } = await streams();
add('copy', copy / 1e9, 'GB/s');
add('chain of 8 ops / copy', chain / copy, '', { gate: 0.85, aim: 0.95 });
for (const layout of ['nn', 'nt'])
  await product(
    `f32 ${layout}`,
    { layout },
    cublas.f32,
    layout === 'nn' ? { gate: 0.75, aim: 0.92 } : {},
    1e-6,
  );
for (const layout of ['nn', 'nt'])
  await product(
    `f16 ${layout}`,
    { layout, a: 'f16', b: 'f16' },
    cublas.f16,
    layout === 'nn' ? { gate: 0.2, aim: 0.4 } : {},
    1e-5,
  );
for (const b of ['f16', 'bf16', 'q8_0', 'q4_0']) await product(`f32 x ${b} nt`, { b }, cublas.f16, {}, 1e-3);
for (const m of [1, 4, 16])
  for (const b of ['f32', 'f16', 'q8_0', 'q4_0'])
    await vector(m, b, m === 1 && (b === 'f16' || b === 'q4_0') ? { gate: 0.6, aim: 0.9 } : {});
await latencies();

const report = {
  adapter: {
    vendor: gpu.info.vendor,
    architecture: gpu.info.architecture,
    description: gpu.info.description,
  },
  cublas,
  size,
  rows,
};
if (process.argv.includes('--json')) console.log(JSON.stringify(report, null, 1));
console.log(gpu.info.vendor, gpu.info.architecture, gpu.info.description);
for (const { name, value, unit, share, gate, most, aim, error, kernel } of rows) {
  const got = share ?? value;
  const wanted = gate
    ? `>= ${gate} ${got >= gate ? 'met' : 'MISSED'} (aim ${aim})`
    : most
      ? `<= ${most} ${got <= most ? 'met' : 'MISSED'} (aim ${aim})`
      : '';
  const parts = [
    name.padEnd(28),
    `${value.toPrecision(4)} ${unit}`.padStart(16),
    share === undefined ? ''.padEnd(7) : share.toFixed(3).padStart(7),
  ];
  console.log(
    [
      ...parts,
      wanted.padEnd(28),
      error === undefined ? '' : `error ${error.toExponential(1)}`,
      kernel ?? '',
    ].join('  '),
  );
}
process.exit(rows.some((r) => r.wrong) ? 1 : 0);

/** A matmul of `size`^3 by the kernel the project chooses, as a share of what the vendor's library does. */
async function product(name, shape, peer, gates, tolerance) {
  const matmul = new Matmul(gpu, { m: size, n: size, k: size, ...shape });
  const kernel = matmul.chosen();
  const { error, seconds } = await matmul.run(kernel, { time: {} });
  const value = (2 * size ** 3) / seconds / 1e12;
  add(name, value, 'TFLOP/s', {
    share: value / peer,
    error,
    wrong: !(error <= tolerance),
    kernel: kernel.source,
    ...gates,
  });
  matmul.destroy();
}

/** Few rows against weights of 64 MB at least: weight bytes a second over what a copy moves. */
async function vector(m, b, gates) {
  const k = size * 2;
  const n = { f32: size, f16: size * 2, q8_0: size * 4, q4_0: size * 8 }[b];
  const matmul = new Matmul(gpu, { m, n, k, b });
  const kernel = matmul.chosen();
  const { error, seconds } = await matmul.run(kernel, { time: { times: 10 } });
  const value = bytesOf(matmul.b) / seconds;
  add(`m = ${m}, ${b}`, value / 1e9, 'GB/s', {
    share: value / copy,
    error,
    wrong: !(error <= 1e-6),
    kernel: kernel.source,
    ...gates,
  });
  matmul.destroy();
}

/** Bytes a second, read and written, of a copy and of a fused chain of eight operations. */
async function streams() {
  const x = gpu.buffer(floats * 4);
  const y = gpu.buffer(floats * 4);
  const some = Float32Array.from({ length: 1 << 20 }, () => random() / 2 ** 32);
  for (let at = 0; at < floats; at += some.length)
    gpu.device.queue.writeBuffer(x, at * 4, some, 0, Math.min(some.length, floats - at));
  const groups = Math.min(65535, floats / 1024);
  const code = (expression) => `@group(0) @binding(0) var<storage, read> x: array<vec4<f32>>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4<f32>>;
@compute @workgroup_size(256) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  for (var i = id.x; i < ${floats / 4}u; i += ${groups * 256}u) { let v = x[i]; y[i] = ${expression}; }
}`;
  const fused = 'min(max(tanh(exp(-abs(v * 1.5 + 0.25))) * v - 0.5, vec4<f32>(-2.0)), vec4<f32>(2.0))';
  const rate = async (e) =>
    (floats * 8) / (await gpu.time(await gpu.job(code(e), { 0: x, 1: y }, [groups, 1, 1])));
  const result = { copy: await rate('v'), chain: await rate(fused) };
  x.destroy();
  y.destroy();
  return result;
}

/** What a submit of 100 dispatches costs the CPU, and a small upload, dispatch and read-back from end to end. */
async function latencies() {
  const code = `@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) { y[id.x] = x[id.x] + 1.0; }`;
  const x = gpu.buffer(1024);
  const y = gpu.buffer(1024);
  const staging = gpu.buffer(1024, GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ);
  const pair = [
    await gpu.job(code, { 0: x, 1: y }, [4, 1, 1]),
    await gpu.job(code, { 0: y, 1: x }, [4, 1, 1]),
  ];
  const jobs = Array.from({ length: 100 }, (_, i) => pair[i % 2]);
  const data = new Float32Array(256).fill(1);
  const encode = [];
  const trip = [];
  for (let i = 0; i < 300; i++) {
    let start = performance.now();
    gpu.submit(jobs);
    encode.push((performance.now() - start) * 1e3);
    await gpu.device.queue.onSubmittedWorkDone();
    start = performance.now();
    gpu.device.queue.writeBuffer(x, 0, data);
    const encoder = gpu.device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pair[0](pass);
    pass.end();
    encoder.copyBufferToBuffer(y, 0, staging, 0, 1024);
    gpu.device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    new Float32Array(staging.getMappedRange()).slice();
    staging.unmap();
    trip.push((performance.now() - start) * 1e3);
  }
  add('encode + submit, 100 steps', median(encode), 'us', { most: 300, aim: 150 });
  add('1 KB up, run, back', median(trip), 'us', { most: 120, aim: 60 });
}
