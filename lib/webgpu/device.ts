import { laneOf, viewArray, type TypedArray } from '../dtype.js';
import { MiaError, show } from '../errors.js';
import type { Counters, Device, DeviceCore, MemoryInfo, Storage } from '../device.js';
import type { Op } from '../ir/op.js';
import { defaultOps } from '../ops/index.js';
import { Engine, type Backend } from '../plan/engine.js';
import type { PlanOutput } from '../plan/plan.js';
import type { Profile } from '../plan/profile.js';
import type { Gpu, GpuAdapter, GpuDevice } from './api.js';
import type { GpuContext } from './context.js';
import { prepare } from './executable.js';
import { acquireGpu, noDevice, releaseGpu } from './gpu.js';
import { Pipelines } from './pipelines.js';
import { BufferPool } from './pool.js';
import { readBack } from './readback.js';
import { Scratch } from './scratch.js';
import { Lent, Resident, type GpuStorage } from './storage.js';

export interface WebGpuOptions {
  /** Which of several GPUs: the one that saves power or the fastest, which is the default. */
  powerPreference?: 'low-power' | 'high-performance';
  /** A GPUAdapter of the caller's, from which the device is made. */
  adapter?: unknown;
  /** A GPUDevice of the caller's, which stays theirs: closing does not destroy it. */
  device?: unknown;
  /** Runs that may be in flight at once: one more is refused with ERR_BUSY. 1024 */
  queue?: number;
}

const known = ['powerPreference', 'adapter', 'device', 'queue'];
const QUEUE = 1024;
/** What Mia uses where it is there. */
const wantedFeatures = [
  'shader-f16',
  'subgroups',
  'timestamp-query',
  'chromium-experimental-subgroup-matrix',
];
const wantedLimits = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
  'maxComputeWorkgroupStorageSize',
];

export interface WebGpuInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

/** A GPU through WebGPU as a device: Dawn in Node, the page's own in a browser. Make one with `WebGpu.create()`. */
export class WebGpu implements Device {
  readonly kind = 'webgpu';
  readonly info: Readonly<WebGpuInfo & Record<string, unknown>>;
  /** @internal */
  readonly core: DeviceCore;
  readonly #engine: Engine;
  readonly #context: GpuContext;
  readonly #end: () => void;
  #closed: Promise<void> | undefined;

