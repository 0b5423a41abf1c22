/** Requests to try, as lines for a shell. */
import type { ServedInfo } from '../../serve/server.js';

/** What a model answers first, by what it can do. */
const examples: readonly {
  fits(abilities: Abilities): boolean;
  path(model: string): string;
  body(model: string): object;
  streams?: boolean;
}[] = [
  {
    fits: ({ chat }) => chat,
    path: () => '/v1/chat/completions',
    body: (model) => ({
      model,
      messages: [{ role: 'user', content: 'Hello' }],
      max_tokens: 60,
      stream: true,
    }),
    streams: true,
  },
  {
    fits: ({ write, chat }) => write && !chat,
    path: () => '/v1/completions',
    body: (model) => ({ model, prompt: 'Once upon a time', max_tokens: 60, temperature: 0.8, stream: true }),
    streams: true,
  },
  {
    fits: ({ embed }) => embed,
    path: () => '/v1/embeddings',
    body: (model) => ({ model, input: ['A fox in the snow', 'A text of another length'] }),
  },
  {
    fits: ({ write, classify, sees }) => write || (classify && !sees),
    path: (model) => `/v2/models/${encodeURIComponent(model)}/infer`,
    body: () => ({ inputs: [{ name: 'text_input', datatype: 'BYTES', shape: [1], data: ['Mia the fox'] }] }),
  },
];

type Abilities = ServedInfo['abilities'];

/** Lines that work as they are printed: the model's own requests, and what any server answers. */
export function curlsOf(url: string, { name, abilities }: ServedInfo, locked: boolean): string[] {
  const key = locked ? ` -H "authorization: Bearer $MIA_API_KEY"` : '';
  const own = examples
    .filter(({ fits }) => fits(abilities))
    .map(({ path, body, streams }) => {
      const data = `-H 'content-type: application/json' -d '${JSON.stringify(body(name))}'`;
      return `curl -s ${streams ? '-N ' : ''}${url}${path(name)}${key} ${data}`;
    });
  return [...own, `curl -s ${url}/v1/models${key}`, `curl -s ${url}/metrics`].slice(0, 3);
}
