/** What operators ask: whether it lives, whether it is ready, what it counts. */
import { openaiError } from '../openai/errors.js';
import type { Route } from '../route.js';

const voice = openaiError;

export const operationsRoutes: readonly Route[] = [
  { method: 'GET', path: '/health/live', voice, open: true, answer: () => Response.json({ live: true }) },
  {
    method: 'GET',
    path: '/health/ready',
    voice,
    open: true,
    answer: ({ services: { ready } }) => Response.json({ ready }, { status: ready ? 200 : 503 }),
  },
  {
    method: 'GET',
    path: '/metrics',
    voice,
    open: true,
    answer: async ({ services: { metrics } }) =>
      new Response(await metrics.text(), { headers: { 'content-type': metrics.contentType } }),
  },
];
