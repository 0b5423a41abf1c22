import type { TypedArray } from '../dtype.js';
import { laneOf, lengthFor, viewArray, type DType } from '../dtype.js';
import type { Ledger, Storage } from '../device.js';
import { MiaError } from '../errors.js';
import type { Attrs } from '../ir/op.js';
import type { Binding, Executable, Target } from '../plan/engine.js';
import type { Plan, PlanInput, Step } from '../plan/plan.js';
import type { StepTimes } from '../plan/step-times.js';
import type { Addon, NativeMemory } from './addon.js';
import { encode, type Names, type Segment } from './encode.js';
import { pin, runProgram } from './runner.js';
import type { Image, Images } from './images.js';
import { Borrowed, memoryOf, Owned } from './storage.js';

/** What a JavaScript kernel of a custom op is told beside its arrays. */
export interface HostKernelInfo {
  readonly attrs: Attrs;
  /** Shapes and dtypes of the inputs, then of the output. */
  readonly operands: readonly { readonly shape: readonly number[]; readonly dtype: DType }[];
}
/** Reads `inputs` (row-major), fills `output`. Runs on the JavaScript thread. */
export type HostKernel = (inputs: readonly TypedArray[], output: TypedArray, info: HostKernelInfo) => void;

/** What executables of one device share. */
export interface CpuContext {
  readonly addon: Addon;
  readonly names: Names;
  readonly isa: string;
  readonly threads: number;
  readonly ledger: Ledger;
  readonly live: Set<Owned>;
  readonly kernels: ReadonlyMap<string, HostKernel>;
  readonly images: Images;
}

/** Some steps of the plan, from `first` on. */
type Part = { readonly first: number } & (
  | { readonly segment: Segment; readonly program: number }
  | { readonly host: Step; readonly kernel: HostKernel }
);

