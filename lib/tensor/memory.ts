/** Memory of the user that native code will read or write: it must stay where it is. */
import type { TypedArray } from '../dtype.js';
import { shapeError } from '../ops/rules.js';

/** Memory that may vanish or shrink under a kernel is refused. */
export function checkMemory(op: string, what: string, { buffer }: TypedArray): void {
  const { detached, resizable } = buffer as { detached?: boolean; resizable?: boolean };
  if (detached ?? isDetached(buffer)) throw shapeError(op, `${what} is detached`);
  if (resizable) throw shapeError(op, `${what} is resizable and could shrink; slice() the array first`);
}

/** Before Node 21 a detached buffer shows in that no array can be made over it. */
function isDetached(buffer: ArrayBufferLike): boolean {
  if (buffer.byteLength > 0) return false;
  try {
    return new Uint8Array(buffer).length > 0;
  } catch {
    return true;
  }
}

/** Whether two arrays share bytes. */
export function overlaps(a: TypedArray, b: TypedArray): boolean {
  return (
    a.buffer === b.buffer &&
    a.byteOffset < b.byteOffset + b.byteLength &&
    b.byteOffset < a.byteOffset + a.byteLength
  );
}
