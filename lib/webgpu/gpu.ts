import { MiaError } from '../errors.js';
import type { Gpu } from './api.js';

interface WebGpuPackage {
  create(toggles: string[]): Gpu;
}

const checklist = [
  'in Node: npm install webgpu, on a machine with a Vulkan, Metal or D3D12 driver',
  'in a browser: one with WebGPU, on a secure page (https or localhost)',
  'without a GPU: use Cpu.create(), which takes the same programs',
].join('; ');

/** Toggles of Dawn that devices of this process ask for. See docs/webgpu.md. */
const toggles = [
  'enable-dawn-features=allow_unsafe_apis,vulkan_enable_f16_on_nvidia,use_user_defined_labels_in_backend',
  'disable-dawn-features=timestamp_quantization', // pages need it for their privacy; a profile would lose short steps
];

let found: { instance: Gpu; users: number } | undefined;

/**
 * The way to GPUs: the page's own, or Dawn from the npm package `webgpu`, loaded on first use. Dawn's instance must
 * outlive every object made through it, and keeps the process alive: it is held while devices use it, then let go.
 */
export async function acquireGpu(): Promise<Gpu> {
  const page = (globalThis as { navigator?: { gpu?: Gpu } }).navigator?.gpu;
  if (page) return page;
  found ??= { instance: (await loadDawn()).create(toggles), users: 0 };
  found.users++;
  return found.instance;
}

export function releaseGpu(gpu: Gpu): void {
  if (found?.instance === gpu && --found.users === 0) found = undefined;
}

async function loadDawn(): Promise<WebGpuPackage> {
  try {
    const name = 'webgpu'; // bundlers leave it alone
    return (await import(/* @vite-ignore */ /* webpackIgnore: true */ name)) as WebGpuPackage;
  } catch (cause) {
    throw noDevice('WebGPU could not be loaded', (cause as Error).message, cause);
  }
}

export const noDevice = (message: string, actual?: string, cause?: unknown): MiaError =>
  new MiaError('ERR_DEVICE', 'WebGpu', { message, expected: checklist, actual, cause });
