/**
 * Brings what a model needs from the hub into the cache. Only this file loads @huggingface/hub, for its API and transfers;
 * its `snapshotDownload` would take every file, and share half-written ones between processes.
 */
import * as hub from '@huggingface/hub';
import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, existsSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { MiaError, show, type ErrorDetail } from '../../../errors.js';
import { INDEX, shardNames } from '../sharded.js';
import { isCommit, type RepositoryCache } from './cache.js';
import { Connection } from './connection.js';
import { aborted, diskError, hubError } from './errors.js';
import { companionsAmong, CONFIG, SINGLE, weightsAmong } from './files.js';
import { isPlainPath, type HubName } from './name.js';

export interface DownloadProgress {
  /** The file that bytes come from, by its path in the repository. */
  readonly file: string;
  readonly loadedBytes: number;
  readonly totalBytes: number;
}

export interface DownloadOptions {
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Ends the download with ERR_ABORTED; what was loaded stays for the next one. */
  readonly signal?: AbortSignal;
}

/** The path of the model that was asked for as `text`. */
export async function download(
  text: string,
  name: HubName,
  cache: RepositoryCache,
  options: DownloadOptions,
): Promise<string> {
  const { signal } = options;
  if (signal?.aborted) throw aborted(text, signal);
  const connection = new Connection(text, name, signal);
  try {
    return await new Download(text, name, cache, options, connection).run();
  } catch (cause) {
    if (signal?.aborted) throw aborted(text, signal);
    throw diskError(text, cause, cache.folder) ?? cause;
  } finally {
    connection.close();
  }
}

/** A file of the repository. */
interface Entry {
  readonly path: string;
  readonly size: number;
  /** git's hash of it, or the SHA-256 of what git only points to. */
  readonly id: string;
}

class Download {
  readonly #entries = new Map<string, Entry>();
  #commit = '';
  #loaded = 0;
  #total = 0;

  constructor(
    private readonly text: string,
    private readonly name: HubName,
    private readonly cache: RepositoryCache,
    private readonly options: DownloadOptions,
    private readonly connection: Connection,
  ) {}

  async run(): Promise<string> {
    const { cache, name } = this;
    await this.list();
    const entries = (await this.choose()).map((path) => this.entry(path));
    this.#total = entries.reduce((sum, { size }) => sum + size, 0);
    for (const entry of entries) await this.fetch(entry);
    await cache.setCommit(name.revision, this.#commit);
    return name.file === undefined ? cache.snapshot(this.#commit) : cache.file(this.#commit, name.file);
  }

  private async list(): Promise<void> {
    const { repo, revision } = this.name;
    const { parameters } = this.connection;
    const { sha } = await this.connection.ask(() =>
      hub.modelInfo({ name: repo, revision, additionalFields: ['sha'], ...parameters }),
    );
    if (!isCommit(sha)) throw this.error({ message: 'the hub names no commit', actual: show(sha) });
    this.#commit = sha;
    await this.connection.ask(async () => {
      for await (const entry of hub.listFiles({ repo, revision: sha, recursive: true, ...parameters })) {
        const { type, path, size, lfs, oid = '' } = entry;
        if (type !== 'file' || !isPlainPath(path)) continue;
        this.#entries.set(path, { path, size: lfs?.size ?? size, id: lfs?.oid ?? oid });
      }
    });
  }

  /** What to fetch; weights come last, so that whoever finds them finds everything. */
  private async choose(): Promise<string[]> {
    const { file } = this.name;
    const paths = [...this.#entries.keys()];
    if (file?.endsWith('.gguf')) return [file];
    if (file !== undefined) return [...new Set([...companionsAmong(paths), file])];
    const weights = weightsAmong(paths) ?? SINGLE;
    if (weights === INDEX) await this.fetch(this.entry(INDEX));
    const shards = weights === INDEX ? shardNames(this.cache.snapshot(this.#commit)).sort() : [SINGLE];
    return [...new Set([CONFIG, ...companionsAmong(paths)]), ...shards];
  }

  private entry(path: string): Entry {
    const entry = this.#entries.get(path);
    if (!entry) {
      const lone = [...this.#entries.keys()].filter((name) => name.endsWith('.gguf')).slice(0, 8);
      const names = lone.map((name) => `${this.name.repo}/${name}`).join(', ');
      throw this.error({
        message: `the repository has no ${path}`,
        ...(names && { expected: `one of ${names}` }),
      });
    }
    if (/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(entry.id) && Number.isSafeInteger(entry.size) && entry.size >= 0)
      return entry;
    throw this.error({ message: `${path}: the hub lists it without its hash or size` });
  }

  private async fetch(entry: Entry): Promise<void> {
    const { path, size, id } = entry;
    const end = this.#loaded + size;
    if (!existsSync(this.cache.file(this.#commit, path))) {
      if (!existsSync(this.cache.blob(id))) await this.fetchBlob(entry);
      await this.cache.link(id, this.#commit, path);
    }
    this.#loaded = end;
    this.report(path);
  }

  /** Goes on where an earlier download stopped. The hash decides whether the bytes are the file. */
  private async fetchBlob({ path, size, id }: Entry): Promise<void> {
    const unfinished = await this.cache.claim(id, size);
    try {
      const begin = await unfinished.size();
      if (begin < size) {
        this.#loaded += begin;
        await pipeline(
          this.bytes(path, begin, size),
          (bytes) => this.counted(path, bytes),
          createWriteStream(unfinished.path, { flags: 'a' }),
        );
      }
      if ((await this.hash(unfinished.path, size, id.length)) !== id) {
        await unfinished.discard();
        throw this.error({
          message: `${path}: the bytes are not those of the file`,
          expected: `the hash ${id}`,
        });
      }
      await unfinished.finish(this.cache.blob(id));
    } catch (error) {
      await unfinished.leave();
      throw error;
    }
  }

  /** Bytes [begin, size) of a file. */
  private async *bytes(path: string, begin: number, size: number): AsyncGenerator<Uint8Array> {
    const { connection, name } = this;
    const source = { repo: name.repo, path, revision: this.#commit, ...connection.parameters };
    const file = await connection.ask(() => hub.downloadFile(source));
    let at = begin;
    const cut = (cause?: unknown): MiaError => {
      const message = `${path} came with the wrong length: load it again to go on from there`;
      return this.error({ message, expected: `${size} bytes`, actual: `${at}`, cause });
    };
    try {
      for await (const chunk of file?.slice(begin, size).stream() ?? []) {
        at += chunk.length;
        if (at > size) break;
        yield chunk;
      }
    } catch (cause) {
      throw connection.failure ?? cut(cause);
    }
    if (at !== size) throw cut();
  }

  private async *counted(path: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      yield chunk;
      this.#loaded += chunk.length;
      this.report(path);
    }
  }

  private async hash(path: string, size: number, digits: number): Promise<string> {
    const hash = digits === 64 ? createHash('sha256') : createHash('sha1').update(`blob ${size}\0`);
    for await (const chunk of createReadStream(path, { signal: this.options.signal }))
      hash.update(chunk as Buffer);
    return hash.digest('hex');
  }

  private report(file: string): void {
    this.options.onProgress?.({ file, loadedBytes: this.#loaded, totalBytes: this.#total });
  }

  private error(detail: ErrorDetail): MiaError {
    return hubError(this.text, detail);
  }
}
