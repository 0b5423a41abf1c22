import { MiaError } from '../errors.js';
import { usage, type GpuBuffer, type GpuDevice } from './api.js';

/** Bytes of free buffers that are kept for the next request. */
const KEEP_BYTES = 512 * 2 ** 20;
const storageUsage = usage.storage | usage.copySource | usage.copyTarget;
const readUsage = usage.mapRead | usage.copyTarget;

/** Sizes in eighths of powers of two: a buffer is at most an eighth larger than what was asked for. */
export function bucketOf(bytes: number): number {
  const least = 256;
  if (bytes <= least) return least;
  const step = 2 ** Math.max(Math.floor(Math.log2(bytes)) - 3, 4);
  return Math.ceil(bytes / step) * step;
}

/** GPU buffers by size, given back to be used again. The queue runs in order, so a buffer may be reused at once. */
export class BufferPool {
  readonly #free = new Map<string, GpuBuffer[]>();
  #freeBytes = 0;
  /** Of every buffer that exists, free or not. */
  allocated = 0;

  constructor(
    private readonly device: GpuDevice,
    private readonly limit: number,
  ) {}

  /** A buffer of at least `bytes`, with whatever is in it. */
  storage(bytes: number, op: string): GpuBuffer {
    return this.#take('storage', bytes, storageUsage, op);
  }

  /** A buffer that results are copied into and JavaScript reads. */
  readback(bytes: number): GpuBuffer {
    return this.#take('read', bytes, readUsage, 'run');
  }

  give(buffer: GpuBuffer, kind: 'storage' | 'read' = 'storage'): void {
    if (this.#freeBytes + buffer.size > KEEP_BYTES) {
      this.allocated -= buffer.size;
      return buffer.destroy();
    }
    const key = `${kind}${buffer.size}`;
    const list = this.#free.get(key) ?? [];
    this.#free.set(key, list);
    list.push(buffer);
    this.#freeBytes += buffer.size;
  }

  get idleBytes(): number {
    return this.#freeBytes;
  }

  #take(kind: string, bytes: number, flags: number, op: string): GpuBuffer {
    const size = bucketOf(bytes);
    if (size > this.limit)
      throw new MiaError('ERR_UNSUPPORTED', op, {
        message: 'larger than a buffer of this GPU may be',
        expected: `at most ${this.limit} bytes (maxStorageBufferBindingSize)`,
        actual: `${bytes} bytes`,
      });
    const known = this.#free.get(`${kind}${size}`)?.pop();
    if (known) {
      this.#freeBytes -= size;
      return known;
    }
    this.allocated += size;
    return this.device.createBuffer({ size, usage: flags });
  }

  clear(): void {
    for (const list of this.#free.values()) for (const buffer of list) buffer.destroy();
    this.#free.clear();
    this.#freeBytes = 0;
  }
}
