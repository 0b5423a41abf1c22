import { markAsUntransferable } from 'node:worker_threads';
import { MiaError } from '../errors.js';
import { loadAddon, type NativeMemory } from './addon.js';

/** Status codes of native/kernels/kernels.h. */
const status = ['ok', 'index out of range', 'cancelled', 'out of memory'] as const;

/** What a run is called with, apart from its inputs. */
export interface RunOptions {
  /** Of the program: a failure names the op. */
  readonly steps: readonly { readonly op: string }[];
  /** A tiny one may answer at once. */
  readonly inline: boolean;
  readonly signal?: AbortSignal | undefined;
  /** By output: memory that takes it; empty: none does. */
  readonly into?: readonly (NativeMemory | null)[];
  /** Takes the start and end of each step, in nanoseconds since the call, if the run succeeds. */
  readonly onTimes?: ((spans: readonly number[]) => void) | undefined;
}

interface Waiting {
  resolve(handles: number[]): void;
  reject(error: Error): void;
  readonly options: RunOptions;
  readonly onAbort: (() => void) | undefined;
}

/** Runs in flight of this environment (the main thread, or one worker). */
const waiting = new Map<number, Waiting>();
let nextRun = 1;
let ready = false;

/**
 * Runs a native program once. Where `inline` allows it, tiny ones answer at once; the rest run on Mia's threads. Throws,
 * with nothing queued, on memory that native code refuses; otherwise fails with the op of the step that failed.
 */
export function runProgram(
  program: number,
  inputs: NativeMemory[],
  options: RunOptions,
): number[] | Promise<number[]> {
  const { inline, signal, into = [], onTimes } = options;
  const addon = loadAddon();
  if (!ready) {
    addon.setup(complete);
    ready = true;
  }
  if (signal?.aborted) throw aborted(signal);
  const id = nextRun++;
  let result: number[] | undefined;
  try {
    result = addon.run(program, inputs, id, inline, into, onTimes !== undefined);
  } catch (error) {
    throw refused(error as Error);
  }
  if (result) return handlesOf(result, options);
  for (const memory of [...inputs, ...into]) pin(memory);
  return new Promise((resolve, reject) => {
    const onAbort = signal && ((): void => addon.cancel(id));
    if (onAbort) signal.addEventListener('abort', onAbort, { once: true });
    waiting.set(id, { resolve, reject, options, onAbort });
  });
}

/**
 * Memory that native threads read may not go elsewhere: a buffer that is transferred takes its bytes along, and they are
 * freed wherever it ends. From now on it is cloned, or the transfer refused, as Node's version has it.
 */
export function pin(memory: NativeMemory | null): void {
  if (memory === null || typeof memory === 'number') return;
  if (memory.buffer instanceof ArrayBuffer) markAsUntransferable(memory.buffer);
}

function complete(id: number, result: number[]): void {
  const run = waiting.get(id);
  if (!run) return;
  waiting.delete(id);
  const { options, onAbort } = run;
  if (onAbort) options.signal!.removeEventListener('abort', onAbort);
  try {
    run.resolve(handlesOf(result, options));
  } catch (error) {
    run.reject(error as Error);
  }
}

/** The handles of a run's outputs, once its times are where they belong; throws what went wrong. */
function handlesOf(result: number[], { steps, signal, onTimes }: RunOptions): number[] {
  const [code, detail, step] = result;
  const error = failure(code, detail, steps[step]?.op ?? 'run', signal);
  if (error) throw error;
  const end = onTimes ? result.length - 2 * steps.length : result.length;
  onTimes?.(result.slice(end));
  return result.slice(3, end);
}

function failure(code: number, detail: number, op: string, signal?: AbortSignal): MiaError | undefined {
  switch (status[code]) {
    case 'ok':
      return undefined;
    case 'index out of range':
      return new MiaError('ERR_SHAPE', op, {
        message: 'index out of range',
        actual: String(detail),
      });
    case 'cancelled':
      return aborted(signal);
    case 'out of memory':
      return new MiaError(
        'ERR_OUT_OF_MEMORY',
        op,
        'not enough memory for the results or the scratch of this run',
      );
    default:
      return new MiaError('ERR_DEVICE', op, `native status ${code}`);
  }
}

export const aborted = (signal?: AbortSignal): MiaError =>
  new MiaError('ERR_ABORTED', 'run', { message: 'the run was aborted', cause: signal?.reason });

function refused(error: Error): Error {
  const code = error.message.includes('out of memory') ? 'ERR_OUT_OF_MEMORY' : 'ERR_DEVICE';
  return new MiaError(code, 'run', { message: error.message, cause: error });
}
