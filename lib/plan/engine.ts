/** What every device does the same way: find or make a plan, bind it, run it, settle the nodes. */
import { debug, debugLevel } from '../env.js';
import { MiaError, show } from '../errors.js';
import type { TypedArray } from '../dtype.js';
import type { Compiled, Counters, Ledger, PlanSummary, Root, Storage } from '../device.js';
import { settle, type Node } from '../ir/node.js';
import type { Op } from '../ir/op.js';
import { LruCache } from './cache.js';
import { makePlan } from './planner.js';
import { summarize, type Plan, type PlanOutput } from './plan.js';
import { Profile, type ProfiledRun } from './profile.js';
import { StepTimes, type Recorder } from './step-times.js';
import { graphOf, keyOf, settledBy, trace, type Trace } from './trace.js';

/** Memory bound to an input of a run; `donate`: the run may keep it for the result that has it as donor. */
export interface Binding {
  readonly memory: Storage | TypedArray;
  readonly donate: boolean;
}

/** Memory that an output slot gets from outside. */
export type Target = TypedArray | Storage | null;

/** A Plan prepared for one device. */
export interface Executable {
  /**
   * Runs with one binding per input that is not constant; gives the memory of each output slot, in slot order. Tiny
   * plans may answer at once. Throws before anything happened; rejects once memory may have been given away. Arrays
   * in `into` (by output slot, of its size) may be made the memory of their slots; a Storage there is a state's and will be.
   * Given `times`, the spans of all steps are in it when the run has succeeded.
   */
  run(
    inputs: readonly Binding[],
    signal?: AbortSignal,
    into?: readonly Target[],
    times?: StepTimes,
  ): readonly Storage[] | Promise<readonly Storage[]>;
  release(): void;
}

/** What the engine needs from a device. */
export interface Backend {
  /** How many slots a step may touch; undefined: any number. */
  readonly mostSlots?: number;
  /** A plan in the device's own kernels, where it has better ones than the device-neutral steps say. */
  specialize?(plan: Plan): Plan;
  prepare(plan: Plan, constants: readonly Storage[]): Executable;
  /** Turns memory nobody else holds into an array. Consumes the storage. */
  take(storage: Storage, output: PlanOutput): TypedArray | Promise<TypedArray>;
}

/** A prepared plan, and what each run of it reads off it. */
interface Entry {
  readonly plan: Plan;
  readonly summary: PlanSummary;
  readonly executable: Executable;
  readonly outputSlots: readonly number[];
  /** By leaf: whether a result may take over its memory. */
  readonly donors: readonly boolean[];
  /** The results that go out as arrays; those that stay follow them in the plan. */
  readonly arrays: readonly PlanOutput[];
  readonly keeps: readonly PlanOutput[];
  /** Indices of output slots that do not go out as arrays: the run's reference on them ends with it. */
  readonly inside: readonly number[];
  readonly stats: { readonly copied: number; readonly overlaid: number };
}

type Arrays = TypedArray[];
type RunOptions = [signal?: AbortSignal, into?: readonly Target[]];

const CACHED_PLANS = 256;

/** For MIA_DEBUG=4. */
const printTimes: Recorder = { end: (run) => debug(4, () => `ran\n${new Profile([run]).toTable()}`) };

export class Engine {
  readonly ledger: Ledger = { liveTensors: 0, liveBytes: 0, peakBytes: 0 };
  readonly counters: Counters = {
    runs: 0,
    steps: 0,
    plansCompiled: 0,
    planCacheHits: 0,
    bytesCopied: 0,
    bytesAllocated: 0,
    reusedBytes: 0,
  };
  readonly #plans = new LruCache<Entry>(CACHED_PLANS, (entry) => entry.executable.release());
  readonly #inFlight = new Set<Promise<unknown>>();
  /** Nodes that runs in flight will settle. */
  #pending = 0;
  /** Who is told of the runs that begin, and of each when it has succeeded. */
  readonly #recorders = new Set<Recorder>();

  /** `limit`: runs that may be in flight; each holds memory of its own. */
  constructor(
    readonly ops: ReadonlyMap<string, Op>,
    readonly backend: Backend,
    readonly limit: number,
  ) {
    if (debugLevel() >= 4) this.#recorders.add(printTimes);
  }

