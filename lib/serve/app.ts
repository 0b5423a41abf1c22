/** The table of routes as an application: keys, limits, errors in each protocol's words, counts. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { HttpBindings } from '@hono/node-server';
import { Hono, type Context } from 'hono';
import { kserveError } from './kserve/errors.js';
import { openaiError } from './openai/errors.js';
import { Refusal, refusalOf } from './refusal.js';
import type { ErrorVoice, Route } from './route.js';
import { routes } from './routes.js';
import type { Services } from './services.js';

type Env = { Bindings: HttpBindings };

export function makeApp(services: Services): Hono<Env> {
  const app = new Hono<Env>();
  for (const route of routes) app.on(route.method, route.path, (c) => answer(c, route, services));
  app.notFound((c) => refuse(services, c, new Refusal(404, `no such route: ${c.req.method} ${c.req.path}`, { code: 'not_found' }))); // prettier-ignore
  app.onError((error, c) => refuse(services, c, error));
  return app;
}

async function answer(c: Context<Env>, route: Route, services: Services): Promise<Response> {
  const { metrics, running } = services;
  const { outgoing } = c.env;
  const start = performance.now();
  const controller = new AbortController();
  running.add(controller);
  outgoing.once('close', () => {
    running.delete(controller);
    const left = !outgoing.writableFinished;
    if (left) controller.abort();
    const status = left ? 499 : outgoing.statusCode; // as nginx counts clients that left
    const seconds = (performance.now() - start) / 1000;
    metrics.requests.inc({ route: route.path, status: String(status) });
    metrics.requestSeconds.observe({ route: route.path }, seconds);
    services.settings.log.info({ route: route.path, status, ms: Math.round(seconds * 1000) }, 'request');
  });
  if (services.draining) c.header('connection', 'close');
  try {
    if (!route.open) checkKey(c, services.settings.apiKey);
    const { signal } = controller;
    const response = await route.answer({ request: c.req.raw, params: c.req.param(), services, signal });
    for (const [name, value] of response.headers) c.header(name, value);
    return c.newResponse(response.body, response.status as 200);
  } catch (error) {
    return refuse(services, c, error, route.voice);
  }
}

/** Digests are of one length, and comparing them takes one time. */
function checkKey(c: Context, key: string | undefined): void {
  if (key === undefined) return;
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
  const given = /^Bearer (.*)$/i.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
  if (!timingSafeEqual(digest(given), digest(key)))
    throw new Refusal(401, 'the API key is missing or wrong: Authorization: Bearer KEY', { code: 'invalid_api_key' }); // prettier-ignore
}

function refuse(services: Services, c: Context, error: unknown, voice = voiceOf(c)): Response {
  const refusal = refusalOf(error);
  const { status, detail } = refusal;
  if (status === 500) services.settings.log.error({ err: detail.cause, route: c.req.path }, 'request failed');
  if (detail.retryAfter !== undefined) c.header('retry-after', String(detail.retryAfter));
  if (status === 401) c.header('www-authenticate', 'Bearer');
  return c.json(voice(refusal), status as 400);
}

/** Of a path that no route took, or whose body never came to one. */
const voiceOf = (c: Context): ErrorVoice => (c.req.path.startsWith('/v2') ? kserveError : openaiError);
