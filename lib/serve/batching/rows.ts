/** Requests for whole results of one model: how many run at once and how many wait. */
import { MiaError } from '../../errors.js';

export interface QueueStats {
  readonly active: number;
  readonly waiting: number;
}

/** Called whenever a request's turn comes: how long it waited, and how many run with it. */
export type Watch = (waitedMs: number, active: number) => void;

/** Runs one at a time of what a model computes in one go. */
export class RowsQueue<Input, Result> {
  readonly #gate: Gate;

  constructor(
    op: string,
    readonly run: (inputs: readonly Input[], signal?: AbortSignal) => Promise<Result[]>,
    limits: { readonly maxQueue: number },
    watch?: Watch,
  ) {
    this.#gate = new Gate(op, 1, limits.maxQueue, watch);
  }

  /** One result for each input. Throws ERR_BUSY when the queue is full. */
  async submit(inputs: readonly Input[], signal?: AbortSignal): Promise<Result[]> {
    const leave = await this.#gate.enter(signal);
    try {
      return await this.run(inputs, signal);
    } finally {
      leave();
    }
  }

  stats(): QueueStats {
    return this.#gate.stats();
  }

  async close(): Promise<void> {
    await this.#gate.close();
  }
}

/** Lets so many in at once, first come, first served, and so many wait. */
export class Gate {
  #active = 0;
  #closed = false;
  readonly #waiting = new Set<{ start(): void; fail(error: MiaError): void }>();
  #idle: (() => void) | undefined;

  constructor(
    readonly op: string,
    readonly width: number,
    readonly length: number,
    readonly watch?: Watch,
  ) {}

  /** Resolves to what ends the turn. Throws, now, ERR_BUSY and ERR_CLOSED; rejects with ERR_ABORTED. */
  enter(signal?: AbortSignal): Promise<() => void> {
    const { op } = this;
    if (this.#closed) throw new MiaError('ERR_CLOSED', op, 'the queue is closed');
    const aborted = (): MiaError => new MiaError('ERR_ABORTED', op, 'aborted while it waited');
    if (signal?.aborted) throw aborted();
    if (this.#active < this.width) return Promise.resolve(this.#begin(performance.now()));
    if (this.#waiting.size >= this.length)
      throw new MiaError('ERR_BUSY', op, { message: 'the queue is full', expected: `at most ${this.length} waiting requests` }); // prettier-ignore
    const since = performance.now();
    return new Promise((resolve, reject) => {
      const waiter = { start: () => settle(() => resolve(this.#begin(since))), fail: (error: MiaError) => settle(() => reject(error)) }; // prettier-ignore
      const leave = (): void => waiter.fail(aborted());
      const settle = (then: () => void): void => {
        this.#waiting.delete(waiter);
        signal?.removeEventListener('abort', leave);
        then();
      };
      signal?.addEventListener('abort', leave);
      this.#waiting.add(waiter);
    });
  }

  stats(): QueueStats {
    return { active: this.#active, waiting: this.#waiting.size };
  }

  /** Refuses what waits and comes; resolves when what runs has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const waiter of this.#waiting) waiter.fail(new MiaError('ERR_CLOSED', this.op, 'the queue is closed')); // prettier-ignore
    if (this.#active > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
  }

  #begin(since: number): () => void {
    this.#active++;
    this.watch?.(performance.now() - since, this.#active);
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#active--;
      const [next] = this.#waiting;
      if (next) next.start();
      else if (this.#active === 0) this.#idle?.();
    };
  }
}
