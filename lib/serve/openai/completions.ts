/** POST /v1/completions */
import { randomUUID } from 'node:crypto';
import { readJson } from '../body.js';
import type { Exchange } from '../route.js';
import { idsOf, type ServedModel } from '../served.js';
import { eventStream } from '../sse.js';
import { write, type Written } from '../writing.js';
import { finishOf, tokenText, usageOf } from './answers.js';
import { openaiError } from './errors.js';
import { CompletionRequest } from './schemas.js';

export async function completions(exchange: Exchange): Promise<Response> {
  const request = await readJson(exchange, CompletionRequest);
  const model = exchange.services.model(request.model);
  model.needs('write');
  const prompts = promptsOf(request.prompt).map((prompt) =>
    typeof prompt === 'string' ? model.tokenizer.encode(prompt) : idsOf(model.model, prompt, 'prompt'),
  );
  const echoes = request.echo ? promptsOf(request.prompt).map((prompt) => echoOf(model, prompt)) : [];
  const written = write({ model, prompts, maxTokens: request.max_tokens, sampling: request }, exchange);
  const head = {
    id: `cmpl-${randomUUID()}`,
    object: 'text_completion',
    created: Math.floor(Date.now() / 1000),
    model: model.name,
  };
  const echo = (index: number): string => echoes[Math.floor(index / request.n)] ?? '';
  const choice = (tokens: readonly Written[], index: number, before: string) => ({
    index,
    text: before + tokens.map(({ token }) => token.text).join(''),
    logprobs:
      request.logprobs === undefined ? null : logprobsOf(model, tokens, request.logprobs, before.length),
    finish_reason: finishOf(tokens.at(-1)!.token),
  });
  if (!request.stream) {
    const choices = Array.from({ length: prompts.length * request.n }, (): Written[] => []);
    for await (const one of written) choices[one.index].push(one);
    const count = choices.reduce((sum, tokens) => sum + tokens.length, 0);
    return Response.json({
      ...head,
      choices: choices.map((tokens, index) => choice(tokens, index, echo(index))),
      usage: usageOf(prompts, count),
    });
  }
  const usage = request.stream_options?.include_usage ?? false;
  const shared = { ...head, ...(usage && { usage: null }) };
  async function* chunks(): AsyncGenerator<object> {
    const begun = new Set<number>();
    let count = 0;
    for await (const one of written) {
      const before = begun.has(one.index) ? '' : echo(one.index);
      begun.add(one.index);
      count++;
      yield { ...shared, choices: [choice([one], one.index, before)] };
    }
    if (usage) yield { ...shared, choices: [], usage: usageOf(prompts, count) };
  }
  return eventStream(chunks(), openaiError);
}

type Prompts = CompletionRequest['prompt'];

/** One list for the four ways of saying it. */
export function promptsOf(prompt: Prompts): readonly (string | readonly number[])[] {
  if (typeof prompt === 'string') return [prompt];
  return typeof prompt[0] === 'number' ? [prompt as number[]] : (prompt as (string | number[])[]);
}

const echoOf = (model: ServedModel, prompt: string | readonly number[]): string =>
  typeof prompt === 'string' ? prompt : model.tokenizer.decode(prompt, { skipSpecialTokens: true });

/** The list of the likeliest may be shorter than asked for: here it has the token that was written, or nothing. */
function logprobsOf(model: ServedModel, tokens: readonly Written[], top: number, start: number): object {
  const texts = tokens.map(({ token }) => tokenText(model.tokenizer, token.id));
  let offset = start;
  return {
    tokens: texts,
    token_logprobs: tokens.map(({ token }) => token.logprob),
    top_logprobs: top > 0 ? tokens.map(({ token }, i) => ({ [texts[i]]: token.logprob })) : null,
    text_offset: tokens.map(({ token }) => (offset += token.text.length) - token.text.length),
  };
}
