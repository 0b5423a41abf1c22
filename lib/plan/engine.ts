/** What every device does the same way: find or make a plan, bind it, run it, settle the nodes. */
import { debug } from '../env.js';
import { MiaError } from '../errors.js';
import type { TypedArray } from '../dtype.js';
import type { Compiled, Counters, Ledger, PlanSummary, Root, Storage } from '../device.js';
import { settle, type Node } from '../ir/node.js';
import type { Op } from '../ir/op.js';
import { LruCache } from './cache.js';
import { trace, type Traced } from './graph.js';
import { keyOf } from './key.js';
import { makePlan } from './planner.js';
import { summarize, type Plan, type PlanOutput } from './plan.js';

/** Memory bound to an input of a run; `donate`: the run may keep it for the result that has it as donor. */
export interface Binding {
  readonly memory: Storage | TypedArray;
  readonly donate: boolean;
}

/** A Plan prepared for one device. */
export interface Executable {
  /**
   * Runs with one binding per input that is not constant; gives the memory of each output slot, in slot order. Tiny
   * plans may answer at once. Throws before anything happened; rejects once memory may have been given away.
   */
  run(inputs: readonly Binding[], signal?: AbortSignal): readonly Storage[] | Promise<readonly Storage[]>;
  release(): void;
}

/** What the engine needs from a device. */
export interface Backend {
  prepare(plan: Plan, constants: readonly Storage[]): Executable;
  /** Turns memory nobody else holds into an array. Consumes the storage. */
  take(storage: Storage, output: PlanOutput): TypedArray | Promise<TypedArray>;
}

interface Entry {
  readonly plan: Plan;
  readonly executable: Executable;
  readonly outputSlots: readonly number[];
  readonly stats: { readonly copied: number; readonly overlaid: number };
}

const CACHED_PLANS = 256;

export class Engine {
  readonly ledger: Ledger = { liveTensors: 0, liveBytes: 0, peakBytes: 0 };
  readonly counters: Counters = {
    runs: 0, steps: 0, plansCompiled: 0, planCacheHits: 0, bytesCopied: 0, bytesAllocated: 0, reusedBytes: 0,
  };
  readonly #plans = new LruCache<Entry>(CACHED_PLANS, (entry) => entry.executable.release());
  readonly #inFlight = new Set<Promise<unknown>>();
  #pending = 0;

  constructor(readonly ops: ReadonlyMap<string, Op>, readonly backend: Backend) {}

  async evaluate(roots: readonly Root[]): Promise<(TypedArray | undefined)[]> {
    while (this.#pending > 0) { // a value that an earlier run is still computing
      const waits = pendingBehind(roots.map((r) => r.node));
      if (waits.length === 0) break;
      await Promise.allSettled(waits);
    }
    const failed = roots.find((r) => r.node.failure);
    if (failed) throw failed.node.failure;

    const traced = trace(roots);
    const entry = this.#lookup(traced);
    const { plan } = entry;
    const donors = new Set(plan.slots.map((s) => s.donor));
    const bindings = traced.leaves.map((leaf, slot): Binding => {
      const storage = leaf.storage!;
      return { memory: storage, donate: donors.has(slot) && storage.owned && storage.sole };
    });
    const donated = bindings.some((b) => b.donate);
    const running = entry.executable.run(bindings);
    this.#count(entry, bindings);
    if (!(running instanceof Promise)) return this.#finish(traced, entry, running);

    const done = running.then((memory) => this.#finish(traced, entry, memory));
    const pending = done.then(() => undefined, (error: Error) => {
      // Inputs that were given away are gone: what depended on them can never be computed.
      for (const node of traced.kept) if (donated && !node.storage) node.failure = error;
    }).finally(() => {
      for (const node of traced.kept) node.pending = undefined;
      this.#pending -= traced.kept.length;
    });
    for (const node of traced.kept) node.pending = pending;
    this.#pending += traced.kept.length;
    return this.#track(done);
  }

  explain(root: Root): PlanSummary {
    return summarize(this.#lookup(trace([root])).plan);
  }

  compile(inputs: readonly Node[], roots: readonly Node[]): Compiled {
    const traced = trace(roots.map((node) => ({ node, form: 'array' })), inputs);
    const constants = traced.leaves.slice(inputs.length).map((n) => n.storage!);
    const entry = this.#prepare(traced, constants);
    constants.forEach((c) => c.retain());
    return {
      summary: summarize(entry.plan),
      run: async (arrays, signal) => {
        const bindings = arrays.map((memory): Binding => ({ memory, donate: false }));
        const running = entry.executable.run(bindings, signal);
        this.#count(entry, bindings);
        if (!(running instanceof Promise)) return this.#arrays(traced, entry, running);
        return this.#track(running.then((memory) => this.#arrays(traced, entry, memory)));
      },
      release: () => {
        entry.executable.release();
        constants.forEach((c) => c.release());
      },
    };
  }

  /** Waits for runs in flight and lets every plan go. */
  async close(): Promise<void> {
    await Promise.allSettled(this.#inFlight);
    this.#plans.clear();
  }

  #track<T>(run: Promise<T>): Promise<T> {
    this.#inFlight.add(run);
    const untrack = (): void => void this.#inFlight.delete(run);
    run.then(untrack, untrack);
    return run;
  }

  #lookup(traced: Traced): Entry {
    const key = keyOf(traced.graph);
    const known = this.#plans.get(key);
    if (known) {
      this.counters.planCacheHits++;
      return known;
    }
    const entry = this.#prepare(traced, []);
    this.#plans.set(key, entry);
    return entry;
  }

  #prepare(traced: Traced, constants: readonly Storage[]): Entry {
    const plan = makePlan(traced.graph, this.ops);
    const executable = this.backend.prepare(plan, constants);
    this.counters.plansCompiled++;
    const outputSlots = plan.slots.flatMap((s, i) => (s.kind === 'output' ? [i] : []));
    return { plan, executable, outputSlots, stats: statsOf(plan) };
  }

