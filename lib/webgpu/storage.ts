import type { Ledger, Storage } from '../device.js';
import type { TypedArray } from '../dtype.js';
import type { GpuBuffer } from './api.js';
import type { GpuContext } from './context.js';
import { upload } from './transfer.js';

/** Counts references and keeps the device's books; the buffer may be there or still to be made. */
abstract class Counted implements Storage {
  abstract readonly owned: boolean;
  protected buffer: GpuBuffer | undefined;
  #refs = 1;

  constructor(
    readonly bytes: number,
    protected readonly cx: GpuContext,
  ) {
    const { ledger } = cx;
    ledger.liveBytes += bytes;
    ledger.peakBytes = Math.max(ledger.peakBytes, ledger.liveBytes);
    cx.live.add(this);
  }

  get sole(): boolean {
    return this.#refs === 1;
  }
  retain(): void {
    this.#refs++;
  }
  release(): void {
    if (--this.#refs === 0) this.drop();
  }

  /** Lets the memory go, whoever still refers to it. */
  drop(): void {
    if (!this.cx.live.delete(this)) return;
    const ledger: Ledger = this.cx.ledger;
    ledger.liveBytes -= this.bytes;
    if (this.buffer) this.cx.pool.give(this.buffer);
    this.buffer = undefined;
  }

  peek(): Uint8Array | undefined {
    return undefined;
  }
  abstract onDevice(): GpuBuffer;
}

/** Memory of the GPU; `host`: its bytes, where a run has read them back already. */
export class Resident extends Counted {
  readonly owned = true;

  constructor(
    buffer: GpuBuffer,
    bytes: number,
    cx: GpuContext,
    readonly host?: Uint8Array,
  ) {
    super(bytes, cx);
    this.buffer = buffer;
  }

  onDevice(): GpuBuffer {
    return this.buffer!;
  }

  /** The buffer, which is the caller's from now on. */
  surrender(): GpuBuffer {
    const buffer = this.buffer!;
    this.buffer = undefined;
    this.drop();
    return buffer;
  }
}

/** Bytes that a run has read back, and that nobody wants on the GPU. */
export class Result extends Counted {
  readonly owned = true;
  constructor(
    readonly host: Uint8Array,
    cx: GpuContext,
  ) {
    super(host.byteLength, cx);
  }
  onDevice(): GpuBuffer {
    return (this.buffer ??= upload(this.cx, this.host, 'run'));
  }
}

/** An array of the user's: uploaded when it is first needed, never written. */
export class Lent extends Counted {
  readonly owned = false;

  constructor(
    readonly data: TypedArray,
    cx: GpuContext,
  ) {
    super(data.byteLength, cx);
  }

  onDevice(): GpuBuffer {
    return (this.buffer ??= upload(this.cx, this.data, 'run', this.bytes));
  }
  override peek(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset, this.data.byteLength);
  }
}

export type GpuStorage = Resident | Result | Lent;
