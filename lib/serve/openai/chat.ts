/** POST /v1/chat/completions */
import { randomUUID } from 'node:crypto';
import { renderChat } from '../../models/text/chat.js';
import { readJson } from '../body.js';
import type { Exchange } from '../route.js';
import type { ServedModel } from '../served.js';
import { eventStream } from '../sse.js';
import { write, type Written } from '../writing.js';
import { finishOf, tokenText, usageOf } from './answers.js';
import { openaiError } from './errors.js';
import { ChatRequest } from './schemas.js';

export async function chat(exchange: Exchange): Promise<Response> {
  const request = await readJson(exchange, ChatRequest);
  const model = exchange.services.model(request.model);
  model.needs('write');
  model.needs('chat');
  const prompt = await renderChat(model.tokenizer.config, request.messages);
  const prompts = [model.tokenizer.encode(prompt, { addSpecialTokens: false })];
  const maxTokens = request.max_completion_tokens ?? request.max_tokens;
  const written = write({ model, prompts, maxTokens, sampling: request }, exchange);
  const head = (object: string) => ({
    id: `chatcmpl-${randomUUID()}`,
    object,
    created: Math.floor(Date.now() / 1000),
    model: model.name,
  });
  const logprobs = (tokens: readonly Written[]) =>
    request.logprobs ? { content: tokens.map((t) => logprobOf(model, t, request.top_logprobs)) } : null;
  if (!request.stream) {
    const choices = Array.from({ length: request.n }, (): Written[] => []);
    for await (const one of written) choices[one.index].push(one);
    const count = choices.reduce((sum, tokens) => sum + tokens.length, 0);
    return Response.json({
      ...head('chat.completion'),
      choices: choices.map((tokens, index) => ({
        index,
        message: {
          role: 'assistant',
          content: tokens.map(({ token }) => token.text).join(''),
          refusal: null,
        },
        logprobs: logprobs(tokens),
        finish_reason: finishOf(tokens.at(-1)!.token),
      })),
      usage: usageOf(prompts, count),
    });
  }
  const usage = request.stream_options?.include_usage ?? false;
  const shared = { ...head('chat.completion.chunk'), ...(usage && { usage: null }) };
  async function* chunks(): AsyncGenerator<object> {
    const begun = new Set<number>();
    let count = 0;
    for await (const one of written) {
      const { index, token } = one;
      const delta = { ...(!begun.has(index) && { role: 'assistant' }), content: token.text };
      begun.add(index);
      count++;
      yield {
        ...shared,
        choices: [{ index, delta, logprobs: logprobs([one]), finish_reason: finishOf(token) }],
      };
    }
    if (usage) yield { ...shared, choices: [], usage: usageOf(prompts, count) };
  }
  return eventStream(chunks(), openaiError);
}

/** The list of the likeliest may be shorter than asked for: here it has the token that was written, or nothing. */
function logprobOf(model: ServedModel, { token }: Written, top: number): object {
  const text = tokenText(model.tokenizer, token.id);
  const own = { token: text, logprob: token.logprob, bytes: Array.from(Buffer.from(text)) };
  return { ...own, top_logprobs: top > 0 ? [own] : [] };
}
