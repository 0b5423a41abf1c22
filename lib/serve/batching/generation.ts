/** Requests for text of one model: which run together, which wait, and what each of them gives. */
import { setImmediate as turn } from 'node:timers/promises';
import { MiaError } from '../../errors.js';
import { readGenerateOptions, type GenerateOptions } from '../../models/generate/options.js';
import type { Generator } from '../../models/generate/generator.js';
import { SequenceProgram } from '../../models/generate/sequence.js';
import type { FinishReason, GeneratedToken, Writing } from '../../models/generate/writing.js';
import { checkIds } from '../../models/inputs.js';
import type { Model } from '../../models/model.js';
import { BatchWriter, type BatchLimits } from './batch-writer.js';
import { Channel } from './channel.js';
import { aborted, closed, full, type QueueStats, type Watch } from './queue.js';
import { TurnsWriter } from './turns-writer.js';
import type { Place, Writer, WriterStats } from './writer.js';

export interface GenerationLimits extends BatchLimits {
  /** Texts written at once. */
  readonly maxBatch: number;
  /** Texts that may wait. */
  readonly maxQueue: number;
  /** Positions of prompt and answer together. */
  readonly maxTokens: number;
  /** Blocks of 64 positions that all texts share; what maxBatch texts need, but 2 GiB at most, if not given. */
  readonly kvBlocks?: number | undefined;
}

export interface QueuedToken extends GeneratedToken {
  /** With the last token: why it is the last. */
  readonly finish?: FinishReason;
}

interface Request {
  readonly ids: Int32Array;
  readonly writing: Writing;
  readonly channel: Channel<QueuedToken>;
  readonly since: number;
  /** It ends, for whatever reason: its place is given back before the next step. */
  over: boolean;
  forget(): void;
}

export interface GenerationStats extends QueueStats, WriterStats {
  readonly steps: number;
  /** Texts of the last step. */
  readonly batchSize: number;
}

/** Writes texts of one model together: they join and leave between steps, first come, first served. */
export class GenerationQueue {
  readonly limits: GenerationLimits;
  #writer: Writer | undefined;
  readonly #waiting = new Set<Request>();
  readonly #running = new Map<Request, Place>();
  #working: Promise<void> | undefined;
  #closed = false;
  #steps = 0;
  #batchSize = 0;

  constructor(
    readonly model: Model,
    limits: GenerationLimits,
    readonly watch?: Watch,
  ) {
    this.limits = { ...limits, maxTokens: Math.min(limits.maxTokens, model.contextLength) };
  }

  /**
   * The tokens after a prompt; they are written until the reader leaves or the signal says so. Throws ERR_BUSY when the queue
   * is full, ERR_SHAPE for a prompt that is too long, ERR_ABORTED, and what `model.generate` does.
   */
  submit(ids: Int32Array, options: GenerateOptions): AsyncIterable<QueuedToken> {
    if (this.#closed) throw closed('generate');
    const generator = this.model.writer('generate');
    const { signal, ...settings } = readGenerateOptions(options);
    const { maxBatch, maxQueue, maxTokens } = this.limits;
    checkIds('generate', 'the prompt', ids, generator.sequences.vocab);
    if (ids.length === 0 || ids.length >= maxTokens)
      throw new MiaError('ERR_SHAPE', 'generate', {
        message: ids.length ? 'the prompt leaves no room for an answer' : 'the prompt is empty',
        expected: `from 1 to ${maxTokens - 1} tokens`,
        actual: String(ids.length),
      });
    if (signal?.aborted) throw aborted('generate', signal);
    if (this.#waiting.size + this.#running.size >= maxBatch + maxQueue) throw full('generate', maxQueue);
    const leave = (): void => this.#end(request, signal?.aborted ? aborted('generate', signal) : undefined);
    const request: Request = {
      ids,
      writing: generator.begin(settings, maxTokens),
      channel: new Channel(leave),
      since: performance.now(),
      over: false,
      forget: () => signal?.removeEventListener('abort', leave),
    };
    signal?.addEventListener('abort', leave);
    this.#writer ??= this.#open(generator);
    this.#waiting.add(request);
    this.#working ??= this.#work(this.#writer);
    return request.channel;
  }

  /** Plans ahead what steps will run, so that the first requests are not slower than the others. */
  async prepare(): Promise<void> {
    this.#writer ??= this.#open(this.model.writer('generate'));
    for await (const _ of this.#writer.prepare()) await turn();
  }

  stats(): GenerationStats {
    const none = { kvBlocksUsed: 0, kvBlocks: 0, prefillTokens: 0, sharedTokens: 0, decodeTokens: 0 };
    const counts = { steps: this.#steps, batchSize: this.#batchSize };
    const queue = { active: this.#running.size, waiting: this.#waiting.size };
    return { ...queue, ...counts, ...(this.#writer?.stats() ?? none) };
  }

  /** Refuses what waits and comes; resolves when what runs has ended. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const request of this.#waiting) this.#end(request, closed('generate'));
    await this.#working;
    await this.#writer?.dispose();
    this.#writer = undefined;
  }

  /** Frequencies that follow the length of a text are its own, and so is what a recurrent network remembers: these take turns. */
  #open({ sequences }: Generator): Writer {
    const together =
      sequences instanceof SequenceProgram && sequences.decoder.rotaries.every((rotary) => !rotary.dynamic);
    return together ? new BatchWriter(sequences, this.limits) : new TurnsWriter(sequences);
  }

  /** Steps, as long as there is something to do. */
  async #work(writer: Writer): Promise<void> {
    await turn(); // who comes in one go starts together
    while (this.#waiting.size + this.#running.size > 0) {
      this.#admit(writer);
      try {
        await this.#step(writer);
      } catch (error) {
        for (const request of this.#running.keys()) this.#end(request, error);
      }
      this.#sweep();
      await turn(); // a small model's steps are over at once, and would let nobody else have a turn
    }
    this.#working = undefined;
  }

  #admit(writer: Writer): void {
    for (const request of this.#waiting) {
      if (this.#running.size >= this.limits.maxBatch) return;
      const { ids, writing } = request;
      const most = Math.min(ids.length + writing.settings.maxTokens, this.limits.maxTokens);
      const place = writer.open({ ids, most, by: () => writing.by });
      if (!place) return;
      this.#waiting.delete(request);
      this.#running.set(request, place);
      this.watch?.(performance.now() - request.since, this.#running.size);
    }
  }

  async #step(writer: Writer): Promise<void> {
    const owners = new Map([...this.#running].map(([request, place]) => [place, request]));
    if (owners.size === 0) return;
    this.#steps++;
    this.#batchSize = owners.size;
    const drawn = await writer.step([...owners.keys()]);
    this.model.settle();
    for (const [place, next] of drawn) {
      const request = owners.get(place)!;
      if (request.over) continue;
      try {
        const token = request.writing.push(next, place.length);
        const { finish } = request.writing;
        request.channel.push(finish ? { ...token, finish } : token);
        if (finish) this.#end(request);
        else place.push(next.id);
      } catch (error) {
        this.#end(request, error);
      }
    }
  }

  /** What a request says from now on is nobody's business; a step that goes on may still use its place. */
  #end(request: Request, error?: unknown): void {
    request.over = true;
    request.forget();
    this.#waiting.delete(request);
    request.channel.end(error);
  }

  #sweep(): void {
    for (const [request, place] of this.#running) {
      if (!request.over) continue;
      this.#running.delete(request);
      place.close();
    }
  }
}
