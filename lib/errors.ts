/** Every failure that Mia reports on purpose. The codes are part of the public interface. */
export type ErrorCode =
  | 'ERR_TENSOR_MOVED' | 'ERR_DTYPE' | 'ERR_SHAPE' | 'ERR_LAYOUT' | 'ERR_DEVICE' | 'ERR_UNSUPPORTED'
  | 'ERR_OUT_OF_MEMORY' | 'ERR_FORMAT' | 'ERR_ABORTED' | 'ERR_CLOSED' | 'ERR_BUSY';

/** What went wrong in one sentence, and, where it helps, what was expected and what was found. */
export interface ErrorDetail {
  message: string;
  expected?: string;
  actual?: string;
  cause?: unknown;
}

/**
 * The one error class: `code` for programs, `message` for people, always led by the operation:
 * `matmul: K differs: expected 8 rows in rhs, got 32`.
 */
export class MiaError extends Error {
  override readonly name = 'MiaError';
  readonly expected: string | undefined;
  readonly actual: string | undefined;

  constructor(readonly code: ErrorCode, readonly op: string, detail: ErrorDetail | string) {
    const d = typeof detail === 'string' ? { message: detail } : detail;
    super(sentence(op, d), d.cause === undefined ? undefined : { cause: d.cause });
    this.expected = d.expected;
    this.actual = d.actual;
  }
}

function sentence(op: string, { message, expected, actual }: ErrorDetail): string {
  const parts = [expected && `expected ${expected}`, actual && `got ${actual}`].filter(Boolean);
  return parts.length ? `${op}: ${message}: ${parts.join(', ')}` : `${op}: ${message}`;
}

/** Prints any value in an error message: never throws, never long. */
export function show(value: unknown): string {
  if (Array.isArray(value)) return `[${value.slice(0, 16).map(show).join(', ')}${value.length > 16 ? ', ...' : ''}]`;
  if (typeof value === 'string') return `'${value.slice(0, 60)}'`;
  if (typeof value === 'bigint') return `${value}n`;
  if (value === null || typeof value !== 'object') return typeof value === 'function' ? 'a function' : String(value);
  try {
    const name = (value as object).constructor?.name;
    return typeof name === 'string' && name && name !== 'Object' ? `a ${name}` : 'an object';
  } catch {
    return 'an object';
  }
}
