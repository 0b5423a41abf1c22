/** POST /v1/embeddings */
import { readJson } from '../body.js';
import { Refusal } from '../refusal.js';
import type { Exchange } from '../route.js';
import { idsOf } from '../served.js';
import { usageOf } from './answers.js';
import { promptsOf } from './completions.js';
import { EmbeddingRequest } from './schemas.js';

export async function embeddings(exchange: Exchange): Promise<Response> {
  const request = await readJson(exchange, EmbeddingRequest);
  const model = exchange.services.model(request.model);
  model.needs('embed');
  const inputs = promptsOf(request.input).map((input) =>
    typeof input === 'string' ? input : idsOf(model.model, input, 'input'),
  );
  const ids = inputs.map((input) => (typeof input === 'string' ? model.tokenizer.encode(input) : input));
  const vectors = await model.embed(
    inputs,
    ids.reduce((sum, list) => sum + list.length, 0),
    exchange.signal,
  );
  const { dimensions: asked, encoding_format: format } = request;
  if (asked !== undefined && asked !== vectors[0].length)
    throw new Refusal(400, `dimensions: the vectors of ${model.name} have ${vectors[0].length}`, { code: 'invalid_value', param: 'dimensions' }); // prettier-ignore
  const { prompt_tokens, total_tokens } = usageOf(ids, 0);
  return Response.json({
    object: 'list',
    data: vectors.map((vector, index) => ({
      object: 'embedding',
      index,
      embedding: format === 'base64' ? base64Of(vector) : Array.from(vector),
    })),
    model: model.name,
    usage: { prompt_tokens, total_tokens },
  });
}

/** Little-endian f32, as clients read them. */
const base64Of = ({ buffer, byteOffset, byteLength }: Float32Array): string =>
  Buffer.from(buffer, byteOffset, byteLength).toString('base64');
