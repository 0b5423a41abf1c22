/** A Plan prepared for a GPU: pipelines, parameters and bind groups kept; a run is one encoder, one pass, one submit. */
import type { TypedArray } from '../dtype.js';
import type { Storage } from '../device.js';
import { MiaError } from '../errors.js';
import type { Binding, Executable, Target } from '../plan/engine.js';
import type { Plan } from '../plan/plan.js';
import type { StepTimes } from '../plan/step-times.js';
import { usage, type GpuBindGroup, type GpuBuffer, type GpuPipeline } from './api.js';
import type { GpuContext } from './context.js';
import { dispatchOf } from './kernels/index.js';
import type { Dispatch } from './kernels/kernel.js';
import { readBack } from './readback.js';
import { ShaderBuilder, STATUS } from './shader.js';
import { Lent, Resident, Result, type GpuStorage } from './storage.js';
import { startTiming } from './timing.js';
import { write } from './transfer.js';

/** Of parameters of one dispatch: what uniform bindings must be aligned to. */
const ALIGN = 256;
/** Bind groups that a dispatch remembers. */
const GROUPS = 8;
const STATUS_BYTES = 16;

/** One dispatch, ready but for the memory of the run. */
interface Launch {
  /** The plan's step: each is one dispatch. */
  readonly step: number;
  readonly pipeline: GpuPipeline;
  readonly slots: readonly number[];
  readonly grid: Dispatch['grid'];
  readonly params: { readonly at: number; readonly bytes: number };
  readonly groups: Map<string, GpuBindGroup>;
}

/** The plan's dispatches where some outputs lie over their donors: one binding must then serve both. */
interface Variant {
  readonly pending: Promise<void>;
  launches?: readonly Launch[];
  params?: GpuBuffer;
  readonly failure?: unknown;
}

const numbers = new WeakMap<GpuBuffer, number>();
let count = 0;
function numberOf(buffer: GpuBuffer): number {
  let number = numbers.get(buffer);
  if (number === undefined) numbers.set(buffer, (number = count++));
  return number;
}