  #count({ plan, outputSlots, stats }: Entry, bindings: readonly Binding[]): void {
    const { counters } = this;
    counters.runs++;
    counters.steps += plan.steps.length;
    counters.bytesCopied += stats.copied;
    counters.reusedBytes += stats.overlaid;
    for (const i of outputSlots) {
      const { bytes, donor } = plan.slots[i]!;
      if (donor !== undefined && bindings[donor]!.donate) counters.reusedBytes += bytes;
      else counters.bytesAllocated += bytes;
    }
  }

  /** Settles kept nodes and turns the rest of the memory into arrays. */
  async #finish(traced: Traced, entry: Entry, memory: readonly Storage[]): Promise<(TypedArray | undefined)[]> {
    const { plan } = entry;
    const storages = this.#bySlot(traced, entry, memory);
    const roots = plan.outputs.length - traced.kept.length;
    traced.kept.forEach((node, k) => {
      const storage = storages.get(plan.outputs[roots + k]!.slot)!;
      storage.retain();
      settle(node, storage);
    });
    memory.forEach((storage, i) => {
      if (plan.outputs.every((o) => o.slot !== entry.outputSlots[i] || o.form === 'keep')) storage.release();
    });
    debug(4, () => `run ${this.counters.runs}: ${plan.steps.length} steps`);
    return Promise.all(plan.outputs.slice(0, roots).map((o) => this.backend.take(storages.get(o.slot)!, o)));
  }

  async #arrays(traced: Traced, entry: Entry, memory: readonly Storage[]): Promise<TypedArray[]> {
    return (await this.#finish(traced, entry, memory)) as TypedArray[];
  }

  #bySlot(traced: Traced, { plan, outputSlots }: Entry, memory: readonly Storage[]): Map<number, Storage> {
    const storages = new Map(outputSlots.map((slot, i) => [slot, memory[i]!]));
    for (const o of plan.outputs) if (!storages.has(o.slot)) storages.set(o.slot, traced.leaves[o.slot]!.storage!);
    return storages;
  }
}

/** Bytes that steps move without computing, and bytes of scratch results laid over their inputs. */
function statsOf(plan: Plan): Entry['stats'] {
  const bytes = (slots: readonly number[]): number => slots.reduce((sum, w) => sum + plan.slots[w]!.bytes, 0);
  let [copied, overlaid] = [0, 0];
  for (const s of plan.steps) {
    if (/^(contiguous|copy)$/.test(s.op)) copied += bytes(s.writes);
    if (s.inPlace) overlaid += bytes(s.writes.filter((w) => plan.slots[w]!.kind === 'temp'));
  }
  return { copied, overlaid };
}

/** Runs that must end before `roots` can be traced; throws what a failed one left. */
function pendingBehind(roots: readonly Node[]): Promise<void>[] {
  const seen = new Set<Node>(roots);
  const waits: Promise<void>[] = [];
  const stack = [...roots];
  for (let n = stack.pop(); n; n = stack.pop()) {
    if (n.storage) continue;
    if (n.failure) throw new MiaError('ERR_CLOSED', n.op.name, { message: `an input was never computed: ${n.failure.message}`, cause: n.failure });
    if (n.pending) waits.push(n.pending);
    else for (const input of n.inputs) if (!seen.has(input)) { seen.add(input); stack.push(input); }
  }
  return waits;
}
