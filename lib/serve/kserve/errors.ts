import type { ErrorVoice } from '../route.js';

export const kserveError: ErrorVoice = ({ message }) => ({ error: message });
