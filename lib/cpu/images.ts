import type { Storage } from '../device.js';
import type { Plan, PlanInput } from '../plan/plan.js';
import { encode } from './encode.js';
import type { CpuContext } from './executable.js';
import { memoryOf, Owned } from './storage.js';
import { runProgram } from './runner.js';

/** A constant as a kernel wants it, and whether it is there yet. */
export interface Image {
  readonly storage: Owned;
  /** Undefined once it is made. */
  pending: Promise<void> | undefined;
  users: number;
}

/**
 * Images of constants, by the memory they are made of: programs for several sizes, and several programs, share them. An
 * image lives as long as an executable uses it.
 */
export class Images {
  readonly #bySource = new WeakMap<Storage, Map<string, Image>>();
  /** How many executables read a constant as it is. */
  readonly #readers = new WeakMap<Storage, number>();

  /** The image that `input.once` makes of `source`. It may still be pending; give it back by `release`. */
  acquire(source: Storage, plan: Plan, input: PlanInput, cx: CpuContext): Image {
    const known = this.#bySource.get(source) ?? new Map<string, Image>();
    this.#bySource.set(source, known);
    const key = keyOf(input);
    let image = known.get(key);
    if (!image) {
      image = make(source, plan, input, cx);
      known.set(key, image);
    }
    image.users++;
    return image;
  }

  /** An executable reads the constant itself (1), or does so no more (-1). */
  read(source: Storage, change: 1 | -1): void {
    this.#readers.set(source, (this.#readers.get(source) ?? 0) + change);
  }

  /** Lets the source go whose images are all that anybody reads; they stay as long as it would have. */
  shed(source: Storage): boolean {
    const images = [...(this.#bySource.get(source) ?? [])];
    const unread = (this.#readers.get(source) ?? 0) === 0;
    const made = images.length > 0 && images.every(([, image]) => !image.pending);
    if (!(source instanceof Owned) || !unread || !made) return false;
    for (const [, image] of images) image.users++;
    source.shed(() => images.forEach(([key, image]) => this.#release(source, key, image)));
    return true;
  }

  release(source: Storage, input: PlanInput, image: Image): void {
    this.#release(source, keyOf(input), image);
  }

  #release(source: Storage, key: string, image: Image): void {
    if (--image.users > 0) return;
    this.#bySource.get(source)?.delete(key);
    const free = (): void => image.storage.release();
    if (image.pending) image.pending.then(free, free);
    else free();
  }
}

/** What is made of the source, apart from slots, which are the plan's. */
const keyOf = ({ once }: PlanInput): string => {
  const [{ dtype, offset, sizes, strides }] = once!.operands;
  return [once!.kernel, dtype, offset, sizes, strides].join();
};

function make(source: Storage, plan: Plan, { slot, once }: PlanInput, cx: CpuContext): Image {
  const { addon, isa, threads, names, ledger, live } = cx;
  const { bytes } = plan.slots[slot];
  const segment = { steps: [once!], inputs: once!.reads, outputs: [slot], constants: [] };
  const program = addon.prepare(isa, threads, encode(plan, segment, names), []);
  let storage: Owned | undefined;
  try {
    storage = new Owned(addon.alloc(bytes, false), bytes, ledger, addon, live);
    const running = runProgram(program, [memoryOf(source)], {
      steps: [{ op: 'pack' }],
      inline: false,
      into: [storage.handle],
    });
    const image: Image = { storage, pending: undefined, users: 0 };
    if (running instanceof Promise) {
      image.pending = running.then(() => void (image.pending = undefined));
      image.pending.catch(() => {}); // told to whoever runs
      image.pending.finally(() => addon.releaseProgram(program)).catch(() => {});
    } else addon.releaseProgram(program);
    return image;
  } catch (error) {
    storage?.release();
    addon.releaseProgram(program);
    throw error;
  }
}
