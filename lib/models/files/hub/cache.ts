/**
 * One repository in Hugging Face's cache, which other programs share: models--org--name/ with blobs/<hash>,
 * snapshots/<commit>/<path> -> blob, refs/<revision> = commit. Every file appears under its name at once and complete.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';

export const isCommit = (text: unknown): text is string =>
  typeof text === 'string' && /^[0-9a-f]{40}$/.test(text);

/** Nobody writes any more to a file that nobody has written to for so long: downloads give up earlier. */
const FORGOTTEN = 120_000;

export class RepositoryCache {
  readonly folder: string;

  constructor(root: string, repo: string) {
    this.folder = join(root, `models--${repo.replace('/', '--')}`);
  }

  snapshot(commit: string): string {
    return join(this.folder, 'snapshots', commit);
  }

  file(commit: string, path: string): string {
    return join(this.snapshot(commit), path);
  }

  blob(id: string): string {
    return join(this.folder, 'blobs', id);
  }

  /** The commit that a revision was when it was downloaded. */
  commitOf(revision: string): string | undefined {
    if (isCommit(revision)) return revision;
    const path = this.ref(revision);
    const commit = existsSync(path) ? readFileSync(path, 'utf8').trim() : undefined;
    return isCommit(commit) ? commit : undefined;
  }

  async setCommit(revision: string, commit: string): Promise<void> {
    if (!isCommit(revision)) await appear(this.ref(revision), (path) => writeFile(path, commit));
  }

  /** Gives a blob its name in a snapshot; where there are no links, the blob itself moves there. */
  async link(id: string, commit: string, path: string): Promise<void> {
    const blob = this.blob(id);
    const target = this.file(commit, path);
    if (existsSync(target)) return;
    await appear(target, (link) =>
      symlink(relative(dirname(target), blob), link).catch(() => rename(blob, link)),
    ).catch((error: unknown) => {
      if (!existsSync(target)) throw error; // else another process was first
    });
  }

  /** A file to append a blob's bytes to, ours alone: one that a download left unfinished, or an empty one. */
  async claim(id: string, size: number): Promise<Unfinished> {
    const folder = dirname(this.blob(id));
    await mkdir(folder, { recursive: true });
    const own = new Unfinished(join(folder, `${id}.${randomUUID().slice(0, 8)}.incomplete`));
    for (const name of await readdir(folder)) {
      if (!name.startsWith(`${id}.`) || !name.endsWith('.incomplete')) continue;
      const path = join(folder, name);
      const stats = await stat(path).catch(() => undefined);
      if (!stats || Date.now() - stats.mtimeMs < FORGOTTEN) continue;
      if (stats.size > size) await rm(path, { force: true });
      // one of two processes gets it
      else if (
        await rename(path, own.path).then(
          () => true,
          () => false,
        )
      )
        break;
    }
    await writeFile(own.path, '', { flag: 'a' });
    return own;
  }

  private ref(revision: string): string {
    return join(this.folder, 'refs', revision);
  }
}

/** A blob while it is written. */
export class Unfinished {
  constructor(readonly path: string) {}

  async size(): Promise<number> {
    return (await stat(this.path)).size;
  }

  async finish(blob: string): Promise<void> {
    await rename(this.path, blob);
  }

  /** Leaves it to the next download. */
  async leave(): Promise<void> {
    const size = await this.size().catch(() => 0);
    if (size === 0) await this.discard();
    else await utimes(this.path, 0, 0).catch(() => undefined);
  }

  async discard(): Promise<void> {
    await rm(this.path, { force: true });
  }
}

/** Makes a file under a name of its own first, so that nobody sees it before it is whole. */
async function appear(path: string, make: (path: string) => Promise<void>): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const made = `${path}.${randomUUID().slice(0, 8)}`;
  try {
    await make(made);
    await rename(made, path);
  } catch (error) {
    await rm(made, { force: true });
    throw error;
  }
}
