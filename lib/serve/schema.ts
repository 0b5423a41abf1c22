/** Bodies of requests, checked: what does not fit is refused with the field and a sentence. */
import * as v from 'valibot';
import { Refusal } from './refusal.js';

/** The JSON of a body. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Refusal(400, `the body is not JSON: ${(cause as Error).message}`, {
      code: 'invalid_json',
      cause,
    });
  }
}

/** What a schema makes of a value. */
export function check<S extends v.GenericSchema>(schema: S, value: unknown): v.InferOutput<S> {
  const result = v.safeParse(schema, value, { abortEarly: true });
  if (result.success) return result.output;
  const [issue] = result.issues;
  const param = v.getDotPath(issue) ?? undefined;
  const { message } = issue;
  throw new Refusal(400, param === undefined ? `the body: ${message}` : `${param}: ${message}`, { code: 'invalid_value', param }); // prettier-ignore
}

/** A number between two, both included. */
export const numberIn = (min: number, max: number) => v.pipe(v.number(), v.minValue(min), v.maxValue(max));
export const integerIn = (min: number, max: number) => v.pipe(numberIn(min, max), v.integer());
/** May be left out, or null, which clients write for what is not set. */
export const optional = <S extends v.GenericSchema>(schema: S) =>
  v.pipe(
    v.nullish(schema),
    v.transform(
      (value): v.InferOutput<S> | undefined => (value ?? undefined) as v.InferOutput<S> | undefined,
    ),
  );