export function prepare(plan: Plan, constants: readonly Storage[], cx: GpuContext): Executable {
  const { slots, outputs, inputs } = plan;
  const outputSlots = slots.flatMap((s, i) => (s.kind === 'output' ? [i] : []));
  const bound = inputs.filter((i) => !i.constant).map((i) => i.slot);
  const fixed = new Map<number, GpuBuffer>();
  inputs
    .filter((i) => i.constant)
    .forEach(({ slot }, i) => fixed.set(slot, (constants[i] as GpuStorage).onDevice()));
  const temps = slots.flatMap((s, i) => (s.kind === 'temp' ? [i] : []));
  const first = build(new Map());
  const reports = first.some((d) => d.program.slots.includes(STATUS));
  const scratch = cx.scratch.acquire(temps.map((i) => slots[i].bytes));
  temps.forEach((slot, i) => fixed.set(slot, scratch[i]));
  const arrays = new Set(outputs.filter((o) => o.form === 'array').map((o) => o.slot));
  const stays = new Set(outputs.filter((o) => o.form !== 'array').map((o) => o.slot));
  const variants = new Map<string, Variant>();
  variant(new Map(), first);
  let released = false;

  return {
    run(given, signal, into, times) {
      const failure = cx.failure();
      if (failure) throw failure;
      if (signal?.aborted) throw aborted(signal);
      const over = new Map<number, number>(); // outputs that take their donor's memory
      outputSlots.forEach((slot, i) => {
        const donor = slots[slot].donor;
        if (donor === undefined || into?.[i] instanceof Resident) return;
        if (given[bound.indexOf(donor)]?.donate) over.set(slot, donor);
      });
      const made = variant(over);
      if (made.launches) return start(made, over, given, signal, into, times);
      return made.pending.then(() => {
        if (released)
          throw new MiaError('ERR_CLOSED', 'run', 'the program was disposed before it was compiled');
        if (signal?.aborted) throw aborted(signal);
        return start(made, over, given, signal, into, times);
      });
    },
    release() {
      released = true;
      cx.scratch.release(scratch);
      for (const { params } of variants.values()) params?.destroy();
    },
  };

  function build(over: ReadonlyMap<number, number>): Dispatch[] {
    const place = (slot: number): number => over.get(slot) ?? slot;
    return plan.steps.map((step, index) =>
      dispatchOf(step, { traits: cx, index, shader: () => new ShaderBuilder(step.op, place) }),
    );
  }

  function variant(over: ReadonlyMap<number, number>, built?: Dispatch[]): Variant {
    const key = [...over].join(';');
    const known = variants.get(key);
    if (known) return known;
    const made: Variant = {
      pending: compile(built ?? build(over)).then((ready) => void Object.assign(made, ready)),
    };
    made.pending.catch(() => variants.delete(key)); // told to whoever runs
    variants.set(key, made);
    return made;
  }

  async function compile(dispatches: readonly Dispatch[]): Promise<Pick<Variant, 'launches' | 'params'>> {
    const pipelines = await Promise.all(
      dispatches.map(({ program }) => cx.pipelines.get(program.code, program.label)),
    );
    let at = 0;
    const launches = dispatches.map(({ program, grid }, i): Launch => {
      const bytes = program.params.byteLength;
      const launch = {
        step: i,
        pipeline: pipelines[i],
        slots: program.slots,
        grid,
        params: { at, bytes },
        groups: new Map(),
      };
      at += Math.ceil(bytes / ALIGN) * ALIGN;
      return launch;
    });
    if (launches.length === 0) return { launches };
    const words = new Uint32Array(at / 4);
    launches.forEach(({ params }, i) => words.set(dispatches[i].program.params, params.at / 4));
    const params = cx.device.createBuffer({ size: at, usage: usage.uniform | usage.copyTarget });
    write(cx, params, words);
    return { launches, params };
  }

  function start(
    { launches, params }: Variant,
    over: ReadonlyMap<number, number>,
    given: readonly Binding[],
    signal: AbortSignal | undefined,
    into: readonly Target[] | undefined,
    times: StepTimes | undefined,
  ): readonly Storage[] | Promise<readonly Storage[]> {
    const { pool, device } = cx;
    const at = new Map(fixed);
    const borrowed: GpuBuffer[] = []; // of this run: the queue has what it needs of them once all is submitted
    const borrow = (bytes: number): GpuBuffer => {
      try {
        const buffer = pool.storage(bytes, 'run');
        borrowed.push(buffer);
        return buffer;
      } catch (error) {
        for (const buffer of borrowed) pool.give(buffer); // nothing was submitted
        throw error;
      }
    };
    bound.forEach((slot, i) => {
      const { memory } = given[i];
      if (memory instanceof Resident || memory instanceof Lent || memory instanceof Result) {
        at.set(slot, memory.onDevice());
        return;
      }
      const array = memory as TypedArray;
      at.set(slot, borrow(array.byteLength));
      write(cx, at.get(slot)!, array);
    });
    const kept = outputSlots.map((slot, i): GpuBuffer => {
      const state = into?.[i];
      const donor = over.get(slot);
      const buffer =
        state instanceof Resident
          ? state.onDevice()
          : donor !== undefined
            ? at.get(donor)!
            : stays.has(slot)
              ? pool.storage(slots[slot].bytes, 'run')
              : borrow(slots[slot].bytes);
      at.set(slot, buffer);
      return buffer;
    });
    const status = reports ? borrow(STATUS_BYTES) : undefined;
    if (status) at.set(STATUS, status);

    const encoder = device.createCommandEncoder();
    if (status) encoder.clearBuffer(status, 0, STATUS_BYTES);
    const timing = startTiming(cx, encoder, times);
    const together = timing ? undefined : encoder.beginComputePass();
    for (const launch of launches!) {
      const [x, y, z] = launch.grid;
      if (x * y * z === 0) continue;
      const pass = together ?? timing!.pass(launch.step);
      pass.setPipeline(launch.pipeline);
      pass.setBindGroup(0, groupOf(launch, at, params!));
      pass.dispatchWorkgroups(x, y, z);
      if (timing) pass.end();
    }
    together?.end();
    const wanted = [...arrays].filter((slot) => outputSlots.includes(slot));
    const reading = readBack(cx, encoder, [
      ...wanted.map((slot) => ({ buffer: at.get(slot)!, bytes: slots[slot].bytes })),
      ...(status ? [{ buffer: status, bytes: STATUS_BYTES }] : []),
      ...(timing ? [timing.resolve()] : []),
    ]);
    device.queue.submit([encoder.finish()]);
    given.forEach(({ memory, donate }, i) => {
      if (!donate) return;
      const buffer = (memory as Resident).surrender();
      const taken = [...over].some(([slot, donor]) => donor === bound[i] && stays.has(slot));
      if (!taken) pool.give(buffer);
    });
    for (const buffer of borrowed) pool.give(buffer);

    const finish = (host: readonly Uint8Array[]): Storage[] =>
      outputSlots.map((slot, i) => {
        const state = into?.[i];
        if (state instanceof Resident) {
          state.retain(); // the run's reference, as on every other result
          return state;
        }
        const read = host[wanted.indexOf(slot)];
        if (!stays.has(slot)) return new Result(read, cx);
        return new Resident(kept[i], slots[slot].bytes, cx, read);
      });
    if (!reading) return finish([]);
    const done = reading().then((host) => {
      timing?.finish(host.at(-1)!);
      const results = finish(host);
      const bad = status && problem(new Uint32Array(host[wanted.length].buffer));
      if (!bad) return results;
      for (const result of results) result.release();
      throw bad;
    });
    return signal ? abortable(done, signal) : done;
  }

  function groupOf(launch: Launch, at: ReadonlyMap<number, GpuBuffer>, params: GpuBuffer): GpuBindGroup {
    const buffers = launch.slots.map((slot) => at.get(slot)!);
    const key = buffers.map(numberOf).join();
    const known = launch.groups.get(key);
    if (known) return known;
    const group = cx.device.createBindGroup({
      layout: launch.pipeline.getBindGroupLayout(0),
      entries: [
        { binding: 0, resource: { buffer: params, offset: launch.params.at, size: launch.params.bytes } },
        ...buffers.map((buffer, i) => ({ binding: i + 1, resource: { buffer } })),
      ],
    });
    if (launch.groups.size >= GROUPS) launch.groups.clear();
    launch.groups.set(key, group);
    return group;
  }

  /** What steps noted about indices. */
  function problem([step, value]: Uint32Array): MiaError | undefined {
    if (step === 0) return undefined;
    return new MiaError('ERR_SHAPE', plan.steps[step - 1].op, {
      message: 'index out of range',
      actual: String(value | 0),
    });
  }
}

const aborted = (signal: AbortSignal): MiaError =>
  new MiaError('ERR_ABORTED', 'run', { message: 'aborted', cause: signal.reason });

/** Rejects at once when the signal aborts; the GPU goes on, and its results are let go. */
function abortable(run: Promise<Storage[]>, signal: AbortSignal): Promise<Storage[]> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(aborted(signal));
    signal.addEventListener('abort', abort, { once: true });
    run
      .then((results) => {
        if (signal.aborted) for (const result of results) result.release();
        else resolve(results);
      }, reject)
      .finally(() => signal.removeEventListener('abort', abort));
  });
}
