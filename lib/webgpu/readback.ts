/** Bytes from the GPU to JavaScript. */
import { MiaError } from '../errors.js';
import { mapRead, type GpuBuffer, type GpuEncoder } from './api.js';
import type { GpuContext } from './context.js';

const ALIGN = 16;
const roundUp = (bytes: number): number => Math.ceil(bytes / ALIGN) * ALIGN;

/**
 * Records copies of the parts into one mapped buffer; once that is submitted, the function gives the bytes of each. Undefined
 * where there are no parts.
 */
export function readBack(
  cx: GpuContext,
  encoder: GpuEncoder,
  parts: readonly { readonly buffer: GpuBuffer; readonly bytes: number }[],
): (() => Promise<Uint8Array[]>) | undefined {
  if (parts.length === 0) return undefined;
  const total = parts.reduce((sum, { bytes }) => sum + roundUp(bytes), 0);
  const target = cx.pool.readback(total);
  let at = 0;
  const places = parts.map(({ buffer, bytes }) => {
    const place = at;
    if (bytes > 0) encoder.copyBufferToBuffer(buffer, 0, target, place, Math.ceil(bytes / 4) * 4);
    at += roundUp(bytes);
    return place;
  });
  return async () => {
    try {
      await target.mapAsync(mapRead, 0, target.size);
    } catch (cause) {
      throw (
        cx.failure() ?? new MiaError('ERR_DEVICE', 'run', { message: 'results could not be read', cause })
      );
    }
    const trouble = cx.trouble();
    const mapped = target.getMappedRange();
    const bytes = parts.map((part, i) => new Uint8Array(mapped.slice(places[i], places[i] + part.bytes)));
    target.unmap();
    cx.pool.give(target, 'read');
    if (trouble) throw trouble;
    return bytes;
  };
}
