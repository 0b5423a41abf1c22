/** Bodies of OpenAI's requests. What would change the answer and is not there yet is refused, not overlooked. */
import * as v from 'valibot';
import { sampling } from '../sampling.js';
import { integerIn, optional } from '../schema.js';

/** Only the value that changes nothing. */
const only = <const T extends string | number | boolean>(value: T) =>
  v.nullish(v.literal(value, `only ${JSON.stringify(value)} is supported`));
const none = v.nullish(
  v.custom<unknown>(
    (value) => typeof value === 'object' && value !== null && Object.keys(value).length === 0,
    'is not supported',
  ),
);

const ids = v.pipe(v.array(integerIn(0, 2 ** 31 - 1)), v.nonEmpty('is empty'));

/** What both kinds of request for text have. */
const writing = {
  ...sampling,
  model: v.string(),
  stream: v.nullish(v.boolean(), false),
  stream_options: optional(v.object({ include_usage: v.nullish(v.boolean(), false) })),
  frequency_penalty: only(0),
  presence_penalty: only(0),
  logit_bias: none,
};
const maxTokens = optional(integerIn(1, 2 ** 31 - 1));

export const CompletionRequest = v.object({
  ...writing,
  prompt: v.union(
    [v.string(), v.pipe(v.array(v.string()), v.nonEmpty()), ids, v.pipe(v.array(ids), v.nonEmpty())],
    'a text, a list of texts, a list of token ids, or a list of such lists',
  ),
  max_tokens: v.nullish(integerIn(1, 2 ** 31 - 1), 16),
  echo: v.nullish(v.boolean(), false),
  logprobs: optional(integerIn(0, 5)),
  best_of: only(1),
  suffix: only(''),
});

const part = v.looseObject({ type: v.literal('text', 'only text is supported'), text: v.string() });
const message = v.looseObject({
  role: v.string(),
  content: v.nullish(v.union([v.string(), v.array(part)], 'a text or a list of parts of text')),
});

export const ChatRequest = v.object({
  ...writing,
  messages: v.pipe(v.array(message), v.nonEmpty('is empty')),
  max_tokens: maxTokens,
  max_completion_tokens: maxTokens,
  logprobs: v.nullish(v.boolean(), false),
  top_logprobs: v.nullish(integerIn(0, 20), 0),
  response_format: v.nullish(v.object({ type: v.literal('text', 'only text is supported') })),
  tools: none,
  functions: none,
});

export const EmbeddingRequest = v.object({
  model: v.string(),
  input: v.union(
    [
      v.string(),
      v.pipe(v.array(v.string()), v.nonEmpty(), v.maxLength(2048)),
      ids,
      v.pipe(v.array(ids), v.nonEmpty(), v.maxLength(2048)),
    ],
    'a text, a list of texts, a list of token ids, or a list of such lists; 2048 at most, none of them empty',
  ),
  encoding_format: v.nullish(v.picklist(['float', 'base64']), 'float'),
  dimensions: optional(integerIn(1, 2 ** 20)),
});

export type CompletionRequest = v.InferOutput<typeof CompletionRequest>;
