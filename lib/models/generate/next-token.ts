import type { Device } from '../../device.js';
import type { DType } from '../../dtype.js';
import { sampleSettings } from '../../ops/sample.js';
import { spec, state, type Spec } from '../../tensor/spec.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Floats, Ints } from '../tensors.js';

/** The token that follows, and the natural logarithm of its probability by the model itself, whatever the settings. */
export interface NextToken {
  readonly id: number;
  readonly logprob: number;
}

/** How a token is drawn: numbers in the order of `sampleSettings`. */
export type DrawBy = Readonly<Record<(typeof sampleSettings)[number], number>>;

/** The most probable token. */
export const greedy: DrawBy = {
  temperature: 0,
  topK: 0,
  topP: 1,
  minP: 0,
  repetitionPenalty: 1,
  uniform: 0,
};

export const drawInputs = (by: DrawBy): { settings: Float32Array } => ({
  settings: Float32Array.from(sampleSettings, (name) => by[name]),
});

/** What a program takes to draw the next token, and remembers: which ids were fed. */
export const drawSpecs = (vocab: number): Record<string, Spec> => ({
  settings: spec('f32', [sampleSettings.length]),
  seen: state('bool', [vocab]),
});

/** The same inside a program: by logits [vocab] after `ids` [rows], each of which counts as seen. */
export function nextToken(
  logits: Floats,
  ids: Ints,
  inputs: Readonly<Record<string, Tensor<Device, DType>>>,
): { id: Ints; logprob: Floats; seen: Tensor<Device, 'bool'> } {
  const { settings, seen: before } = inputs as { settings: Floats; seen: Seen };
  const seen = before.scatter(ids, Tensor.ones(logits.device, [ids.shape[0]], 'bool'), 0);
  return { ...draw(logits, seen.clone(), settings), seen };
}

type Seen = Tensor<Device, 'bool'>;

/** By rows: logits and what was seen [..., vocab], settings [..., 6]; ids and log-probabilities [..., 1]. */
export function draw(logits: Floats, seen: Seen, settings: Floats): { id: Ints; logprob: Floats } {
  const id = logits.clone().sample(seen, settings);
  const column = id.reshape([...id.shape, 1]);
  return { id: column.clone(), logprob: logits.logSoftmax().takeAlong(column, -1) };
}