/** A plan as native programs: one, unless JavaScript kernels stand between. */
export function prepare(plan: Plan, constants: readonly Storage[], cx: CpuContext): Executable {
  const hosts = plan.steps.find((s) => s.host);
  if (hosts && plan.outputs.some((o) => o.form === 'state'))
    throw new MiaError(
      'ERR_UNSUPPORTED',
      hosts.op,
      'a JavaScript kernel cannot stand in a program with states',
    );
  const held = holdConstants(plan, constants, cx);
  const constantMemory = held.memory;
  const constantSlots = [...constantMemory.keys()];
  const outputSlots = plan.slots.flatMap((s, i) => (s.kind === 'output' ? [i] : []));
  const inputSlots = plan.inputs.filter((i) => !i.constant).map((i) => i.slot);
  const parts: Part[] = [];
  let released = false;
  try {
    let first = 0;
    for (const part of split(plan, inputSlots, outputSlots, constantSlots)) {
      parts.push(
        'host' in part
          ? { first, host: part.host, kernel: hostKernel(part.host) }
          : { first, segment: part, program: native(part) },
      );
      first += 'host' in part ? 1 : part.steps.length;
    }
  } catch (error) {
    release();
    throw error;
  }
  const owned = (handle: number, slot: number): Owned =>
    new Owned(handle, plan.slots[slot].bytes, cx.ledger, cx.addon, cx.live);
  // A run that answers at once never turns the event loop, so that finalizers of its results would wait: see
  // external_buffer.cc, which copies results up to this size.
  const inline = (into?: readonly unknown[]): boolean =>
    outputSlots.every((s, i) => plan.slots[s].bytes < 65536 || (into?.[i] ?? null) !== null);
  const [only] = parts;

  return {
    run(...args) {
      const [inputs, , into] = args;
      const pending = held.images.flatMap(({ image }) => image.pending ?? []);
      if (pending.length === 0) return start(...args);
      for (const own of [...inputs.map((i) => memoryOf(i.memory)), ...targets(into)]) pin(own);
      return Promise.all(pending).then(() => {
        if (!released) return start(...args);
        throw new MiaError('ERR_CLOSED', 'run', 'the program was disposed before its weights were packed');
      });
    },
    release,
  };

  function start(
    ...[inputs, signal, into, times]: Parameters<Executable['run']>
  ): ReturnType<Executable['run']> {
    if (parts.length !== 1 || !('segment' in only)) return runParts(inputs, signal, times);
    const memory = inputs.map(({ memory: m, donate }) => (donate ? -(m as Owned).handle : memoryOf(m)));
    const running = runProgram(only.program, memory, {
      steps: only.segment.steps,
      inline: inline(into),
      signal,
      into: targets(into),
      onTimes: times?.part(0),
    });
    for (const { memory: m, donate } of inputs) if (donate) (m as Owned).surrender();
    const wrap = (handles: number[]): Storage[] =>
      handles.map((h, i) => {
        const target = into?.[i] ?? null;
        if (target === null) return owned(h, outputSlots[i]);
        if (!(target instanceof Owned)) return new Borrowed(target as TypedArray, cx.ledger);
        target.retain(); // the run's reference, as on every other result
        return target;
      });
    return running instanceof Promise ? running.then(wrap) : wrap(running);
  }

  function release(): void {
    released = true;
    for (const part of parts) if ('program' in part) cx.addon.releaseProgram(part.program);
    for (const { source, input, image } of held.images) cx.images.release(source, input, image);
    for (const source of held.read) cx.images.read(source, -1);
  }

  function native(segment: Segment): number {
    try {
      return cx.addon.prepare(
        cx.isa,
        cx.threads,
        encode(plan, segment, cx.names),
        segment.constants.map((s) => constantMemory.get(s)!),
      );
    } catch (error) {
      if (error instanceof MiaError) throw error;
      throw new MiaError('ERR_UNSUPPORTED', 'plan', { message: (error as Error).message, cause: error });
    }
  }

  function hostKernel({ host }: Step): HostKernel {
    const kernel = cx.kernels.get(host!.op.name);
    if (!kernel)
      throw new MiaError(
        'ERR_UNSUPPORTED',
        host!.op.name,
        'this CPU device has no kernel for it; give one to addOp()',
      );
    return kernel;
  }

  /** Native programs and JavaScript kernels in turn; memory between them lies in buffers of its own. */
  async function runParts(
    inputs: readonly Binding[],
    signal?: AbortSignal,
    times?: StepTimes,
  ): Promise<Storage[]> {
    const at = new Map<number, NativeMemory>(constantMemory);
    inputSlots.forEach((slot, i) => at.set(slot, memoryOf(inputs[i].memory)));
    const made = new Set<number>(); // handles to free if a part fails
    try {
      for (const part of parts) {
        const onTimes = times?.part(part.first);
        if ('segment' in part) {
          const handles = await runProgram(
            part.program,
            part.segment.inputs.map((s) => at.get(s)!),
            { steps: part.segment.steps, inline: inline(), signal, onTimes },
          );
          handles.forEach((h, i) => {
            made.add(h);
            at.set(part.segment.outputs[i], h);
          });
        } else {
          const start = performance.now();
          runHost(part.host, part.kernel, at, made);
          onTimes?.([0, (performance.now() - start) * 1e6]);
        }
      }
    } catch (error) {
      for (const h of made) cx.addon.release(h);
      throw error;
    }
    return outputSlots.map((slot) => {
      const memory = at.get(slot);
      return typeof memory === 'number' ? owned(memory, slot) : new Borrowed(memory as TypedArray, cx.ledger);
    });
  }

  function runHost(step: Step, kernel: HostKernel, at: Map<number, NativeMemory>, made: Set<number>): void {
    const { attrs, operands } = step.host!;
    const arrays = step.operands.map((o, i) => {
      const { dtype, shape } = operands[i];
      const elements = shape.reduce((a, b) => a * b, 1);
      const last = i === step.operands.length - 1;
      let memory = last ? undefined : at.get(o.slot)!;
      if (typeof memory === 'number' && !made.has(memory))
        memory = new Uint8Array(cx.addon.peek(memory)); // an input's: not ours to turn
      else if (typeof memory === 'number') {
        made.delete(memory);
        memory = new Uint8Array(cx.addon.toArrayBuffer(memory, plan.slots[o.slot].bytes));
      }
      memory ??= newBytes(step.host!.op.name, plan.slots[o.slot].bytes);
      at.set(o.slot, memory);
      return viewArray(
        laneOf(dtype),
        memory.buffer as ArrayBuffer,
        memory.byteOffset,
        lengthFor(dtype, elements),
      );
    });
    const returned: unknown = kernel(arrays.slice(0, -1), arrays.at(-1)!, { attrs, operands });
    if (!(returned instanceof Promise)) return;
    returned.catch(() => {}); // what it says comes too late
    throw new MiaError(
      'ERR_UNSUPPORTED',
      step.host!.op.name,
      'its kernel is asynchronous: it must fill the output before it returns',
    );
  }
}

