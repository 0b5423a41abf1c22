import { markAsUntransferable } from 'node:worker_threads';
import { MiaError } from '../errors.js';
import { loadAddon, type NativeMemory } from './addon.js';

/** Status codes of native/kernels/kernels.h. */
const status = ['ok', 'index out of range', 'cancelled', 'out of memory'] as const;

interface Waiting {
  resolve(handles: number[]): void;
  reject(error: Error): void;
  opOf(step: number): string;
  signal: AbortSignal | undefined;
  onAbort: (() => void) | undefined;
}

/** Runs in flight of this environment (the main thread, or one worker). */
const waiting = new Map<number, Waiting>();
let nextRun = 1;
let ready = false;

/**
 * Runs a native program once; arrays in `into` take outputs. Where `inline` allows it, tiny ones answer at once; the
 * rest run on Mia's threads. Throws, with nothing queued, on memory that native code refuses; otherwise fails with the
 * op of the step that failed.
 */
export function runProgram(
  program: number,
  inputs: NativeMemory[],
  opOf: (step: number) => string,
  inline: boolean,
  signal?: AbortSignal,
  into: readonly (NativeMemory | null)[] = [],
): number[] | Promise<number[]> {
  const addon = loadAddon();
  if (!ready) {
    addon.setup(complete);
    ready = true;
  }
  if (signal?.aborted) throw aborted(signal);
  const id = nextRun++;
  let result: number[] | undefined;
  try {
    result = addon.run(program, inputs, id, inline, into);
  } catch (error) {
    throw refused(error as Error);
  }
  if (result) {
    const error = failure(result, opOf, signal);
    if (error) throw error;
    return result.slice(3);
  }
  for (const memory of [...inputs, ...into]) pin(memory);
  return new Promise((resolve, reject) => {
    const onAbort = signal && ((): void => addon.cancel(id));
    if (onAbort) signal.addEventListener('abort', onAbort, { once: true });
    waiting.set(id, { resolve, reject, opOf, signal, onAbort });
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
  if (run.onAbort) run.signal!.removeEventListener('abort', run.onAbort);
  const error = failure(result, run.opOf, run.signal);
  if (error) run.reject(error);
  else run.resolve(result.slice(3));
}

function failure(
  [code, detail, step]: number[],
  opOf: (step: number) => string,
  signal?: AbortSignal,
): MiaError | undefined {
  switch (status[code]) {
    case 'ok':
      return undefined;
    case 'index out of range':
      return new MiaError('ERR_SHAPE', opOf(step), {
        message: 'index out of range',
        actual: String(detail),
      });
    case 'cancelled':
      return aborted(signal);
    case 'out of memory':
      return new MiaError(
        'ERR_OUT_OF_MEMORY',
        step >= 0 ? opOf(step) : 'run',
        'not enough memory for the results or the scratch of this run',
      );
    default:
      return new MiaError('ERR_DEVICE', opOf(step), `native status ${code}`);
  }
}

export const aborted = (signal?: AbortSignal): MiaError =>
  new MiaError('ERR_ABORTED', 'run', { message: 'the run was aborted', cause: signal?.reason });

function refused(error: Error): Error {
  const code = error.message.includes('out of memory') ? 'ERR_OUT_OF_MEMORY' : 'ERR_DEVICE';
  return new MiaError(code, 'run', { message: error.message, cause: error });
}
