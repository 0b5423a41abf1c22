/** Models by name: what a name on the Hugging Face hub means on this disk, downloaded when it is not there yet. */
import { existsSync } from 'node:fs';
import { show } from '../../errors.js';
import { RepositoryCache } from './hub/cache.js';
import type { DownloadOptions } from './hub/download.js';
import { cacheFolder, isOffline } from './hub/environment.js';
import { hubError } from './hub/errors.js';
import { hasInputs, missingOf } from './hub/files.js';
import { readHubName, type HubName } from './hub/name.js';

export interface ResolveOptions extends DownloadOptions {
  /** A branch, tag or commit, if the name does not say one; `main` if nothing does. */
  readonly revision?: string;
}

/** Whether this is no path of this disk and has the form of a name on the hub. */
export const isHubName = (text: string): boolean => !existsSync(text) && readHubName(text) !== undefined;

/**
 * The path of a model: a path that exists is itself; `org/name`, `org/name/file.gguf`, either with `@revision`, is a folder or
 * a file of Hugging Face's cache. What the cache has is not asked for again; what it lacks is downloaded. Throws ERR_FORMAT,
 * ERR_ABORTED, or ERR_OUT_OF_MEMORY for a full disk, naming the model and what to do.
 */
export async function resolveModel(nameOrPath: string, options: ResolveOptions = {}): Promise<string> {
  if (existsSync(nameOrPath)) return nameOrPath;
  const name = readHubName(nameOrPath, options.revision);
  if (!name) throw badName(nameOrPath, options.revision);
  const cache = new RepositoryCache(cacheFolder(), name.repo);
  const known = cached(cache, name);
  if (typeof known === 'string') return known;
  if (isOffline()) {
    if (known.path !== undefined && known.missing.length === 0) return known.path;
    throw hubError(nameOrPath, {
      message: `no such file here, HF_HUB_OFFLINE is set, and the cache ${cache.folder} has no ${known.missing.join(', ')}`,
      expected: 'a path, a model that was downloaded before, or HF_HUB_OFFLINE=0',
    });
  }
  const { download } = await import('./hub/download.js');
  return download(nameOrPath, name, cache, options);
}

/** The path of what is complete, else what there is: a model that another program fetched may lack its tokenizer only. */
function cached(
  cache: RepositoryCache,
  { file, revision }: HubName,
): string | { path?: string; missing: string[] } {
  const commit = cache.commitOf(revision);
  if (commit === undefined) return { missing: [`revision ${revision}`] };
  const folder = cache.snapshot(commit);
  const path = file === undefined ? folder : cache.file(commit, file);
  const missing = missingOf(folder, file);
  const complete = missing.length === 0 && (file !== undefined || hasInputs(folder));
  return complete ? path : { path, missing };
}

function badName(nameOrPath: string, revision: string | undefined) {
  return hubError(show(nameOrPath), {
    message: 'there is no such file, and it is no name of a model',
    expected: 'a path, org/name or org/name/file.gguf, with or without @revision',
    ...(revision !== undefined && { actual: `revision ${show(revision)}` }),
  });
}
