/** What a request is refused with, before a protocol puts it in its own words. */
import { MiaError, type ErrorCode } from '../errors.js';

export interface RefusalDetail {
  /** A word for programs. */
  readonly code?: string;
  /** The field of the request that is wrong. */
  readonly param?: string;
  /** Seconds after which to try again. */
  readonly retryAfter?: number;
  readonly cause?: unknown;
}

/** A request that is not answered: an HTTP status and a sentence. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly status: number,
    message: string,
    readonly detail: RefusalDetail = {},
  ) {
    super(message, { cause: detail.cause });
  }
}

const statuses: Partial<Record<ErrorCode, number>> = {
  ERR_SHAPE: 400,
  ERR_DTYPE: 400,
  ERR_FORMAT: 400,
  ERR_UNSUPPORTED: 400,
  ERR_BUSY: 429,
  ERR_ABORTED: 503,
  ERR_CLOSED: 503,
  ERR_OUT_OF_MEMORY: 503,
};

/** Any failure as a refusal; what is a fault of ours says nothing of itself. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  const status = error instanceof MiaError ? statuses[error.code] : undefined;
  if (status === undefined)
    return new Refusal(500, 'internal error', { code: 'internal_error', cause: error });
  const { code, message } = error as MiaError;
  const retry = status === 429 || status === 503 ? { retryAfter: 1 } : {};
  return new Refusal(status, message, { code: code.toLowerCase().slice('err_'.length), cause: error, ...retry }); // prettier-ignore
}
