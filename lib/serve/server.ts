/** A server: heard at once, ready when its models are warm, closed when what it accepted is answered. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Cpu } from '../cpu/device.js';
import { MiaError } from '../errors.js';
import { makeApp } from './app.js';
import { readServeOptions, type ServeOptions } from './options.js';
import { Services } from './services.js';
import type { Abilities } from './warm.js';

export interface CloseOptions {
  /** How long requests may still take before they are aborted. 30,000 */
  readonly deadlineMs?: number;
}

export interface ServedInfo {
  readonly name: string;
  readonly abilities: Abilities;
}

export interface RunningServer extends AsyncDisposable {
  /** http://127.0.0.1:8080 */
  readonly url: string;
  readonly models: readonly ServedInfo[];
  /** Not ready from now on; answers what was accepted, then frees the models. */
  close(options?: CloseOptions): Promise<void>;
}

/**
 * Serves models over HTTP: OpenAI's protocol under /v1, the Open Inference Protocol under /v2, metrics, health, a page.
 * Resolves when the models are loaded and warm; /health/live answers before. Throws ERR_SHAPE for options that make no
 * sense, ERR_BUSY for ports that are taken, and what `loadModel` throws.
 */
export async function serve(options: ServeOptions): Promise<RunningServer> {
  const settings = readServeOptions(options);
  const device = settings.device ?? (await Cpu.create());
  const services = new Services(settings, device);
  const server = createAdaptorServer({
    fetch: makeApp(services).fetch,
    createServer,
    serverOptions: {
      headersTimeout: settings.requestTimeoutMs,
      requestTimeout: settings.requestTimeoutMs,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: Math.min(1_000, settings.requestTimeoutMs),
    },
  }) as ReturnType<typeof createServer>;
  server.maxConnections = settings.maxConnections;
  let closing: Promise<void> | undefined;
  const end = async (deadlineMs: number): Promise<void> => {
    services.drain();
    await drain(server, services, deadlineMs);
    await services.close();
    if (!settings.device) await device.close();
  };
  const close = ({ deadlineMs = 30_000 }: CloseOptions = {}): Promise<void> => (closing ??= end(deadlineMs));
  try {
    const port = await listen(server, settings.host, settings.port);
    const host = settings.host.includes(':') ? `[${settings.host}]` : settings.host;
    const url = `http://${host}:${port}`;
    settings.log.info({ url }, 'listening');
    settings.onListening?.(url);
    await services.load(device);
    const models = [...services.models.values()];
    return { url, models, close, [Symbol.asyncDispose]: () => close() };
  } catch (error) {
    await close({ deadlineMs: 0 });
    throw error;
  }
}

/** How many ports are tried after the one that was asked for. */
const TRIES = 20;

/** The port: the next one that is free. */
async function listen(server: ReturnType<typeof createServer>, host: string, first: number): Promise<number> {
  for (let port = first; ; port++) {
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen({ host, port }, () => resolve(server.off('error', reject) && undefined));
      });
      return (server.address() as AddressInfo).port;
    } catch (cause) {
      const { code, message } = cause as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE' && port < Math.min(first + TRIES, 65535)) continue;
      throw new MiaError(code === 'EADDRINUSE' ? 'ERR_BUSY' : 'ERR_SHAPE', 'serve', { message: `cannot listen on ${host}, port ${port}: ${message}`, cause }); // prettier-ignore
    }
  }
}

/** Stops hearing, waits for answers, and aborts those that are not done at the deadline. */
async function drain(
  server: ReturnType<typeof createServer>,
  services: Services,
  deadlineMs: number,
): Promise<void> {
  if (!server.listening) return;
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A connection becomes idle when its answer is whole.
  const sweep = setInterval(() => server.closeIdleConnections(), 20);
  const deadline = setTimeout(() => {
    for (const controller of services.running) controller.abort();
    server.closeAllConnections();
  }, deadlineMs);
  await closed;
  clearTimeout(deadline);
  clearInterval(sweep);
}