  async evaluate(roots: readonly Root[]): Promise<Arrays> {
    while (this.#pending > 0) {
      const waits = pendingBehind(roots.map((r) => r.node));
      if (waits.length === 0) break;
      await Promise.allSettled(waits);
    }
    for (const { node } of roots) if (node.failure) throw node.failure;

    const traced = trace(roots);
    const entry = this.#lookup(traced);
    const bindings = traced.leaves.map((leaf, i): Binding => {
      const memory = leaf.storage!;
      return { memory, donate: entry.donors[i] && memory.owned && memory.sole };
    });
    const settled = settledBy(traced);
    const running = this.#run(entry, bindings);
    const finish = (memory: readonly Storage[]): Arrays | Promise<Arrays> => {
      this.#settle(settled, entry, memory, traced.leaves);
      return this.#arrays(entry, memory, traced.leaves);
    };
    if (!(running instanceof Promise)) return finish(running);
    const done = running.then(finish);
    this.#pend(
      settled,
      done,
      bindings.some((b) => b.donate),
    );
    return this.#track(done);
  }

  explain(root: Root): PlanSummary {
    return this.#lookup(trace([root])).summary;
  }

  compile(inputs: readonly Node[], roots: readonly Root[]): Compiled {
    const traced = trace(roots, inputs);
    const constants = traced.leaves.slice(inputs.length).map((n) => n.storage!);
    const entry = this.#prepare(traced, constants);
    constants.forEach((c) => c.retain());
    const finish = (memory: readonly Storage[]): Arrays | Promise<Arrays> => {
      this.#settle([], entry, memory, []);
      return this.#arrays(entry, memory, []);
    };
    return {
      summary: entry.summary,
      run: async (arrays, signal, into, states) => {
        const bindings = arrays.map((memory): Binding => ({ memory, donate: false }));
        const targets = (into || states) && targetsOf(entry, into ?? [], states ?? []);
        const running = this.#run(entry, bindings, signal, targets);
        const results = await (running instanceof Promise
          ? this.#track(running.then(finish))
          : finish(running));
        return into ? deliver(results, into) : results;
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

  async profile(body: () => unknown): Promise<Profile> {
    if (typeof body !== 'function')
      throw new MiaError('ERR_DTYPE', 'profile', {
        expected: 'a function',
        actual: show(body),
        message: 'bad callback',
      });
    const runs: ProfiledRun[] = [];
    const begun: Promise<unknown>[] = [];
    const recorder: Recorder = { begin: (run) => begun.push(run), end: (run) => runs.push(run) };
    this.#recorders.add(recorder);
    try {
      await body();
    } finally {
      this.#recorders.delete(recorder);
      await Promise.allSettled(begun);
    }
    return new Profile(runs);
  }

  /** Runs and keeps the books. */
  #run(
    entry: Entry,
    bindings: readonly Binding[],
    ...[signal, into]: RunOptions
  ): ReturnType<Executable['run']> {
    if (this.#inFlight.size >= this.limit)
      throw new MiaError('ERR_BUSY', 'run', {
        message: 'too many runs are in flight',
        expected: `at most ${this.limit} at once`,
        actual: `${this.#inFlight.size + 1}`,
      });
    const times = this.#recorders.size > 0 ? new StepTimes(entry.summary) : undefined;
    const running = entry.executable.run(bindings, signal, into, times);
    this.#count(entry, bindings, into);
    if (!times) return running;
    const recorders = [...this.#recorders];
    const record = (memory: readonly Storage[]): readonly Storage[] => {
      const run = times.finish();
      for (const r of recorders) r.end(run);
      return memory;
    };
    if (!(running instanceof Promise)) return record(running);
    const recorded = running.then(record);
    for (const r of recorders) r.begin?.(recorded);
    return recorded;
  }

  #track<T>(run: Promise<T>): Promise<T> {
    this.#inFlight.add(run);
    const untrack = (): void => void this.#inFlight.delete(run);
    run.then(untrack, untrack);
    return run;
  }

  /** Until `done`, other runs wait for these nodes instead of computing them too. */
  #pend(nodes: readonly Node[], done: Promise<unknown>, donated: boolean): void {
    if (nodes.length === 0) return;
    const pending = done
      .then(
        () => undefined,
        (error: Error) => {
          // Inputs that were given away are gone: what depended on them can never be computed.
          for (const node of nodes) if (donated && !node.storage) node.failure = error;
        },
      )
      .finally(() => {
        for (const node of nodes) node.pending = undefined;
        this.#pending -= nodes.length;
      });
    for (const node of nodes) node.pending = pending;
    this.#pending += nodes.length;
  }

  #lookup(traced: Trace): Entry {
    const key = keyOf(traced);
    const known = this.#plans.get(key);
    if (known) {
      this.counters.planCacheHits++;
      return known;
    }
    const entry = this.#prepare(traced, []);
    this.#plans.set(key, entry);
    return entry;
  }

  #prepare(traced: Trace, constants: readonly Storage[]): Entry {
    const neutral = makePlan(graphOf(traced), this.ops, this.backend.mostSlots);
    const plan = this.backend.specialize?.(neutral) ?? neutral;
    const executable = this.backend.prepare(plan, constants);
    this.counters.plansCompiled++;
    const outputSlots = plan.slots.flatMap((s, i) => (s.kind === 'output' ? [i] : []));
    const taken = new Set(plan.slots.map((s) => s.donor));
    const arrays = plan.outputs.filter((o) => o.form === 'array');
    return {
      plan,
      summary: summarize(plan),
      executable,
      outputSlots,
      donors: plan.inputs.map((i) => taken.has(i.slot)),
      arrays,
      keeps: plan.outputs.filter((o) => o.form === 'keep'),
      inside: outputSlots.flatMap((slot, i) => (arrays.some((o) => o.slot === slot) ? [] : [i])),
      stats: statsOf(plan),
    };
  }

  #count({ plan, outputSlots, stats }: Entry, bindings: readonly Binding[], into: RunOptions[1]): void {
    const { counters } = this;
    counters.runs++;
    counters.steps += plan.steps.length;
    counters.bytesCopied += stats.copied;
    counters.reusedBytes += stats.overlaid;
    for (const [place, i] of outputSlots.entries()) {
      const { bytes, donor } = plan.slots[i];
      if (into?.[place]) continue;
      if (donor !== undefined && bindings[donor].donate) counters.reusedBytes += bytes;
      else counters.bytesAllocated += bytes;
    }
  }

  /** Gives nodes their values; memory that only the run held goes. */
  #settle(nodes: readonly Node[], entry: Entry, memory: readonly Storage[], leaves: readonly Node[]): void {
    const storages = entry.keeps.map((o) => storageOf(o, entry, memory, leaves));
    nodes.forEach((node, i) => {
      storages[i].retain();
      settle(node, storages[i]);
    });
    for (const i of entry.inside) memory[i].release();
  }

  #arrays(entry: Entry, memory: readonly Storage[], leaves: readonly Node[]): Arrays | Promise<Arrays> {
    const arrays = entry.arrays.map((o) => this.backend.take(storageOf(o, entry, memory, leaves), o));
    return arrays.some((a) => a instanceof Promise)
      ? Promise.all(arrays as Promise<TypedArray>[])
      : (arrays as Arrays);
  }
}

