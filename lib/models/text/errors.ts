/** Errors of text: always the op `tokenizer` or `chat`. */
import { MiaError, type ErrorDetail } from '../../errors.js';

export function badTokenizer(detail: ErrorDetail | string): MiaError {
  return new MiaError('ERR_FORMAT', 'tokenizer', detail);
}

export function unsupportedTokenizer(detail: ErrorDetail | string): MiaError {
  return new MiaError('ERR_UNSUPPORTED', 'tokenizer', detail);
}

export function badChat(detail: ErrorDetail | string): MiaError {
  return new MiaError('ERR_FORMAT', 'chat', detail);
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
