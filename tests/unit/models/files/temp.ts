import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { MiaError, type ErrorCode } from '../../../../lib/errors.js';
import { openCheckpoint } from '../../../../lib/models/files/checkpoint.js';

let folder: string | undefined;
let count = 0;

/** A path in a folder that is gone after the file's tests. */
export function tempPath(name: string): string {
  folder ??= mkdtempSync(join(tmpdir(), 'mia-files-'));
  return join(folder, `${count++}-${name}`);
}

export function tempFile(name: string, content: string | Uint8Array): string {
  const path = tempPath(name);
  writeFileSync(path, content);
  return path;
}

afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
});

/** The error that opening ends in, which names the path. */
export async function refusal(path: string, code: ErrorCode = 'ERR_FORMAT'): Promise<MiaError> {
  const error: unknown = await openCheckpoint(path).then(
    () => 'no error',
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(MiaError);
  expect(error).toMatchObject({ code, op: 'openCheckpoint' });
  return error as MiaError;
}
