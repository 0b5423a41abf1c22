/** Parts of OpenAI's answers. */
import type { Tokenizer } from '../../models/text/tokenizer.js';
import type { QueuedToken } from '../batching/generation.js';

/** OpenAI's word for why a text ended. */
export const finishOf = ({ finish }: QueuedToken): 'stop' | 'length' | null =>
  finish === undefined ? null : finish === 'length' ? 'length' : 'stop';

export interface Usage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
}

export function usageOf(prompts: readonly Int32Array[], written: number): Usage {
  const read = prompts.reduce((sum, ids) => sum + ids.length, 0);
  return { prompt_tokens: read, completion_tokens: written, total_tokens: read + written };
}

/** A token by itself, as text; a special one as the vocabulary writes it. */
export const tokenText = (tokenizer: Tokenizer, id: number): string =>
  tokenizer.decode([id]) || (tokenizer.tokenOf(id) ?? '');
