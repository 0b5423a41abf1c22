import type { Device, DeviceCore, Ledger, Storage } from '../../lib/device.js';
import type { TypedArray } from '../../lib/dtype.js';
import type { Op } from '../../lib/ir/op.js';
import { defaultOps } from '../../lib/ops/index.js';

export interface FakeOptions {
  kind?: Device['kind'];
  ops?: ReadonlyMap<string, Op>;
  /** False: memory that JavaScript cannot see, as on WebGPU. */
  visible?: boolean;
}

/** A device that records and keeps books, and runs nothing. */
export function fakeDevice({ kind = 'cpu', ops = defaultOps, visible = true }: FakeOptions = {}): Device {
  const ledger: Ledger = { liveTensors: 0, liveBytes: 0, peakBytes: 0 };
  const refuse = (): never => {
    throw new Error('a fake device runs nothing');
  };
  const core: DeviceCore & { closed: boolean } = {
    closed: false,
    ops,
    ledger,
    borrow: (data) => new FakeStorage(data, ledger, visible),
    reserve: (bytes) => new FakeStorage(new Uint8Array(bytes), ledger, visible),
    shed: () => false,
    evaluate: refuse,
    explain: refuse,
    compile: refuse,
  };
  const close = async (): Promise<void> => void (core.closed = true);
  const counters = {
    runs: 0,
    steps: 0,
    plansCompiled: 0,
    planCacheHits: 0,
    bytesCopied: 0,
    bytesAllocated: 0,
    reusedBytes: 0,
  };
  return {
    kind,
    info: {},
    memory: () => ({ ...ledger, arenaBytes: 0 }),
    counters: () => counters,
    profile: async () => refuse(),
    close,
    [Symbol.asyncDispose]: close,
    core,
  };
}

class FakeStorage implements Storage {
  readonly bytes: number;
  readonly owned = false;
  #refs = 1;

  constructor(
    readonly data: TypedArray,
    readonly ledger: Ledger,
    readonly visible: boolean,
  ) {
    this.bytes = data.byteLength;
    ledger.liveBytes += this.bytes;
    ledger.peakBytes = Math.max(ledger.peakBytes, ledger.liveBytes);
  }

  get sole(): boolean {
    return this.#refs === 1;
  }

  retain(): void {
    this.#refs++;
  }

  release(): void {
    if (--this.#refs < 0) throw new Error('storage released twice');
    if (this.#refs === 0) this.ledger.liveBytes -= this.bytes;
  }

  peek(): Uint8Array | undefined {
    const { buffer, byteOffset, byteLength } = this.data;
    return this.visible ? new Uint8Array(buffer, byteOffset, byteLength) : undefined;
  }
}
