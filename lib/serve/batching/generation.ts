/** Requests for text of one model: how many run at once, how many wait, and what each of them gives. */
import { setImmediate as turn } from 'node:timers/promises';
import { MiaError } from '../../errors.js';
import type { FinishReason } from '../../models/generate/generator.js';
import type { GenerateOptions } from '../../models/generate/options.js';
import type { Model } from '../../models/model.js';
import { Gate, type QueueStats, type Watch } from './rows.js';

export interface GenerationLimits {
  /** Texts written at once. */
  readonly maxBatch: number;
  /** Texts that may wait. */
  readonly maxQueue: number;
  /** Positions of prompt and answer together. */
  readonly maxTokens: number;
}

export interface QueuedToken {
  readonly id: number;
  readonly text: string;
  readonly logprob: number;
  /** With the last token: why it is the last. */
  readonly finish?: FinishReason;
}

/** Writes texts of one model, each by itself, so many at once. */
export class GenerationQueue {
  readonly #gate: Gate;

  constructor(
    readonly model: Model,
    readonly limits: GenerationLimits,
    watch?: Watch,
  ) {
    this.#gate = new Gate('generate', limits.maxBatch, limits.maxQueue, watch);
  }

  /**
   * The tokens after a prompt; they are written whether somebody reads them or not, until the signal says otherwise.
   * Throws ERR_BUSY when the queue is full, ERR_SHAPE for a prompt that is too long.
   */
  submit(ids: Int32Array, options: GenerateOptions): AsyncIterable<QueuedToken> {
    const { maxTokens } = this.limits;
    if (ids.length >= maxTokens)
      throw new MiaError('ERR_SHAPE', 'generate', {
        message: 'the prompt leaves no room for an answer',
        expected: `less than ${maxTokens} tokens`,
        actual: String(ids.length),
      });
    const channel = new Channel<QueuedToken>();
    const entered = this.#gate.enter(options.signal);
    void this.#write(entered, ids, options, channel).then(
      () => channel.end(),
      (error: unknown) => channel.end(error),
    );
    return channel;
  }

  stats(): QueueStats {
    return this.#gate.stats();
  }

  async close(): Promise<void> {
    await this.#gate.close();
  }

  async #write(
    entered: Promise<() => void>,
    ids: Int32Array,
    options: GenerateOptions,
    channel: Channel<QueuedToken>,
  ): Promise<void> {
    const leave = await entered;
    const tokens = this.model.generate(ids, options);
    try {
      let last = await tokens.next();
      while (!last.done) {
        await turn(); // a small model's steps are over at once, and would let nobody else have a turn
        const next = await tokens.next();
        channel.push(next.done ? { ...last.value, finish: next.value } : last.value);
        last = next;
      }
    } finally {
      await tokens.return('stop');
      leave();
    }
  }
}

/** Values from one who writes to one who reads. */
class Channel<T> implements AsyncIterable<T> {
  readonly #values: T[] = [];
  #ended = false;
  #error: unknown;
  #wake: (() => void) | undefined;

  push(value: T): void {
    this.#values.push(value);
    this.#wake?.();
  }

  end(error?: unknown): void {
    this.#ended = true;
    this.#error = error;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for (;;) {
      while (this.#values.length > 0) yield this.#values.shift()!;
      if (this.#error !== undefined) throw this.#error;
      if (this.#ended) return;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
