/** Several texts written at once for one request: choices, of one or several prompts. */
import { setMaxListeners } from 'node:events';
import type { GenerateOptions } from '../models/generate/options.js';
import type { QueuedToken } from './batching/generation.js';
import { merge } from './merge.js';
import { Refusal } from './refusal.js';
import type { Exchange } from './route.js';
import type { ServedModel } from './served.js';
import type { Sampling } from './sampling.js';

export interface Written {
  /** Of the choice. */
  readonly index: number;
  readonly token: QueuedToken;
}

export interface Writing {
  readonly model: ServedModel;
  readonly prompts: readonly Int32Array[];
  readonly maxTokens: number | undefined;
  readonly sampling: Sampling;
}

/** Choice `i * n + j` is the j-th one of prompt i. All of them are accepted, or none. */
export function write(
  { model, prompts, maxTokens, sampling }: Writing,
  exchange: Exchange,
): AsyncGenerator<Written> {
  const { maxBatch, maxQueue } = exchange.services.settings;
  const most = maxBatch + maxQueue;
  if (prompts.length * sampling.n > most)
    throw new Refusal(400, `n: more texts than this server writes at once: ${most}`, { code: 'invalid_value', param: 'n' }); // prettier-ignore
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // each text listens
  const leave = (): void => controller.abort();
  exchange.signal.addEventListener('abort', leave);
  const done = (): void => {
    exchange.signal.removeEventListener('abort', leave);
    leave();
  };
  try {
    const jobs = prompts.flatMap((ids) => Array.from({ length: sampling.n }, (_, j) => ({ ids, j })));
    const texts = jobs.map(({ ids, j }) => {
      const room = Math.max(1, model.maxTokens - ids.length);
      const options = { ...optionsOf(sampling, j), maxTokens: Math.min(maxTokens ?? room, room) };
      return model.write(ids, { ...options, signal: controller.signal });
    });
    return readAll(texts, done);
  } catch (error) {
    done();
    throw error;
  }
}

async function* readAll(
  texts: readonly AsyncIterable<QueuedToken>[],
  done: () => void,
): AsyncGenerator<Written> {
  try {
    for await (const [index, token] of merge(texts)) yield { index, token };
  } finally {
    done();
  }
}

/** Of a seed each choice gets its own. */
function optionsOf(sampling: Sampling, j: number): GenerateOptions {
  const { temperature, seed, stop } = sampling;
  return {
    temperature,
    topP: sampling.top_p,
    topK: sampling.top_k,
    minP: sampling.min_p,
    repetitionPenalty: sampling.repetition_penalty,
    ignoreEos: sampling.ignore_eos,
    ...(seed !== undefined && { seed: seed + j }),
    ...(stop !== undefined && { stop }),
  };
}
