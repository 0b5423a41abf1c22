import type { GpuBuffer } from './api.js';
import { bucketOf, type BufferPool } from './pool.js';

/**
 * Memory of temporaries, shared by all executables of a device: its queue runs them one after the other, so the n-th
 * temporary of a size may be the same buffer in every plan.
 */
export class Scratch {
  readonly #buffers = new Map<number, { buffer: GpuBuffer; users: number }[]>();

  constructor(private readonly pool: BufferPool) {}

  /** Buffers for temporaries of these sizes; give them back by `release`. */
  acquire(sizes: readonly number[]): GpuBuffer[] {
    const used = new Map<number, number>();
    return sizes.map((bytes) => {
      const bucket = bucketOf(bytes);
      const place = used.get(bucket) ?? 0;
      used.set(bucket, place + 1);
      const list = this.#buffers.get(bucket) ?? [];
      this.#buffers.set(bucket, list);
      list[place] ??= { buffer: this.pool.storage(bytes, 'plan'), users: 0 };
      list[place].users++;
      return list[place].buffer;
    });
  }

  release(buffers: readonly GpuBuffer[]): void {
    for (const list of this.#buffers.values()) {
      for (const entry of list) if (buffers.includes(entry.buffer)) entry.users--;
      while (list.at(-1)?.users === 0) this.pool.give(list.pop()!.buffer);
    }
  }
}