/** By output slot: the state that lies there, or the array, among those that take results, which can be its memory. */
function targetsOf(
  { plan, outputSlots, arrays }: Entry,
  into: readonly (TypedArray | undefined)[],
  states: readonly Storage[],
): Target[] {
  const stateSlots = plan.outputs.filter((o) => o.form === 'state').map((o) => o.slot);
  return outputSlots.map((slot) => {
    const state = stateSlots.indexOf(slot);
    if (state >= 0) return states[state];
    const users = arrays.flatMap((o, i) => (o.slot === slot ? [i] : []));
    const target = users.length === 1 ? into[users[0]] : undefined; // two results never share an array
    return target?.byteLength === plan.slots[slot].bytes ? target : null;
  });
}

/** Results in the arrays that were given for them: there already, or copied. */
function deliver(results: Arrays, into: readonly (TypedArray | undefined)[]): Arrays {
  return results.map((result, i) => {
    const target = into[i];
    if (!target) return result;
    const there = target.buffer === result.buffer && target.byteOffset === result.byteOffset;
    if (!there) target.set(result as never);
    return target;
  });
}

/** The memory of a result: an output slot's, or that of an input which is handed on. */
function storageOf(
  { slot }: PlanOutput,
  entry: Entry,
  memory: readonly Storage[],
  leaves: readonly Node[],
): Storage {
  const i = entry.outputSlots.indexOf(slot);
  return i >= 0 ? memory[i] : leaves[slot].storage!;
}

/** Bytes that steps move without computing, and bytes of scratch results laid over their inputs. */
function statsOf(plan: Plan): Entry['stats'] {
  const bytes = (slots: readonly number[]): number => slots.reduce((sum, w) => sum + plan.slots[w].bytes, 0);
  let [copied, overlaid] = [0, 0];
  for (const s of plan.steps) {
    if (/^(contiguous|copy)$/.test(s.op)) copied += bytes(s.writes);
    if (s.inPlace) overlaid += bytes(s.writes.filter((w) => plan.slots[w].kind === 'temp'));
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
    if (n.failure)
      throw new MiaError('ERR_CLOSED', n.op.name, {
        message: `an input was never computed: ${n.failure.message}`,
        cause: n.failure,
      });
    if (n.pending) waits.push(n.pending);
    else
      for (const input of n.inputs)
        if (!seen.has(input)) {
          seen.add(input);
          stack.push(input);
        }
  }
  return waits;
}
