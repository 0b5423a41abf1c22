/** Runs one WGSL expression over arrays of words, on Dawn. */
import { readFileSync } from 'node:fs';
import { create, globals } from 'webgpu';

export type Word = 'f32' | 'i32' | 'u32' | 'bool';
export type Words = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

const source = (file: string): string =>
  readFileSync(new URL(`../../../lib/webgpu/wgsl/${file}.wgsl`, import.meta.url), 'utf8');
const library = `${source('math')}\n${source('convert')}`;

/** `name` of a[i], b[i]..., as an array of the result's type; bools are 0 and 1. */
export async function evaluate(
  device: GPUDevice,
  name: string,
  inputs: readonly { readonly type: Word; readonly data: Words }[],
  result: Word,
): Promise<Words> {
  const n = inputs[0].data.length;
  const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
  const buffer = (kind = usage): GPUBuffer => device.createBuffer({ size: n * 4, usage: kind });
  const buffers = [...inputs.map(() => buffer()), buffer()];
  inputs.forEach(({ data }, i) => device.queue.writeBuffer(buffers[i], 0, data));
  const args = inputs.map(({ type }, i) => `bitcast<${type}>(b${i}[i])`);
  const value = `${name}(${args.join(', ')})`;
  const code = `${library}
${buffers.map((_, i) => `@group(0) @binding(${i}) var<storage, read_write> b${i}: array<u32>;`).join('\n')}
@compute @workgroup_size(64)
fn main(@builtin(global_invocation_id) id: vec3u, @builtin(num_workgroups) groups: vec3u) {
  for (var i = id.x; i < ${n}u; i += groups.x * 64u) {
    b${inputs.length}[i] = ${result === 'bool' ? `u32(${value})` : `bitcast<u32>(${value})`};
  }
}`;
  const pipeline = await device.createComputePipelineAsync({
    layout: 'auto',
    compute: { module: device.createShaderModule({ code }) },
  });
  const read = buffer(GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  const entries = buffers.map((b, binding) => ({ binding, resource: { buffer: b } }));
  pass.setBindGroup(0, device.createBindGroup({ layout: pipeline.getBindGroupLayout(0), entries }));
  pass.dispatchWorkgroups(64);
  pass.end();
  encoder.copyBufferToBuffer(buffers[inputs.length], 0, read, 0, n * 4);
  device.queue.submit([encoder.finish()]);
  await read.mapAsync(GPUMapMode.READ);
  const bytes = read.getMappedRange().slice(0);
  for (const b of [...buffers, read]) b.destroy();
  return result === 'f32'
    ? new Float32Array(bytes)
    : result === 'i32'
      ? new Int32Array(bytes)
      : new Uint32Array(bytes);
}

export async function openDevice(): Promise<GPUDevice> {
  Object.assign(globalThis, globals);
  const gpu = create([]);
  (globalThis as { dawn?: GPU }).dawn = gpu; // Dawn crashes when its instance is collected before its objects
  const adapter = await gpu.requestAdapter();
  return adapter!.requestDevice();
}
