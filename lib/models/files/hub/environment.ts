/** Hugging Face's environment variables, read at every use: docs/models.md lists them. */
import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

const variable = (name: string): string | undefined => process.env[name]?.trim() || undefined;

const folder = (name: string): string | undefined => variable(name)?.replace(/^~(?=$|[/\\])/, homedir());

const home = (): string =>
  folder('HF_HOME') ?? join(folder('XDG_CACHE_HOME') ?? join(homedir(), '.cache'), 'huggingface');

/** Where models lie. */
export const cacheFolder = (): string =>
  folder('HF_HUB_CACHE') ?? folder('HUGGINGFACE_HUB_CACHE') ?? join(home(), 'hub');

export const isOffline = (): boolean => /^(1|on|yes|true)$/i.test(variable('HF_HUB_OFFLINE') ?? '');

/** The server, without a slash at the end. */
export const endpoint = (): string =>
  (variable('HF_ENDPOINT') ?? 'https://huggingface.co').replace(/\/+$/, '');

/** HF_TOKEN, or what `hf auth login` has left. */
export function accessToken(): string | undefined {
  const file = folder('HF_TOKEN_PATH') ?? join(home(), 'token');
  const said = variable('HF_TOKEN');
  return said ?? (existsSync(file) ? readFileSync(file, 'utf8').trim() || undefined : undefined);
}

/** Milliseconds that a server may be silent. */
export function patience(): number {
  const seconds = Number(variable('HF_HUB_DOWNLOAD_TIMEOUT') ?? 10);
  return Math.min(seconds > 0 ? seconds : 10, 3600) * 1000;
}