const targets = (into: readonly Target[] = []): (NativeMemory | null)[] =>
  into.map((t) => (t === null ? null : memoryOf(t)));

/** A constant's image, and what it is made of. */
interface Held {
  readonly source: Storage;
  readonly input: PlanInput;
  readonly image: Image;
}

/** The memory of every constant that steps read: the user's, or images made of it. */
function holdConstants(
  plan: Plan,
  constants: readonly Storage[],
  cx: CpuContext,
): { memory: ReadonlyMap<number, NativeMemory>; images: readonly Held[]; read: readonly Storage[] } {
  const read = new Set(plan.steps.flatMap((s) => s.reads));
  const given = plan.inputs.filter((i) => i.constant && !i.once);
  const sources = new Map(given.map(({ slot }, i) => [slot, constants[i]]));
  const memory = new Map<number, NativeMemory>();
  const plain = [...sources].filter(([slot]) => read.has(slot));
  for (const [slot, source] of plain) {
    const own = memoryOf(source);
    pin(own);
    memory.set(slot, own);
  }
  const images: Held[] = [];
  try {
    for (const input of plan.inputs) {
      if (!input.once) continue;
      const source = sources.get(input.once.reads[0])!;
      const image = cx.images.acquire(source, plan, input, cx);
      images.push({ source, input, image });
      memory.set(input.slot, image.storage.handle);
    }
  } catch (error) {
    for (const { source, input, image } of images) cx.images.release(source, input, image);
    throw error;
  }
  for (const [, source] of plain) cx.images.read(source, 1);
  return { memory, images, read: plain.map(([, source]) => source) };
}

function newBytes(op: string, bytes: number): Uint8Array {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw new MiaError('ERR_OUT_OF_MEMORY', op, {
      message: 'not enough memory for the result',
      actual: `${bytes} bytes`,
      cause,
    });
  }
}

/** Runs of native steps, with the JavaScript kernels between them. */
function split(
  plan: Plan,
  inputs: readonly number[],
  outputs: readonly number[],
  constants: readonly number[],
): (Segment | { host: Step })[] {
  if (!plan.steps.some((s) => s.host)) return [{ steps: plan.steps, inputs, outputs, constants }];
  const parts: (Segment | { host: Step })[] = [];
  let steps: Step[] = [];
  const flush = (): void => {
    if (steps.length === 0) return;
    const written = [...new Set(steps.flatMap((s) => s.writes))];
    const read = [...new Set(steps.flatMap((s) => s.reads))].filter((s) => !written.includes(s));
    parts.push({
      steps,
      inputs: read.filter((s) => !constants.includes(s)),
      outputs: written,
      constants: read.filter((s) => constants.includes(s)),
    });
    steps = [];
  };
  for (const step of plan.steps) {
    if (!step.host) steps.push(step);
    else {
      flush();
      parts.push({ host: step });
    }
  }
  flush();
  return parts;
}
