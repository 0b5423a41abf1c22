/** Raw WebGPU for measurements: a device from dawn.node or the npm package, kernels from templates, median times by timestamp queries. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const here = new URL('.', import.meta.url);
const compiled = process.env.MIA_DIST ?? new URL('../../dist', here).pathname;
const sources = process.env.MIA_KERNELS ?? new URL('../../lib/webgpu/kernels', here).pathname;
export const kernels = {
  ...(await import(`${compiled}/webgpu/kernels/matmul.js`)),
  ...(await import(`${compiled}/webgpu/kernels/choose.js`)),
};
const { expandTemplate } = await import(`${compiled}/webgpu/wgsl/template.js`);
export const source = (name) => readFileSync(`${sources}/${name}.wgsl`, 'utf8');
export const SAFE = ['allow_unsafe_apis', 'vulkan_enable_f16_on_nvidia'];
export const FAST = [
  ...SAFE,
  'disable_robustness',
  'disable_workgroup_init',
  'disable_polyfills_on_integer_div_and_mod',
  'skip_validation',
];

export async function open(toggles = FAST, flags = []) {
  const { create, globals } = createRequire(import.meta.url)(process.env.MIA_DAWN ?? 'webgpu');
  Object.assign(globalThis, globals);
  // Dawn's instance must outlive its objects.
  const instance = create([
    `enable-dawn-features=${toggles.join(',')}`,
    'disable-dawn-features=timestamp_quantization',
    ...flags,
  ]);
  (globalThis.dawnInstances ??= []).push(instance);
  const adapter = await instance.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) throw new Error('no WebGPU adapter: is there a Vulkan loader and driver?');
  const wanted = ['timestamp-query', 'subgroups', 'shader-f16', 'chromium-experimental-subgroup-matrix'];
  const requiredFeatures = wanted.filter((f) => adapter.features.has(f));
  const requiredLimits = {};
  for (const name of Object.keys(Object.getPrototypeOf(adapter.limits)).concat(LIMITS))
    if (typeof adapter.limits[name] === 'number') requiredLimits[name] = adapter.limits[name];
  const device = await adapter.requestDevice({ requiredFeatures, requiredLimits });
  device.addEventListener?.('uncapturederror', (e) =>
    console.error('uncaptured:', e.error.message.slice(0, 600)),
  );
  return new Gpu(device, adapter.info, new Set(requiredFeatures));
}
const LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxStorageBuffersPerShaderStage',
];

class Gpu {
  constructor(device, info, features) {
    Object.assign(this, { device, info, features });
  }
  buffer(bytes, usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_DST | GPUBufferUsage.COPY_SRC) {
    return this.device.createBuffer({ size: Math.max(16, Math.ceil(bytes / 16) * 16), usage });
  }
  upload(data, usage) {
    const made = this.buffer(data.byteLength, usage);
    const step = 1 << 28; // writeBuffer stages what it is given: a piece at a time
    for (let at = 0; at < data.byteLength; at += step) {
      const size = Math.min(step, data.byteLength - at);
      this.device.queue.writeBuffer(made, at, data.buffer, data.byteOffset + at, size);
    }
    return made;
  }
  uniform(words) {
    return this.upload(Uint32Array.from(words), GPUBufferUsage.UNIFORM | GPUBufferUsage.COPY_DST);
  }
  async read(buffer, bytes, at = 0) {
    const staging = this.buffer(bytes, GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ);
    const encoder = this.device.createCommandEncoder();
    encoder.copyBufferToBuffer(buffer, at, staging, 0, Math.ceil(bytes / 4) * 4);
    this.device.queue.submit([encoder.finish()]);
    await staging.mapAsync(GPUMapMode.READ);
    const copy = staging.getMappedRange().slice(0, bytes);
    staging.destroy();
    return copy;
  }
  async pipeline(code) {
    const module = this.device.createShaderModule({ code });
    const { messages } = await module.getCompilationInfo();
    const errors = messages.filter((m) => m.type === 'error');
    if (errors.length) throw new Error(errors.map((m) => `${m.lineNum}: ${m.message}`).join('\n'));
    return this.device.createComputePipelineAsync({
      layout: 'auto',
      compute: { module, entryPoint: 'main' },
    });
  }
  /** A dispatch ready to be encoded: `entries` maps bindings to buffers. */
  async job(code, entries, grid) {
    const pipeline = await this.pipeline(code);
    const group = this.device.createBindGroup({
      layout: pipeline.getBindGroupLayout(0),
      entries: Object.entries(entries).map(([b, buffer]) => ({ binding: +b, resource: { buffer } })),
    });
    return (pass) => {
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, group);
      pass.dispatchWorkgroups(...grid);
    };
  }
  kernelJob(kernel, entries) {
    return this.job(expandTemplate(source(kernel.source), kernel.values), entries, kernel.grid);
  }
  submit(jobs, timestampWrites) {
    const encoder = this.device.createCommandEncoder();
    const pass = encoder.beginComputePass(timestampWrites ? { timestampWrites } : {});
    for (const job of jobs) job(pass);
    pass.end();
    this.device.queue.submit([encoder.finish()]);
  }
  /** Median seconds a dispatch over passes of `times` dispatches, all queued at once behind `warm` seconds of the same: clocks rise slowly. */
  async time(job, { rounds = 7, times = 5, warm = 0.15 } = {}) {
    const jobs = Array(times).fill(job);
    if (!this.features.has('timestamp-query')) return this.wall(jobs, rounds);
    const querySet = this.device.createQuerySet({ type: 'timestamp', count: 2 * rounds });
    const resolved = this.buffer(16 * rounds, GPUBufferUsage.QUERY_RESOLVE | GPUBufferUsage.COPY_SRC);
    const pass = Math.max(1e-5, times * (await this.wall(jobs, 2)));
    for (let spent = 0; spent < warm; spent += pass) this.submit(jobs);
    for (let round = 0; round < rounds; round++)
      this.submit(jobs, {
        querySet,
        beginningOfPassWriteIndex: 2 * round,
        endOfPassWriteIndex: 2 * round + 1,
      });
    const encoder = this.device.createCommandEncoder();
    encoder.resolveQuerySet(querySet, 0, 2 * rounds, resolved, 0);
    this.device.queue.submit([encoder.finish()]);
    const stamps = new BigUint64Array(await this.read(resolved, 16 * rounds));
    querySet.destroy();
    resolved.destroy();
    return median(
      Array.from({ length: rounds }, (_, r) => Number(stamps[2 * r + 1] - stamps[2 * r]) / 1e9 / times),
    );
  }
  async wall(jobs, rounds = 5) {
    const seconds = [];
    for (let round = 0; round <= rounds; round++) {
      const start = performance.now();
      this.submit(jobs);
      await this.device.queue.onSubmittedWorkDone();
      if (round > 0) seconds.push((performance.now() - start) / 1e3 / jobs.length);
    }
    return median(seconds);
  }
}

export function median(values) {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}
