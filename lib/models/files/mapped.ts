/** The bytes of a file: mapped into memory where the native engine can, read part by part elsewhere. */
import { closeSync, constants, fstatSync, openSync, readSync, statSync, type Stats } from 'node:fs';
import { mapFile, type FileMapping } from '../../cpu/mapping.js';
import { MiaError } from '../../errors.js';
import { fileError } from './errors.js';

/** A file's bytes by place. Nobody writes to them. */
export interface FileBytes {
  readonly path: string;
  readonly size: number;
  /** Bytes [begin, end): pages of the file, not a copy, where it is mapped. They stay readable after `close()`. */
  part(begin: number, end: number): Uint8Array;
  /** Lets resident pages go; they come back when they are read. */
  trim(): void;
  /** Throws if the file has changed since it was opened, so that what was read may be wrong. */
  verify(): void;
  close(): void;
}

/** Gives back what a file forgotten without `close()` holds. */
const forgotten = new FinalizationRegistry<() => void>((close) => close());

/** Opens a regular file that is not empty. `map: false` reads instead. Throws ERR_FORMAT, naming the path. */
export function openFile(path: string, { map = true } = {}): FileBytes {
  const fd = openFd(path);
  let mapping: FileMapping | undefined;
  try {
    const stats = checkStats(path, fstatSync(fd));
    if (map) mapping = mapFile(fd, stats.size);
    return mapping ? new MappedFile(path, stats, mapping) : new ReadFile(path, stats, fd);
  } catch (error) {
    if (!mapping) closeSync(fd);
    throw error;
  } finally {
    if (mapping) closeSync(fd); // the mapping needs it no longer
  }
}

/** Without waiting, as opening a pipe would. */
function openFd(path: string): number {
  try {
    return openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    const { code = '', message } = cause as NodeJS.ErrnoException;
    const why = { ENOENT: 'there is no such file', EACCES: 'no permission to read it' }[code] ?? message;
    throw fileError(path, { message: why, cause });
  }
}

/** What lies at a path; undefined if nothing does, or nothing that may be looked at. */
export function statOf(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch {
    return undefined;
  }
}

function checkStats(path: string, stats: Stats): Stats {
  if (!stats.isFile()) {
    const actual = stats.isDirectory() ? 'a folder' : stats.isFIFO() ? 'a pipe' : 'a device or socket';
    throw fileError(path, { message: 'not a file', expected: 'a regular file', actual });
  }
  if (stats.size === 0) throw fileError(path, 'the file is empty');
  return stats;
}

abstract class OpenedFile implements FileBytes {
  readonly size: number;
  #release: (() => void) | undefined;

  constructor(
    readonly path: string,
    private readonly stats: Stats,
    release: () => void,
  ) {
    this.size = stats.size;
    this.#release = release;
    forgotten.register(this, release, this);
  }

  part(begin: number, end: number): Uint8Array {
    if (!this.#release) throw new MiaError('ERR_CLOSED', 'openCheckpoint', `${this.path} is closed`);
    return begin === end ? new Uint8Array(0) : this.read(begin, end);
  }

  protected abstract read(begin: number, end: number): Uint8Array;

  trim(): void {
    if (this.#release) this.drop();
  }

  protected drop(): void {}

  verify(): void {
    const now = statOf(this.path);
    const { dev, ino, size, mtimeMs } = this.stats;
    // Another file of this name changes nothing: the one opened lives on without it.
    const same = now?.dev !== dev || now.ino !== ino || (now.size === size && now.mtimeMs === mtimeMs);
    if (!same || (this.#release && this.shrank())) {
      throw fileError(this.path, 'the file was changed while it was in use; load it again');
    }
  }

  protected shrank(): boolean {
    return false;
  }

  close(): void {
    forgotten.unregister(this);
    this.#release?.();
    this.#release = undefined;
  }
}

class MappedFile extends OpenedFile {
  constructor(
    path: string,
    stats: Stats,
    private readonly mapping: FileMapping,
  ) {
    super(path, stats, () => mapping.close());
  }

  protected read(begin: number, end: number): Uint8Array {
    return this.mapping.part(begin, end);
  }

  protected override drop(): void {
    this.mapping.trim();
  }

  protected override shrank(): boolean {
    return this.mapping.shrank();
  }
}

/** One call reads no more than this. */
const MAX_READ = 2 ** 30;

class ReadFile extends OpenedFile {
  constructor(
    path: string,
    stats: Stats,
    private readonly fd: number,
  ) {
    super(path, stats, () => closeSync(fd));
  }

  protected read(begin: number, end: number): Uint8Array {
    const bytes = new Uint8Array(end - begin);
    for (let at = 0; at < bytes.length;) {
      const read = readSync(this.fd, bytes, at, Math.min(bytes.length - at, MAX_READ), begin + at);
      if (read === 0) throw fileError(this.path, 'the file was cut while it was in use');
      at += read;
    }
    return bytes;
  }
}
