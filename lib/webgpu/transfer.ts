/** Bytes from JavaScript to the GPU. */
import type { TypedArray } from '../dtype.js';
import { MiaError } from '../errors.js';
import type { GpuBuffer } from './api.js';
import type { GpuContext } from './context.js';

/** Bytes of a write to the queue: a larger array goes in pieces, so that no piece needs much staging memory. */
const PIECE = 64 * 2 ** 20;

/** A new buffer with the bytes of `data`. */
export function upload(cx: GpuContext, data: TypedArray, op: string, bytes = data.byteLength): GpuBuffer {
  const buffer = cx.pool.storage(bytes, op);
  write(cx, buffer, data, bytes);
  return buffer;
}

/** Copies an array into a buffer. The queue counts words: what is left over goes in a word of its own. */
export function write(cx: GpuContext, buffer: GpuBuffer, data: TypedArray, bytes = data.byteLength): void {
  if (data.byteLength !== bytes)
    throw new MiaError('ERR_SHAPE', 'run', {
      message: 'an array lent to a tensor was detached or resized',
      expected: `${bytes} bytes`,
      actual: String(data.byteLength),
    });
  const seen = new Uint8Array(data.buffer, data.byteOffset, bytes);
  // A queue does not take shared memory.
  const source = seen.buffer instanceof ArrayBuffer ? seen : Uint8Array.from(seen);
  const whole = bytes - (bytes % 4);
  for (let at = 0; at < whole; at += PIECE) {
    const size = Math.min(PIECE, whole - at);
    cx.device.queue.writeBuffer(buffer, at, source.buffer as ArrayBuffer, source.byteOffset + at, size);
  }
  if (whole === bytes) return;
  const rest = new Uint8Array(4);
  rest.set(source.subarray(whole));
  cx.device.queue.writeBuffer(buffer, whole, rest);
}
