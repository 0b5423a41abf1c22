/** Errors of files: one op, and always the path. */
import { MiaError, type ErrorDetail } from '../../errors.js';

const OP = 'openCheckpoint';

export function fileError(path: string, detail: ErrorDetail | string): MiaError {
  const { message, ...rest } = typeof detail === 'string' ? { message: detail } : detail;
  return new MiaError('ERR_FORMAT', OP, { message: `${path}: ${message}`, ...rest });
}

export function unsupported(path: string, message: string, expected?: string): MiaError {
  return new MiaError('ERR_UNSUPPORTED', OP, { message: `${path}: ${message}`, expected });
}

/** What `read` makes of a file's bytes; errors of its own then say which file it was. */
export function inFile<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof MiaError) || error.op === OP) throw error;
    const message = `${path}: ${error.message.slice(error.op.length + 2)}`;
    throw new MiaError(error.code, OP, { message, cause: error });
  }
}
