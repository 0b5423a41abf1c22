import type { TypedArray } from '../dtype.js';
import type { Ledger, Storage } from '../device.js';
import { MiaError } from '../errors.js';
import type { Addon, NativeMemory } from './addon.js';

/** Counts references and keeps the device's books; what freeing means is the subclass's. */
abstract class Counted implements Storage {
  abstract readonly owned: boolean;
  #refs = 1;

  constructor(
    readonly bytes: number,
    protected readonly ledger: Ledger,
  ) {
    ledger.liveBytes += bytes;
    ledger.peakBytes = Math.max(ledger.peakBytes, ledger.liveBytes);
  }

  get sole(): boolean {
    return this.#refs === 1;
  }

  retain(): void {
    this.#refs++;
  }

  release(): void {
    if (--this.#refs === 0) this.close();
  }

  protected close(): void {
    this.ledger.liveBytes -= this.bytes;
  }

  abstract peek(): Uint8Array | undefined;
}

/** An array of the user's: read, never written, kept alive while a tensor needs it. */
export class Borrowed extends Counted {
  readonly owned = false;

  constructor(
    readonly data: TypedArray,
    ledger: Ledger,
  ) {
    super(data.byteLength, ledger);
  }

  peek(): Uint8Array {
    return new Uint8Array(this.data.buffer, this.data.byteOffset, this.data.byteLength);
  }
}

/** A native buffer. */
export class Owned extends Counted {
  readonly owned = true;
  #handle: number;
  /** Of memory that was shed: what to do when nobody needs the value any more. */
  #ended: (() => void) | undefined;

  constructor(
    handle: number,
    bytes: number,
    ledger: Ledger,
    readonly addon: Addon,
    readonly live: Set<Owned>,
  ) {
    super(bytes, ledger);
    this.#handle = handle;
    live.add(this);
  }

  get handle(): number {
    return this.#handle;
  }

  /** The handle, which is the caller's from now on. */
  surrender(): number {
    const handle = this.#handle;
    this.#forget();
    return handle;
  }

  protected override close(): void {
    if (this.#handle) this.addon.release(this.#forget());
    this.#ended?.();
    this.#ended = undefined;
  }

  #forget(): number {
    const handle = this.#handle;
    this.#handle = 0;
    this.live.delete(this);
    super.close();
    return handle;
  }

  /** Frees the memory, of which something else was made that is used in its place. */
  shed(ended: () => void): void {
    if (this.#handle) this.addon.release(this.#forget());
    this.#ended = ended;
  }

  /** Frees the memory whoever still refers to it: the device is closing. */
  drop(): void {
    this.close();
  }

  peek(): Uint8Array {
    return new Uint8Array(this.addon.peek(this.#handle), 0, this.bytes);
  }
}

/** What native code is given for a memory; an array that went away since it was lent is found here. */
export function memoryOf(memory: Storage | TypedArray): NativeMemory {
  if (memory instanceof Owned) return memory.handle;
  if (!(memory instanceof Borrowed)) return memory as TypedArray;
  if (memory.data.byteLength === memory.bytes) return memory.data;
  throw new MiaError('ERR_SHAPE', 'run', {
    message: 'an array lent to a tensor was detached or resized',
    expected: `${memory.bytes} bytes`,
    actual: String(memory.data.byteLength),
  });
}
