/** What handlers share: models by name, what is counted, how far the server is. */
import type { Device } from '../device.js';
import { Metrics } from './operations/metrics.js';
import type { Settings } from './options.js';
import { Refusal } from './refusal.js';
import { ServedModel } from './served.js';

export class Services {
  readonly metrics: Metrics;
  readonly models = new Map<string, ServedModel>();
  #state: 'loading' | 'ready' | 'draining' = 'loading';
  /** Requests that are being answered. */
  readonly running = new Set<AbortController>();

  constructor(
    readonly settings: Settings,
    device: Device,
  ) {
    const { models } = this;
    this.metrics = new Metrics({
      *queues() {
        for (const model of models.values()) yield* model.queues();
      },
      *caches() {
        for (const { name: model, texts } of models.values()) {
          const { kvBlocksUsed: used, kvBlocks: blocks, sharedTokens: shared } = texts.stats();
          if (blocks > 0) yield { model, used, blocks, shared };
        }
      },
      memory: () => {
        const { liveBytes, peakBytes, arenaBytes } = device.memory();
        return { device_live: liveBytes, device_peak: peakBytes, device_arena: arenaBytes };
      },
      ready: () => this.ready,
    });
  }

  get ready(): boolean {
    return this.#state === 'ready';
  }

  get draining(): boolean {
    return this.#state === 'draining';
  }

  /** Loads and warms the models, one after another: each uses the whole machine. */
  async load(device: Device): Promise<void> {
    const { settings, metrics, models } = this;
    for (const name of Object.keys(settings.models)) {
      const start = performance.now();
      models.set(name, await ServedModel.load(name, device, settings, metrics));
      settings.log.info({ model: name, ms: Math.round(performance.now() - start) }, 'model is ready');
    }
    if (this.#state === 'loading') this.#state = 'ready';
  }

  drain(): void {
    this.#state = 'draining';
  }

  /** A model by name: 404 for one that is not served, 503 for one that is still being loaded. */
  model(name: string): ServedModel {
    const model = this.models.get(name);
    if (model) return model;
    if (Object.hasOwn(this.settings.models, name))
      throw new Refusal(503, `model ${name} is still being loaded`, { code: 'loading', retryAfter: 2 });
    const known = Object.keys(this.settings.models).join(', ');
    throw new Refusal(404, `there is no model '${name.slice(0, 100)}': this server has ${known}`, { code: 'model_not_found', param: 'model' }); // prettier-ignore
  }

  async close(): Promise<void> {
    await Promise.all([...this.models.values()].map((model) => model.close()));
    this.metrics.close();
  }
}
