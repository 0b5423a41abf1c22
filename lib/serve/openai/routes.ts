/** OpenAI's protocol. https://platform.openai.com/docs/api-reference */
import type { Route } from '../route.js';
import type { ServedModel } from '../served.js';
import { chat } from './chat.js';
import { completions } from './completions.js';
import { embeddings } from './embeddings.js';
import { openaiError as voice } from './errors.js';

/** A model, and, beyond the protocol, what it can do. */
function describe({ name: id, created, abilities, maxTokens, model }: ServedModel): object {
  const { outputs: _, ...can } = abilities;
  const { architecture } = model;
  return {
    id,
    object: 'model',
    created,
    owned_by: 'mia',
    abilities: can,
    architecture,
    max_model_len: maxTokens,
  };
}

export const openaiRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/v1/models',
    voice,
    answer: ({ services }) =>
      Response.json({ object: 'list', data: [...services.models.values()].map(describe) }),
  },
  {
    method: 'GET',
    path: '/v1/models/:model{.+}',
    voice,
    answer: ({ services, params }) => Response.json(describe(services.model(params.model))),
  },
  { method: 'POST', path: '/v1/chat/completions', voice, answer: chat },
  { method: 'POST', path: '/v1/completions', voice, answer: completions },
  { method: 'POST', path: '/v1/embeddings', voice, answer: embeddings },
];
