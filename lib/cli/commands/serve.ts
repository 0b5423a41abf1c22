import { basename } from 'node:path';
import { env } from '../../env.js';
import { weightFormats } from '../../models/weights.js';
import { modelOptions, UsageError, type Call, type Command } from '../command.js';
import { defaultModel, fetchModel, openDevice } from '../model.js';
import { curlsOf } from './serve-curls.js';

/** Serves models until it is told to end. */
export const serve: Command = {
  name: 'serve',
  args: '[MODEL...]',
  doc: [
    "Serve models over HTTP: OpenAI's protocol, KServe's, metrics, a page.",
    'MODEL is a path or a name on the hub, or NAME=MODEL to give it the name that clients use.',
    'Without MODEL: the story teller that ships with Mia. SIGTERM and Ctrl-C answer what was accepted, then end.',
  ].join('\n'),
  count: [0, Infinity],
  options: {
    ...modelOptions,
    host: { value: 'HOST', doc: 'address to listen on (127.0.0.1: this machine only)' },
    port: { value: 'N', doc: 'port to listen on, or the next free one (8080)' },
    'api-key': {
      value: 'KEY',
      doc: 'refuse requests without it (default: MIA_API_KEY, else none is needed)',
    },
    'max-batch': { value: 'N', doc: 'texts that a model writes at once (16)' },
    'max-delay': { value: 'MS', doc: 'how long a request to embed may wait for others (5)' },
    'max-queue': { value: 'N', doc: 'requests of a model that may wait; more get 429 (128)' },
    'max-tokens': { value: 'N', doc: 'prompt and answer together (default: what the model was made for)' },
    'max-body': { value: 'BYTES', doc: 'the largest body of a request (16777216)' },
    drain: { value: 'SECONDS', doc: 'how long requests may take after SIGTERM before they are cut off (30)' },
    log: { doc: 'write a line of JSON about each request to standard error' },
  },
  async run(call) {
    // Only this command pays for the server's libraries.
    const { jsonLog, serve: start } = await import('../../serve/index.js');
    const { output } = call;
    await using device = await openDevice(call);
    const models = await modelsOf(call);
    const apiKey = call.text('api-key') ?? env('MIA_API_KEY');
    const weights = call.word('weights', weightFormats);
    const loading = output.progress('loading');
    const server = await start({
      models,
      device,
      ...(weights && { weights }),
      ...given({
        host: call.text('host'),
        port: call.number('port'),
        apiKey,
        maxBatch: call.number('max-batch'),
        maxDelayMs: call.number('max-delay'),
        maxQueue: call.number('max-queue'),
        maxTokens: call.number('max-tokens'),
        maxBodyBytes: call.number('max-body'),
      }),
      ...(call.flag('log') && { log: jsonLog((line) => void process.stderr.write(line)) }),
      onProgress: (_, { loadedBytes, totalBytes }) => loading.update(loadedBytes, totalBytes),
    }).finally(() => loading.end());
    const { url } = server;
    if (output.json) output.value({ url, models: Object.keys(models) });
    else {
      output.line(`Serving ${Object.keys(models).join(', ')} on ${url}\n`);
      for (const line of curlsOf(url, server.models[0], apiKey !== undefined)) output.line(line);
    }
    await told();
    await server.close({ deadlineMs: (call.number('drain') ?? 30) * 1000 });
  },
};

/** Paths of models by name. */
async function modelsOf(call: Call): Promise<Record<string, string>> {
  const models: Record<string, string> = {};
  for (const arg of call.args.length > 0 ? call.args : [defaultModel]) {
    const [, name = nameOf(arg), source] = /^(?:([\w.-]+)=)?(.+)$/.exec(arg)!;
    if (name in models)
      throw new UsageError(`two models are named ${name}: NAME=MODEL gives them other names`);
    models[name] = await fetchModel(call, source);
  }
  return models;
}

/** The last part of a path or of a name on the hub. */
const nameOf = (path: string): string =>
  basename(path.replace(/@[^/@]*$/, '')).replace(/\.(gguf|safetensors)$/, '');

const given = <T extends object>(options: T): { [K in keyof T]?: NonNullable<T[K]> } =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;

/** Resolves at the first SIGTERM or SIGINT; a second one ends the process as it would have. */
function told(): Promise<void> {
  const signals = ['SIGTERM', 'SIGINT'] as const;
  return new Promise((resolve) => {
    const end = (): void => {
      for (const signal of signals) process.off(signal, end);
      resolve();
    };
    for (const signal of signals) process.on(signal, end);
  });
}
