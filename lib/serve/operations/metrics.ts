/** What a server counts, for Prometheus. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds: of tokens and event loops from a millisecond, of whole requests up to minutes. */
const short = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
const long = [...short, 5, 10, 30, 60, 120];
const sizes = [1, 2, 4, 8, 16, 32, 64, 128];

/** What is asked when somebody reads. */
export interface Gauges {
  /** Requests that wait and that run, by model and kind. */
  queues(): Iterable<{ model: string; kind: string; waiting: number; active: number }>;
  /** Blocks of the cache of keys and values, by model. */
  caches(): Iterable<{ model: string; used: number; blocks: number; shared: number }>;
  /** Bytes by state. */
  memory(): Readonly<Record<string, number>>;
  ready(): boolean;
}

export class Metrics {
  readonly #registry = new Registry();
  readonly #delay = monitorEventLoopDelay({ resolution: 10 });
  readonly #registers = [this.#registry];

  readonly requests = new Counter({
    name: 'mia_requests_total',
    help: 'Requests that ended, by route and status',
    labelNames: ['route', 'status'],
    registers: this.#registers,
  });
  readonly requestSeconds = new Histogram({
    name: 'mia_request_seconds',
    help: 'From a request to the last byte of its answer',
    labelNames: ['route'],
    buckets: long,
    registers: this.#registers,
  });
  readonly prefillTokens = this.#tokens(
    'mia_prefill_tokens_total',
    'Tokens of prompts and of texts to embed',
  );
  readonly decodeTokens = this.#tokens('mia_decode_tokens_total', 'Tokens written');
  readonly batchSize = new Histogram({
    name: 'mia_batch_size',
    help: 'Requests that run together, whenever one joins',
    labelNames: ['model', 'kind'],
    buckets: sizes,
    registers: this.#registers,
  });
  readonly queueSeconds = this.#times('mia_queue_seconds', 'How long requests waited for their turn', long);
  readonly firstTokenSeconds = this.#times(
    'mia_time_to_first_token_seconds',
    'From a request for text to its first token',
    long,
  );
  readonly interTokenSeconds = this.#times(
    'mia_inter_token_seconds',
    'Between two tokens of one text',
    short,
  );

  constructor(gauges: Gauges) {
    this.#delay.enable();
    const registers = this.#registers;
    const gauge = (name: string, help: string, labelNames: string[], read: (set: Gauge) => void): void => {
      const made: Gauge = new Gauge({
        name,
        help,
        labelNames,
        registers,
        collect: () => (made.reset(), read(made)),
      });
    };
    const each = (key: 'waiting' | 'active') => (set: Gauge) => {
      for (const { model, kind, ...counts } of gauges.queues()) set.inc({ model, kind }, counts[key]);
    };
    gauge('mia_queue_depth', 'Requests that wait for their turn', ['model', 'kind'], each('waiting'));
    gauge('mia_active', 'Requests that run', ['model', 'kind'], each('active'));
    const cache = (key: 'used' | 'blocks' | 'shared') => (set: Gauge) => {
      for (const { model, ...counts } of gauges.caches()) set.set({ model }, counts[key]);
    };
    gauge('mia_kv_blocks_used', 'Blocks of the cache that texts use', ['model'], cache('used'));
    gauge('mia_kv_blocks', 'Blocks of the cache', ['model'], cache('blocks'));
    gauge('mia_shared_tokens', 'Tokens of prompts found in the cache so far', ['model'], cache('shared'));
    gauge('mia_ready', '1 when all models are loaded and warm', [], (set) => set.set(gauges.ready() ? 1 : 0));
    gauge('mia_memory_bytes', 'Memory of the device and of the process', ['of'], (set) => {
      const { rss, heapUsed, external } = process.memoryUsage();
      const all = { ...gauges.memory(), process: rss, heap: heapUsed, external };
      for (const [of, bytes] of Object.entries(all)) set.set({ of }, bytes);
    });
    gauge(
      'mia_event_loop_delay_seconds',
      'Delay of the event loop since the last reading',
      ['quantile'],
      (set) => {
        const resolution = 0.01; // a delay counts from when the timer was due
        for (const quantile of [0.5, 0.99, 1]) {
          const seconds = this.#delay.count > 0 ? this.#delay.percentile(quantile * 100) / 1e9 : 0;
          set.set({ quantile: String(quantile) }, Math.max(0, seconds - resolution));
        }
        this.#delay.reset();
      },
    );
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  close(): void {
    this.#delay.disable();
    this.#registry.clear();
  }

  #tokens(name: string, help: string): Counter<'model'> {
    return new Counter({ name, help, labelNames: ['model'], registers: this.#registers });
  }

  #times(name: string, help: string, buckets: number[]): Histogram<'model'> {
    return new Histogram({ name, help, labelNames: ['model'], buckets, registers: this.#registers });
  }
}
