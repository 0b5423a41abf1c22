import type { Ledger } from '../device.js';
import type { MiaError } from '../errors.js';
import type { GpuDevice } from './api.js';
import type { Pipelines } from './pipelines.js';
import type { BufferPool } from './pool.js';
import type { Scratch } from './scratch.js';

/** What this GPU can do, as kernels ask. */
export interface GpuTraits {
  readonly features: ReadonlySet<string>;
  readonly limits: Readonly<Record<string, number>>;
}

/** What executables of one device share. */
export interface GpuContext extends GpuTraits {
  readonly device: GpuDevice;
  readonly pool: BufferPool;
  readonly scratch: Scratch;
  readonly pipelines: Pipelines;
  readonly ledger: Ledger;
  /** Everything that holds memory, to be dropped when the device closes. */
  readonly live: Set<{ drop(): void }>;
  /** What made the device unusable: it was lost. */
  failure(): MiaError | undefined;
  /** The last error that no call has reported, once. */
  trouble(): MiaError | undefined;
}