  /** @internal */
  constructor(made: Made, ops: ReadonlyMap<string, Op>, queue: number) {
    const { device, info } = made;
    this.info = Object.freeze({ ...info, features: Object.freeze([...info.features]) });
    this.#end = made.end;
    let failure: MiaError | undefined;
    let trouble: MiaError | undefined;
    const isClosed = (): boolean => this.#closed !== undefined;
    device.lost.then(
      ({ reason, message }) => {
        if (!isClosed())
          failure = new MiaError('ERR_DEVICE', 'WebGpu', {
            message: 'the GPU was lost; make a new device',
            actual: message || reason,
          });
      },
      () => {},
    );
    device.addEventListener('uncapturederror', ({ error }) => {
      const memory = error.constructor.name === 'GPUOutOfMemoryError';
      trouble ??= new MiaError(memory ? 'ERR_OUT_OF_MEMORY' : 'ERR_DEVICE', 'WebGpu', {
        message: error.message.split('\n')[0],
      });
    });
    const pool = new BufferPool(
      device,
      Math.min(info.limits.maxStorageBufferBindingSize, info.limits.maxBufferSize),
    );
    const backend: Backend = {
      mostSlots: info.limits.maxStorageBuffersPerShaderStage - 1, // one is for the status
      prepare: (plan, constants) => prepare(plan, constants, this.#context),
      take: (storage, output) => this.#take(storage as GpuStorage, output),
    };
    const engine = (this.#engine = new Engine(ops, backend, queue));
    this.#context = {
      device,
      features: new Set(info.features),
      limits: info.limits,
      pool,
      scratch: new Scratch(pool),
      pipelines: new Pipelines(device),
      ledger: engine.ledger,
      live: new Set(),
      failure: () => failure,
      trouble: () => {
        const last = trouble;
        trouble = undefined;
        return last;
      },
    };
    this.core = {
      get closed() {
        return isClosed();
      },
      ops,
      ledger: engine.ledger,
      borrow: (data) => new Lent(data, this.#context),
      reserve: (bytes) => this.#reserve(bytes),
      shed: () => false,
      evaluate: (roots) => engine.evaluate(roots),
      explain: (root) => engine.explain(root),
      compile: (inputs, roots) => engine.compile(inputs, roots),
    };
  }

  /** A device with the default ops. Throws ERR_DEVICE, with what to look at, where there is no GPU to be had. */
  static async create(options: WebGpuOptions = {}): Promise<WebGpu> {
    return new WebGpuBuilder(options).addDefaultOps().build();
  }

  memory(): MemoryInfo {
    return { ...this.#engine.ledger, arenaBytes: this.#context.pool.idleBytes };
  }

  counters(): Counters {
    return { ...this.#engine.counters };
  }

  /** Times of the steps of every run within `body`, by the GPU's clock where it has one (feature `timestamp-query`). */
  async profile(body: () => unknown): Promise<Profile> {
    if (this.#closed) throw new MiaError('ERR_CLOSED', 'profile', 'the webgpu device is closed');
    return this.#engine.profile(body);
  }

  /** Waits for runs in flight, then frees all memory of the device. Its tensors throw ERR_CLOSED from now on. */
  close(): Promise<void> {
    return (this.#closed ??= this.#engine.close().then(() => {
      for (const memory of this.#context.live) memory.drop();
      this.#context.pool.clear();
      this.#end();
    }));
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #reserve(bytes: number): Storage {
    const cx = this.#context;
    const buffer = cx.pool.storage(bytes, 'state');
    const encoder = cx.device.createCommandEncoder();
    encoder.clearBuffer(buffer);
    cx.device.queue.submit([encoder.finish()]);
    return new Resident(buffer, bytes, cx);
  }

  /** Memory as an array: what a run has read, what the user lent, or a copy of the GPU's. */
  #take(storage: GpuStorage, { dtype, elements }: PlanOutput): TypedArray | Promise<TypedArray> {
    const view = (bytes: Uint8Array): TypedArray =>
      viewArray(laneOf(dtype), bytes.buffer as ArrayBuffer, bytes.byteOffset, elements);
    if (storage instanceof Lent) {
      storage.release();
      return view(storage.peek());
    }
    if (storage.host) {
      const host = storage.sole ? storage.host : storage.host.slice();
      storage.release();
      return view(host);
    }
    const cx = this.#context;
    const encoder = cx.device.createCommandEncoder();
    const reading = readBack(cx, encoder, [{ buffer: storage.onDevice(), bytes: storage.bytes }])!;
    cx.device.queue.submit([encoder.finish()]);
    storage.release();
    return reading().then(([bytes]) => view(bytes));
  }
}

/** A GPU device, what it says of itself, and what to do when Mia needs it no more. */
interface Made {
  readonly device: GpuDevice;
  readonly info: WebGpuInfo;
  readonly end: () => void;
}

/** Chooses what a WebGPU device can do: `new WebGpuBuilder().addDefaultOps().addOp(op).build()`. */
export class WebGpuBuilder {
  readonly #ops = new Map<string, Op>();

  constructor(private readonly options: WebGpuOptions = {}) {}

  addDefaultOps(): this {
    for (const [name, op] of defaultOps) this.#ops.set(name, op);
    return this;
  }

  /** A custom op, declared as a scalar expression. */
  addOp(op: Op): this {
    if (this.#ops.has(op.name))
      throw new MiaError('ERR_UNSUPPORTED', op.name, 'an op of this name is there already');
    this.#ops.set(op.name, op);
    return this;
  }

  async build(): Promise<WebGpu> {
    const queue = checkOptions(this.options);
    return new WebGpu(await makeDevice(this.options), new Map(this.#ops), queue);
  }
}

function checkOptions(options: unknown): number {
  const bad = (message: string, expected: string, actual: unknown): MiaError =>
    new MiaError('ERR_DEVICE', 'WebGpu', { message, expected, actual: show(actual) });
  if (typeof options !== 'object' || options === null) throw bad('bad options', 'an object', options);
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined) throw bad('unknown option', known.join(', '), unknown);
  const { queue = QUEUE, powerPreference } = options as WebGpuOptions;
  if (!Number.isSafeInteger(queue) || queue < 1) throw bad('bad queue', 'an integer > 0', queue);
  if (powerPreference !== undefined && !['low-power', 'high-performance'].includes(powerPreference))
    throw bad('bad powerPreference', "'low-power' or 'high-performance'", powerPreference);
  return queue;
}

async function makeDevice({ adapter, device, powerPreference }: WebGpuOptions): Promise<Made> {
  if (device) return { device: device as GpuDevice, info: infoOf(device as GpuAdapter), end: () => {} };
  const gpu: Gpu = await acquireGpu();
  try {
    const chosen =
      (adapter as GpuAdapter | undefined) ??
      (await gpu.requestAdapter({ powerPreference: powerPreference ?? 'high-performance' }));
    if (!chosen) throw noDevice('no GPU was found', 'requestAdapter() gave null');
    const features = wantedFeatures.filter((name) => chosen.features.has(name));
    const made = await chosen.requestDevice({
      requiredFeatures: features,
      requiredLimits: Object.fromEntries(wantedLimits.map((name) => [name, chosen.limits[name]])),
    });
    const end = (): void => {
      made.destroy();
      releaseGpu(gpu);
    };
    return { device: made, info: { ...infoOf(chosen), features }, end };
  } catch (error) {
    releaseGpu(gpu);
    if (error instanceof MiaError) throw error;
    throw noDevice('no device could be made', (error as Error).message, error);
  }
}

/** What an adapter, or a device, says of itself. */
function infoOf(
  from: Partial<Pick<GpuAdapter, 'info'>> & Pick<GpuAdapter, 'features' | 'limits'>,
): WebGpuInfo {
  const { vendor = '', architecture = '', description = '' } = from.info ?? {};
  const limits = Object.fromEntries(wantedLimits.map((name) => [name, from.limits[name]]));
  return { vendor, architecture, description, features: [...from.features], limits };
}
