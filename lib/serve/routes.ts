/** The table of routes. */
import { kserveRoutes } from './kserve/routes.js';
import { openaiRoutes } from './openai/routes.js';
import { operationsRoutes } from './operations/routes.js';
import { pageRoutes } from './page/routes.js';
import type { Route } from './route.js';

export const routes: readonly Route[] = [
  ...openaiRoutes,
  ...kserveRoutes,
  ...operationsRoutes,
  ...pageRoutes,
];
