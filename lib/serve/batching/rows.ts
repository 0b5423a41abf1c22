/** Requests for whole results of one model, which are gathered into runs. */
import { setImmediate as turn } from 'node:timers/promises';
import { aborted, closed, full, type QueueStats, type Watch } from './queue.js';

export interface RowsLimits {
  readonly maxQueue: number;
  /** How long a request may wait for others that are expected. */
  readonly maxDelayMs: number;
  /** What the requests of one run may cost together; one that costs more runs alone. */
  readonly budget: number;
}

interface Request<Input, Result> {
  readonly inputs: readonly Input[];
  readonly cost: number;
  readonly since: number;
  over: boolean;
  end(outcome: Result[] | { readonly error: unknown }): void;
}

/** Runs what waits in one go, up to a budget: what waits while a run goes on is in the next. */
export class RowsQueue<Input, Result> {
  readonly #waiting = new Set<Request<Input, Result>>();
  #running: readonly Request<Input, Result>[] = [];
  /** Requests of the last run: as many are expected again. */
  #expected = 1;
  #working: Promise<void> | undefined;
  /** Told of each request that comes. */
  #came: (() => void) | undefined;
  #leaving: AbortController | undefined;
  #closed = false;

  constructor(
    readonly op: string,
    readonly run: (inputs: readonly Input[], signal: AbortSignal) => Promise<Result[]>,
    readonly limits: RowsLimits,
    readonly watch?: Watch,
  ) {}

  /** One result for each input. `cost`: of them all, tokens. Rejects with ERR_BUSY when the queue is full. */
  async submit(inputs: readonly Input[], cost: number, signal?: AbortSignal): Promise<Result[]> {
    const { op } = this;
    if (this.#closed) throw closed(op);
    if (signal?.aborted) throw aborted(op, signal);
    if (this.#working && this.#waiting.size >= this.limits.maxQueue) throw full(op, this.limits.maxQueue);
    return new Promise((resolve, reject) => {
      const leave = (): void => request.end({ error: aborted(op, signal!) });
      const request: Request<Input, Result> = {
        inputs,
        cost,
        since: performance.now(),
        over: false,
        end: (outcome) => {
          request.over = true;
          signal?.removeEventListener('abort', leave);
          this.#waiting.delete(request);
          if (this.#running.every(({ over }) => over)) this.#leaving?.abort(); // nobody waits for the run
          if (Array.isArray(outcome)) resolve(outcome);
          else reject(outcome.error);
        },
      };
      signal?.addEventListener('abort', leave);
      this.#waiting.add(request);
      this.#came?.();
      this.#working ??= this.#work();
    });
  }

  stats(): QueueStats {
    return { active: this.#running.length, waiting: this.#waiting.size };
  }

  /** Refuses what waits and comes; resolves when what runs has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const request of this.#waiting) request.end({ error: closed(this.op) });
    this.#came?.();
    await this.#working;
  }

  async #work(): Promise<void> {
    await turn(); // who comes in one go runs together
    while (this.#waiting.size > 0) {
      await this.#gather();
      const batch = this.#take();
      this.#expected = batch.length;
      await this.#serve(batch);
    }
    this.#working = undefined;
  }

  /** Waits for as many requests as there were last time: clients that got their answers together ask again together. */
  async #gather(): Promise<void> {
    const [first] = this.#waiting;
    const left = first.since + this.limits.maxDelayMs - performance.now();
    const enough = (): boolean => this.#closed || this.#waiting.size >= this.#expected;
    if (enough() || left <= 0) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, left);
      this.#came = () => {
        if (!enough()) return;
        clearTimeout(timer);
        resolve();
      };
    });
    this.#came = undefined;
  }

  /** The first ones that the budget lets in. */
  #take(): Request<Input, Result>[] {
    const batch: Request<Input, Result>[] = [];
    let cost = 0;
    for (const request of this.#waiting) {
      cost += request.cost;
      if (batch.length > 0 && cost > this.limits.budget) break;
      this.#waiting.delete(request);
      batch.push(request);
    }
    return batch;
  }

  /** A run that fails is done again for each request alone, so that one does not spoil the others. */
  async #serve(batch: readonly Request<Input, Result>[]): Promise<void> {
    if (batch.length === 0) return;
    this.#running = batch;
    for (const { since } of batch) this.watch?.(performance.now() - since, batch.length);
    const leaving = (this.#leaving = new AbortController());
    try {
      const results = await this.run(batch.flatMap(({ inputs }) => inputs), leaving.signal); // prettier-ignore
      this.#running = [];
      let at = 0;
      for (const request of batch) request.end(results.slice(at, (at += request.inputs.length)));
    } catch (error) {
      this.#running = [];
      if (batch.length === 1) batch[0].end({ error });
      else for (const request of batch) if (!request.over) await this.#serve([request]);
    }
    this.#leaving = undefined;
  }
}
