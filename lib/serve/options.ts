import type { Device } from '../device.js';
import { MiaError, show } from '../errors.js';
import type { LoadProgress, WeightFormat } from '../models/weights.js';
import { silent, type Log } from './operations/log.js';

export interface ServeOptions {
  /** Models by the names under which clients ask for them: paths, or names on the hub. */
  readonly models: Readonly<Record<string, string>>;
  /** '127.0.0.1': this machine only. */
  readonly host?: string;
  /** 8080; the next free one if it is taken. 0: any free one. */
  readonly port?: number;
  /** Where models run; the CPU of this machine if none is given, closed with the server. */
  readonly device?: Device;
  /** What matrices become; as they are stored if not given. */
  readonly weights?: WeightFormat;
  /** Texts that one model writes at once. 16 */
  readonly maxBatch?: number;
  /** How long a request for embeddings or labels may wait for others. 5 */
  readonly maxDelayMs?: number;
  /** Requests of one model that may wait; more are refused with 429. 128 */
  readonly maxQueue?: number;
  /** Positions of prompt and answer together, and tokens of one request to embed. What the model was made for. */
  readonly maxTokens?: number;
  /** Bytes of a request's body. 16 MiB */
  readonly maxBodyBytes?: number;
  /** Open connections. 1024 */
  readonly maxConnections?: number;
  /** How long a client may take to send a request. 30,000 */
  readonly requestTimeoutMs?: number;
  /** What clients must send as `Authorization: Bearer ...`; anybody may ask if not given. */
  readonly apiKey?: string;
  /** A logger with the methods of pino's; silent if not given. */
  readonly log?: Log;
  /** When requests are heard, before models are loaded. */
  readonly onListening?: (url: string) => void;
  readonly onProgress?: (name: string, progress: LoadProgress) => void;
}

export type Settings = Required<
  Omit<ServeOptions, 'device' | 'weights' | 'maxTokens' | 'apiKey' | 'onListening' | 'onProgress'>
> &
  Pick<ServeOptions, 'device' | 'weights' | 'maxTokens' | 'apiKey' | 'onListening' | 'onProgress'>;

/** Names that fit into a path and a metric. */
const NAME = /^[\w.-]+(\/[\w.-]+)*$/;

/** What was given, and what holds otherwise. ERR_SHAPE naming the option. */
export function readServeOptions(options: ServeOptions): Settings {
  const { models } = options;
  const names = typeof models === 'object' && models !== null ? Object.keys(models) : [];
  if (names.length === 0) throw bad('models', '{ name: path }', models);
  for (const name of names) {
    if (!NAME.test(name)) throw bad('name of a model', 'letters, digits, . _ - and / between them', name);
    if (typeof models[name] !== 'string') throw bad(`path of model ${name}`, 'a text', models[name]);
  }
  if (options.apiKey === '') throw bad('apiKey', 'a text that is not empty', options.apiKey);
  const count = (name: keyof ServeOptions, fallback: number, min: number, max = 2 ** 31 - 1): number => {
    const value = options[name] ?? fallback;
    if (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max)
      return value as number;
    throw bad(name, `an integer in [${min}, ${max}]`, value);
  };
  return {
    ...options,
    host: options.host ?? '127.0.0.1',
    port: count('port', 8080, 0, 65535),
    maxBatch: count('maxBatch', 16, 1),
    maxDelayMs: count('maxDelayMs', 5, 0),
    maxQueue: count('maxQueue', 128, 0),
    ...(options.maxTokens !== undefined && { maxTokens: count('maxTokens', 1, 1) }),
    maxBodyBytes: count('maxBodyBytes', 16 * 2 ** 20, 1),
    maxConnections: count('maxConnections', 1024, 1),
    requestTimeoutMs: count('requestTimeoutMs', 30_000, 1),
    log: options.log ?? silent,
  };
}

const bad = (what: string, expected: string, actual: unknown): MiaError =>
  new MiaError('ERR_SHAPE', 'serve', { message: `bad ${what}`, expected, actual: show(actual) });
