import type { ErrorVoice } from '../route.js';

const types: Readonly<Record<number, string>> = {
  401: 'authentication_error',
  429: 'rate_limit_error',
};

/** https://platform.openai.com/docs/guides/error-codes */
export const openaiError: ErrorVoice = ({ status, message, detail: { code, param } }) => ({
  error: {
    message,
    type: types[status] ?? (status < 500 ? 'invalid_request_error' : 'server_error'),
    param: param ?? null,
    code: code ?? null,
  },
});
