/** Errors of models by name: one op, and always the name. */
import { MiaError, type ErrorDetail } from '../../../errors.js';

const OP = 'loadModel';

export function hubError(name: string, { message, ...rest }: ErrorDetail): MiaError {
  return new MiaError('ERR_FORMAT', OP, { message: `${name}: ${message}`, ...rest });
}

export function aborted(name: string, signal: AbortSignal): MiaError {
  return new MiaError('ERR_ABORTED', OP, {
    message: `${name}: the download was aborted`,
    cause: signal.reason,
  });
}

/** What the disk refuses, said with the place; undefined for an error that is not of the disk. */
export function diskError(name: string, cause: unknown, folder: string): MiaError | undefined {
  if (!(cause instanceof Error) || !('syscall' in cause) || !('errno' in cause)) return undefined;
  const { code = '', message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    const what = `${name}: no space left for it in ${folder}: make room, or set HF_HOME to another place`;
    return new MiaError('ERR_OUT_OF_MEMORY', OP, { message: what, cause });
  }
  return hubError(name, { message: `the cache ${folder} cannot be written: ${message}`, cause });
}
