import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import type { DType } from '../../dtype.js';
import { MiaError, show, type ErrorCode } from '../../errors.js';
import { planSafetensors } from '../../ir/safetensors.js';
import { withoutBlocks } from './blocks.js';

/** One call writes no more than this. */
const MAX_WRITE = 2 ** 30;

function writeError(code: ErrorCode, path: string, message: string, cause?: unknown): MiaError {
  return new MiaError(code, 'writeCheckpoint', { message: `${path}: ${message}`, cause });
}

/**
 * Writes a safetensors file without holding its tensors: dtypes and shapes first, then the bytes of each, in pieces and in
 * any order. The file appears under its name when it is finished, whole.
 *
 * ```ts
 * await using file = await CheckpointWriter.create(path, [['w', { dtype: 'q8_0', shape: [64, 64] }]]);
 * await file.write('w', bytes);
 * await file.finish();
 * ```
 */
export class CheckpointWriter implements AsyncDisposable {
  private constructor(
    readonly path: string,
    private readonly part: string,
    private readonly file: FileHandle,
    /** Where the next bytes of each tensor belong. */
    private readonly rest: Map<string, { at: number; readonly end: number }>,
  ) {}

  static async create(
    path: string,
    tensors: Iterable<readonly [string, { readonly dtype: DType; readonly shape: readonly number[] }]>,
    metadata: Iterable<readonly [string, string]> = [],
  ): Promise<CheckpointWriter> {
    const [named, more] = withoutBlocks(tensors);
    const { head, places } = planSafetensors(named, [...metadata, ...more]);
    const part = `${path}.${process.pid}.part`;
    const rest = new Map([...places].map(([name, { begin, end }]) => [name, { at: begin, end }]));
    const file = await tried(path, open(part, 'wx'));
    const writer = new CheckpointWriter(path, part, file, rest);
    try {
      await writer.#put(head, 0);
    } catch (error) {
      await writer[Symbol.asyncDispose]();
      throw error;
    }
    return writer;
  }

  /** The next bytes of a tensor. */
  async write(name: string, bytes: Uint8Array): Promise<void> {
    const place = this.rest.get(name);
    if (!place) throw writeError('ERR_FORMAT', this.path, `tensor ${show(name)} was not announced`);
    const { at } = place;
    if (bytes.length > place.end - at) {
      throw writeError('ERR_FORMAT', this.path, `tensor ${show(name)}: too many bytes`);
    }
    place.at += bytes.length;
    await this.#put(bytes, at);
  }

  /** Gives the file its name. Throws ERR_FORMAT if bytes are missing. */
  async finish(): Promise<void> {
    const missing = [...this.rest].find(([, { at, end }]) => at < end);
    if (missing) throw writeError('ERR_FORMAT', this.path, `tensor ${show(missing[0])} is not complete`);
    await tried(this.path, this.file.sync());
    await tried(this.path, this.file.close());
    await tried(this.path, rename(this.part, this.path));
  }

  /** Takes away what is not finished. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.file.fd !== -1) await this.file.close();
    await rm(this.part, { force: true });
  }

  async #put(bytes: Uint8Array, at: number): Promise<void> {
    for (let done = 0; done < bytes.length;) {
      const { bytesWritten } = await tried(
        this.path,
        this.file.write(bytes, done, Math.min(bytes.length - done, MAX_WRITE), at + done),
      );
      done += bytesWritten;
    }
  }
}

async function tried<T>(path: string, act: Promise<T>): Promise<T> {
  try {
    return await act;
  } catch (cause) {
    throw writeError('ERR_FORMAT', path, `cannot be written: ${(cause as Error).message}`, cause);
  }
}
