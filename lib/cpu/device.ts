import { viewArray, laneOf, type TypedArray } from '../dtype.js';
import { env } from '../env.js';
import { MiaError, show } from '../errors.js';
import type { Counters, Device, DeviceCore, MemoryInfo } from '../device.js';
import type { Op } from '../ir/op.js';
import { defaultOps } from '../ops/index.js';
import { Engine, type Backend } from '../plan/engine.js';
import type { Profile } from '../plan/profile.js';
import { loadAddon, type Addon } from './addon.js';
import { namesOf } from './encode.js';
import { prepare, type CpuContext, type HostKernel } from './executable.js';
import { Images } from './images.js';
import { Borrowed, Owned } from './storage.js';
import { packWeights } from './weights.js';

export interface CpuOptions {
  /** Threads that one run may use; default MIA_NUM_THREADS, else what affinity and cgroup quota leave. */
  threads?: number;
  /** 'amx', 'avx512', 'avx2', 'neon_i8mm', 'neon_dot', 'neon' or 'scalar'; default MIA_ISA, else the best of this machine. */
  isa?: string;
  /** Runs that may be in flight at once: one more is refused with ERR_BUSY, before anything is allocated for it. 4096 */
  queue?: number;
}

const QUEUE = 4096;

export interface CpuInfo {
  readonly isa: string;
  /** What this machine can run, best first. */
  readonly isas: readonly string[];
  readonly threads: number;
  /** Cores that this process may use. */
  readonly cores: number;
}

/** The native CPU engine as a device. Make one with `Cpu.create()` or a CpuBuilder. */
export class Cpu implements Device {
  readonly kind = 'cpu';
  readonly info: Readonly<CpuInfo & Record<string, unknown>>;
  /** @internal */
  readonly core: DeviceCore;
  readonly #engine: Engine;
  readonly #context: CpuContext;
  #closed: Promise<void> | undefined;

