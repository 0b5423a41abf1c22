/** Every failure that Mia reports on purpose. The codes are part of the public interface. */
export type ErrorCode =
  | 'ERR_TENSOR_MOVED'
  | 'ERR_DTYPE'
  | 'ERR_SHAPE'
  | 'ERR_LAYOUT'
  | 'ERR_DEVICE'
  | 'ERR_UNSUPPORTED'
  | 'ERR_OUT_OF_MEMORY'
  | 'ERR_FORMAT'
  | 'ERR_ABORTED'
  | 'ERR_CLOSED'
  | 'ERR_BUSY';

/** What went wrong in one sentence, and, where it helps, what was expected and what was found. */
export interface ErrorDetail {
  message: string;
  expected?: string;
  actual?: string;
  cause?: unknown;
}

/**
 * The one error class: `code` for programs, `message` for people, always led by the operation:
 * `matmul: K differs: lhs [64, 8], rhs [32, 4]: expected 8 rows in rhs, got 32`.
 */
export class MiaError extends Error {
  override readonly name = 'MiaError';
  readonly expected: string | undefined;
  readonly actual: string | undefined;

  constructor(
    readonly code: ErrorCode,
    readonly op: string,
    detail: ErrorDetail | string,
  ) {
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

/** Prints any value in an error message: never throws, never long, even for one that contains itself. */
export function show(value: unknown, depth = 0): string {
  try {
    if (Array.isArray(value)) return depth < 2 ? showArray(value, depth) : '[...]';
    if (typeof value === 'string') return `'${value.slice(0, 60)}'`;
    if (typeof value === 'bigint') return `${value}n`;
    if (typeof value === 'function') return 'a function';
    if (value === null || typeof value !== 'object') return String(value);
    const name: unknown = value.constructor?.name;
    return typeof name === 'string' && name && name !== 'Object' ? `a ${name.slice(0, 60)}` : 'an object';
  } catch {
    return 'an object'; // a getter or a proxy that throws
  }
}

function showArray(value: readonly unknown[], depth: number): string {
  const parts = value.slice(0, 16).map((part) => show(part, depth + 1));
  return `[${parts.join(', ')}${value.length > 16 ? ', ...' : ''}]`;
}
