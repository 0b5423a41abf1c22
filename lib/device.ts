import type { Node } from './ir/node.js';
import type { Op } from './ir/op.js';
import type { TypedArray } from './dtype.js';
import type { Profile } from './plan/profile.js';

/** What tensors of a device hold right now, in bytes where not said otherwise. */
export interface MemoryInfo {
  /** Handles that were neither consumed, disposed nor collected. */
  readonly liveTensors: number;
  /** Memory that live tensors keep, arrays lent by the user included. */
  readonly liveBytes: number;
  readonly peakBytes: number;
  /** Scratch kept for the next runs. */
  readonly arenaBytes: number;
}

/** What a device has done since it was created; every number only grows. */
export interface Counters {
  runs: number;
  /** Kernels that ran. */
  steps: number;
  plansCompiled: number;
  planCacheHits: number;
  /** Bytes moved without computing anything: uploads, results that had to be packed. */
  bytesCopied: number;
  bytesAllocated: number;
  /** Bytes of results that were written over memory no longer needed, instead of new memory. */
  reusedBytes: number;
}

/** A place where plans run. Tensors belong to one; closing it frees everything and waits for runs in flight. */
export interface Device extends AsyncDisposable {
  readonly kind: 'cpu' | 'webgpu';
  readonly info: Readonly<Record<string, unknown>>;
  memory(): MemoryInfo;
  counters(): Counters;
  /**
   * The times of every step of the runs that begin while `body` does its work; those that it did not wait for end first.
   * Rejects with what `body` throws.
   */
  profile(body: () => unknown): Promise<Profile>;
  close(): Promise<void>;
  /** What the tensor front end needs from a device; not for users. @internal */
  readonly core: DeviceCore;
}

/** Memory that belongs to a node: lent by the user, or the device's own. Reference counted. */
export interface Storage {
  readonly bytes: number;
  /** False for memory lent by the user, which is read and never written. */
  readonly owned: boolean;
  /** Nobody else holds it. */
  readonly sole: boolean;
  retain(): void;
  release(): void;
  /** The bytes as they lie in memory, without a copy; undefined where JavaScript cannot see them (WebGPU). */
  peek(): Uint8Array | undefined;
}

/** How a result is wanted: `array` as a typed array in row-major order, `keep` on the device, `state` where `state` lies. */
export type Form = 'array' | 'keep' | 'state';
export interface Root {
  readonly node: Node;
  readonly form: Form;
  /** The input, bound at each run, over whose memory the value is written. */
  readonly state?: Node;
}

/** What `explain()` and `mia graph` show. */
export interface PlanSummary {
  readonly steps: readonly {
    op: string;
    kernel: string;
    inputs: string[];
    output: string;
    inPlace: boolean;
  }[];
  /** `first`, `last`: steps that first write and last touch it; -1 and the step count for memory from before and after. */
  readonly slots: readonly { name: string; bytes: number; first: number; last: number }[];
  /** Bytes of all slots that the plan itself allocates. */
  readonly bytes: number;
  toString(): string;
}

/** A recorded function made ready for one set of sizes. */
export interface Compiled {
  /**
   * `into`: arrays that take results, by array root; they do not share memory with inputs or each other. `states`: memory
   * of the state roots, which the run reads and writes.
   */
  run(
    inputs: readonly TypedArray[],
    signal?: AbortSignal,
    into?: readonly (TypedArray | undefined)[],
    states?: readonly Storage[],
  ): Promise<TypedArray[]>;
  readonly summary: PlanSummary;
  release(): void;
}

export interface DeviceCore {
  readonly closed: boolean;
  /** Ops by name: the default ones and those added by the builder. */
  readonly ops: ReadonlyMap<string, Op>;
  readonly ledger: Ledger;
  /** Lends an array to the device: no copy, never written. */
  borrow(data: TypedArray): Storage;
  /** Memory of the device, all zeros. */
  reserve(bytes: number): Storage;
  /**
   * Lets the memory of a constant go which every program reads in a packed form that the device has made of it; the programs,
   * and new ones of their kind, go on. False, and nothing happens, where somebody reads it as it is.
   */
  shed(storage: Storage): boolean;
  /** Runs what `roots` need; resolves to the arrays of the `array` roots, in order. */
  evaluate(roots: readonly Root[]): Promise<TypedArray[]>;
  explain(root: Root): PlanSummary;
  /** Prepares roots whose `inputs` nodes are bound at every run; other leaves become constants. States come last. */
  compile(inputs: readonly Node[], roots: readonly Root[]): Compiled;
}

/** The books of a device. */
export interface Ledger {
  liveTensors: number;
  liveBytes: number;
  peakBytes: number;
}
