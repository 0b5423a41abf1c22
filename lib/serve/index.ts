/** The public exports of `mia/serve`; nothing inside imports it. */
export { serve, type CloseOptions, type RunningServer } from './server.js';
export type { ServeOptions } from './options.js';
export { jsonLog, type Log } from './operations/log.js';
