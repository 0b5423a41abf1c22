/** What else than tensors a model answers: texts and images, under names of inputs and outputs of their own. */
import * as v from 'valibot';
import { Refusal } from '../refusal.js';
import type { Exchange } from '../route.js';
import { sampling } from '../sampling.js';
import { check, integerIn } from '../schema.js';
import type { ServedModel } from '../served.js';
import { write } from '../writing.js';
import type { Datatype, Tensor } from './datatypes.js';
import type { Inference } from './request.js';

export interface Signature {
  readonly name: string;
  readonly datatype: Datatype;
  /** -1: any size. */
  readonly shape: readonly number[];
}

export interface Task {
  readonly input: Signature;
  readonly outputs: readonly Signature[];
  possible(model: ServedModel): boolean;
  run(model: ServedModel, input: Tensor, inference: Inference, exchange: Exchange): Promise<Tensor[]>;
}

const text: Signature = { name: 'text_input', datatype: 'BYTES', shape: [-1] };
const image: Signature = { name: 'image', datatype: 'UINT8', shape: [-1, -1, -1, -1] };
const labelled: readonly Signature[] = [
  { name: 'label', datatype: 'BYTES', shape: [-1, -1] },
  { name: 'score', datatype: 'FP32', shape: [-1, -1] },
];

const WriteParameters = v.object({ ...sampling, max_tokens: v.nullish(integerIn(1, 2 ** 31 - 1), 16) });

/** In order: the first one that fits the inputs, the model and the outputs asked for is done. */
export const tasks: readonly Task[] = [
  {
    input: text,
    outputs: [{ name: 'text_output', datatype: 'BYTES', shape: [-1] }],
    possible: ({ abilities }) => abilities.write,
    async run(model, input, { parameters }, exchange) {
      const { max_tokens: maxTokens, ...how } = check(WriteParameters, parameters);
      const texts = textsOf(input);
      const prompts = texts.map((prompt) => model.tokenizer.encode(prompt));
      const answers = Array.from({ length: texts.length * how.n }, () => '');
      const written = write({ model, prompts, maxTokens, sampling: how }, exchange);
      for await (const { index, token } of written) answers[index] += token.text;
      return [{ name: 'text_output', datatype: 'BYTES', shape: [answers.length], data: answers }];
    },
  },
  {
    input: text,
    outputs: labelled,
    possible: ({ abilities }) => abilities.classify && !abilities.sees,
    run: (model, input, _, { signal }) => classify(model, textsOf(input), signal),
  },
  {
    input: text,
    outputs: [{ name: 'embedding', datatype: 'FP32', shape: [-1, -1] }],
    possible: ({ abilities }) => abilities.embed,
    async run(model, input, _, { signal }) {
      const texts = textsOf(input);
      const tokens = texts.reduce((sum, one) => sum + model.tokenizer.encode(one).length, 0);
      const vectors = await model.embed(texts, tokens, signal);
      const size = vectors[0].length;
      const data = new Float32Array(vectors.length * size);
      vectors.forEach((vector, i) => data.set(vector, i * size));
      return [{ name: 'embedding', datatype: 'FP32', shape: [vectors.length, size], data }];
    },
  },
  {
    input: image,
    outputs: labelled,
    possible: ({ abilities }) => abilities.classify && abilities.sees,
    run: (model, input, _, { signal }) => classify(model, imagesOf(input), signal),
  },
];

type Labelled = Parameters<ServedModel['classify']>[0];

/** The most probable first. */
async function classify(model: ServedModel, inputs: Labelled, signal: AbortSignal): Promise<Tensor[]> {
  const rows = await model.classify(inputs, signal);
  const shape = [rows.length, rows[0].length];
  const all = rows.flat();
  return [
    { name: 'label', datatype: 'BYTES', shape, data: all.map(({ label }) => label) },
    { name: 'score', datatype: 'FP32', shape, data: Float32Array.from(all, ({ score }) => score) },
  ];
}

function textsOf({ data, datatype, name }: Tensor): readonly string[] {
  if (datatype !== 'BYTES') throw unfit(name, 'BYTES');
  if (data.length === 0) throw unfit(name, 'one text at least');
  return data as readonly string[];
}

function imagesOf({ data, datatype, shape, name }: Tensor) {
  const [count, height, width, channels] = shape;
  if (datatype !== 'UINT8' || shape.length !== 4 || data.length === 0)
    throw unfit(name, 'UINT8 [images, height, width, channels]');
  const size = height * width * channels;
  const pixels = data as Uint8Array;
  return Array.from({ length: count }, (_, i) => ({
    data: pixels.subarray(i * size, (i + 1) * size),
    width,
    height,
    channels,
  }));
}

const unfit = (name: string, expected: string): Refusal =>
  new Refusal(400, `input '${name}': expected ${expected}`, { code: 'invalid_value', param: name });
