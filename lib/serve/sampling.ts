/** How requests of any protocol say how text is written. */
import * as v from 'valibot';
import { integerIn, numberIn, optional } from './schema.js';

const texts = v.pipe(v.array(v.pipe(v.string(), v.nonEmpty('is empty'))), v.maxLength(16));

/** How text is written: OpenAI's words, and the last four as others extend them. */
export const sampling = {
  n: v.nullish(integerIn(1, 128), 1),
  seed: optional(integerIn(0, 2 ** 52)),
  stop: optional(
    v.union(
      [v.pipe(v.string(), v.nonEmpty('is empty')), texts],
      'a text or a list of texts, none of them empty',
    ),
  ),
  temperature: v.nullish(numberIn(0, 2), 1),
  top_p: v.nullish(numberIn(0, 1), 1),
  top_k: v.nullish(integerIn(0, 2 ** 31 - 1), 0),
  min_p: v.nullish(numberIn(0, 1), 0),
  repetition_penalty: v.nullish(numberIn(0.01, 100), 1),
  ignore_eos: v.nullish(v.boolean(), false),
};

const fields = v.object(sampling);
export type Sampling = v.InferOutput<typeof fields>;