  /** @internal */
  constructor(options: CpuOptions, ops: ReadonlyMap<string, Op>, kernels: ReadonlyMap<string, HostKernel>) {
    checkOptions(options);
    const addon = loadAddon();
    const isa = options.isa ?? env('MIA_ISA') ?? addon.isas[0];
    if (!addon.isas.includes(isa)) {
      throw new MiaError('ERR_DEVICE', 'Cpu', {
        message: 'instruction set not available here',
        expected: addon.isas.join(' '),
        actual: show(isa),
      });
    }
    const threads = options.threads ?? Number(env('MIA_NUM_THREADS') ?? addon.threads);
    if (!Number.isInteger(threads) || threads < 1 || threads > 256) {
      throw new MiaError('ERR_DEVICE', 'Cpu', {
        message: 'bad number of threads',
        expected: 'an integer in [1, 256]',
        actual: show(options.threads ?? env('MIA_NUM_THREADS')),
      });
    }
    this.info = Object.freeze({ isa, isas: addon.isas, threads, cores: addon.threads });
    const backend: Backend = {
      specialize: (plan) => packWeights(plan, (format, n, k) => addon.imageBytes(isa, format, n, k)),
      prepare: (plan, constants) => prepare(plan, constants, this.#context),
      take: (storage, { dtype, elements }) =>
        toArray(storage as Owned | Borrowed, (buffer, offset) =>
          viewArray(laneOf(dtype), buffer, offset, elements),
        ),
    };
    const engine = (this.#engine = new Engine(ops, backend, options.queue ?? QUEUE));
    this.#context = {
      addon,
      names: namesOf(addon),
      isa,
      threads,
      ledger: engine.ledger,
      live: new Set(),
      kernels,
      images: new Images(),
    };
    const isClosed = (): boolean => this.#closed !== undefined;
    this.core = {
      get closed() {
        return isClosed();
      },
      ops,
      ledger: engine.ledger,
      borrow: (data) => new Borrowed(data, engine.ledger),
      reserve: (bytes) => new Owned(reserve(addon, bytes), bytes, engine.ledger, addon, this.#context.live),
      shed: (storage) => this.#context.images.shed(storage),
      evaluate: (roots) => engine.evaluate(roots),
      explain: (root) => engine.explain(root),
      compile: (inputs, roots) => engine.compile(inputs, roots),
    };
  }

  /** A device with the default ops. Throws ERR_DEVICE where no native engine can be loaded. */
  static async create(options: CpuOptions = {}): Promise<Cpu> {
    return new CpuBuilder(options).addDefaultOps().build();
  }

  memory(): MemoryInfo {
    return { ...this.#engine.ledger, arenaBytes: this.#context.addon.stats().arenaBytes };
  }

  counters(): Counters {
    return { ...this.#engine.counters };
  }

  async profile(body: () => unknown): Promise<Profile> {
    if (this.#closed) throw new MiaError('ERR_CLOSED', 'profile', 'the cpu device is closed');
    return this.#engine.profile(body);
  }

  /** Waits for runs in flight, then frees all memory of the device. Its tensors throw ERR_CLOSED from now on. */
  close(): Promise<void> {
    return (this.#closed ??= this.#engine.close().then(() => {
      for (const buffer of this.#context.live) buffer.drop(); // deletes it from the set
      this.#context.addon.trim();
    }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

function checkOptions(options: unknown): void {
  const known = ['threads', 'isa', 'queue'];
  if (typeof options !== 'object' || options === null) {
    throw new MiaError('ERR_DEVICE', 'Cpu', {
      message: 'bad options',
      expected: 'an object',
      actual: show(options),
    });
  }
  const { queue = QUEUE } = options as CpuOptions;
  if (!Number.isSafeInteger(queue) || queue < 1)
    throw new MiaError('ERR_DEVICE', 'Cpu', {
      message: 'bad queue',
      expected: 'an integer > 0',
      actual: show(queue),
    });
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw new MiaError('ERR_DEVICE', 'Cpu', {
    message: 'unknown option',
    expected: known.join(', '),
    actual: show(unknown),
  });
}

function reserve(addon: Addon, bytes: number): number {
  try {
    return addon.alloc(bytes, true);
  } catch (cause) {
    throw new MiaError('ERR_OUT_OF_MEMORY', 'state', {
      message: 'not enough memory',
      actual: `${bytes} bytes`,
      cause,
    });
  }
}

/** Memory as an array: an owned buffer becomes it, what JavaScript made already is one. */
function toArray(
  storage: Owned | Borrowed,
  view: (buffer: ArrayBuffer, byteOffset: number) => TypedArray,
): TypedArray {
  if (storage instanceof Owned) {
    const { bytes, addon } = storage;
    if (!storage.sole) return view(storage.peek().slice().buffer, 0); // a realized view still looks into it
    return view(addon.toArrayBuffer(storage.surrender(), bytes), 0);
  }
  storage.release();
  return view(storage.data.buffer as ArrayBuffer, storage.data.byteOffset);
}

/** Chooses what a CPU device can do: `new CpuBuilder().addDefaultOps().addOp(op, kernel).build()`. */
export class CpuBuilder {
  readonly #ops = new Map<string, Op>();
  readonly #kernels = new Map<string, HostKernel>();

  constructor(private readonly options: CpuOptions = {}) {}

  addDefaultOps(): this {
    for (const [name, op] of defaultOps) this.#ops.set(name, op);
    return this;
  }

  /** A custom op. One declared as a scalar expression needs no kernel; others take a JavaScript one. */
  addOp(op: Op, kernel?: HostKernel): this {
    if (this.#ops.has(op.name))
      throw new MiaError('ERR_UNSUPPORTED', op.name, 'an op of this name is there already');
    if (op.kind === 'routine' && op.form === 'host' && typeof kernel !== 'function') {
      throw new MiaError('ERR_UNSUPPORTED', op.name, {
        message: 'a custom op needs a kernel',
        expected: 'a function',
        actual: show(kernel),
      });
    }
    this.#ops.set(op.name, op);
    if (kernel) this.#kernels.set(op.name, kernel);
    return this;
  }

  async build(): Promise<Cpu> {
    return new Cpu(this.options, new Map(this.#ops), new Map(this.#kernels));
  }
}
