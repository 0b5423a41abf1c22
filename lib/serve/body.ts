/** Bodies of requests, read whole. */
import type * as v from 'valibot';
import { Refusal } from './refusal.js';
import type { Exchange } from './route.js';
import { check, parseJson } from './schema.js';

export async function readBody({ request, services }: Exchange): Promise<Uint8Array> {
  const encoding = request.headers.get('content-encoding') ?? 'identity';
  if (encoding !== 'identity')
    throw new Refusal(415, `content-encoding ${encoding} is not supported`, { code: 'unsupported' });
  const { maxBodyBytes } = services.settings;
  const declared = Number(request.headers.get('content-length') ?? 0);
  const tooLarge = (): Refusal =>
    new Refusal(413, `the body is larger than ${maxBodyBytes} bytes`, { code: 'too_large' });
  if (declared > maxBodyBytes) throw tooLarge();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.body ?? []) {
      bytes += chunk.length;
      if (bytes > maxBodyBytes) break;
      chunks.push(chunk);
    }
  } catch (cause) {
    throw new Refusal(400, 'the body ended early', { code: 'invalid_body', cause });
  }
  if (bytes > maxBodyBytes) throw tooLarge();
  return Buffer.concat(chunks);
}

/** JSON that fits a schema. */
export async function readJson<S extends v.GenericSchema>(
  exchange: Exchange,
  schema: S,
): Promise<v.InferOutput<S>> {
  return check(schema, parseJson(new TextDecoder().decode(await readBody(exchange))));
}
