import { randomInt } from 'node:crypto';
import { MiaError, show } from '../../errors.js';
import { checkInteger } from '../../ops/rules.js';
import { flagOf, optionsOf } from '../../tensor/arguments.js';

export interface GenerateOptions {
  /** Tokens to write at most. 256 */
  readonly maxTokens?: number | undefined;
  /** Probabilities are those of logits divided by it; 0 takes the most probable token each time. 0 */
  readonly temperature?: number | undefined;
  /** Draws from the most probable tokens only, this many; 0: all. 0 */
  readonly topK?: number | undefined;
  /** Draws from the fewest tokens whose probabilities reach it. 1 */
  readonly topP?: number | undefined;
  /** Draws from tokens that have at least this part of the largest probability. 0 */
  readonly minP?: number | undefined;
  /** Positive logits of tokens that were there, prompt included, are divided by it, others multiplied. 1 */
  readonly repetitionPenalty?: number | undefined;
  /** An integer: the same one draws the same tokens. Another one each time, if not given. */
  readonly seed?: number | undefined;
  /** Texts before which to end. */
  readonly stop?: string | readonly string[] | undefined;
  /** Goes on after tokens that end a text. false */
  readonly ignoreEos?: boolean | undefined;
  /** Ends with ERR_ABORTED, between tokens or while the prompt is read. */
  readonly signal?: AbortSignal | undefined;
}

export type GenerateSettings = {
  readonly [K in keyof GenerateOptions]-?: NonNullable<GenerateOptions[K]>;
} & {
  readonly stop: readonly string[];
};

/** All but the signal, which does not outlive a call. */
export type WriteSettings = Omit<GenerateSettings, 'signal'>;

/** Names of the options. */
export const generateOptions = [
  'maxTokens',
  'temperature',
  'topK',
  'topP',
  'minP',
  'repetitionPenalty',
  'seed',
  'stop',
  'ignoreEos',
  'signal',
] as const;

/** The largest f32. */
const MOST = (2 - 2 ** -23) * 2 ** 127;

/** What was given, and what holds otherwise. ERR_SHAPE naming the option. */
export function readGenerateOptions(
  options: unknown,
): WriteSettings & { readonly signal: AbortSignal | undefined } {
  const given = optionsOf('generate', options, ...generateOptions);
  const { maxTokens = 256, seed = randomInt(2 ** 47), ignoreEos = false, signal } = given;
  const { temperature = 0, topK = 0, topP = 1, minP = 0, repetitionPenalty = 1, stop = [] } = given;
  return {
    maxTokens: checkInteger('generate', 'maxTokens', maxTokens, 1),
    temperature: numberOf('temperature', temperature, 0, MOST),
    topK: checkInteger('generate', 'topK', topK, 0),
    topP: numberOf('topP', topP, 0, 1),
    minP: numberOf('minP', minP, 0, 1),
    repetitionPenalty: numberOf('repetitionPenalty', repetitionPenalty, 2 ** -126, MOST),
    seed: checkInteger('generate', 'seed', seed, 0),
    stop: textsOf(stop),
    ignoreEos: flagOf('generate', 'ignoreEos', ignoreEos),
    signal: signalOf(signal),
  };
}

function numberOf(name: string, value: unknown, min: number, max: number): number {
  if (typeof value === 'number' && value >= min && value <= max) return value;
  const range = max < MOST ? `in [${min}, ${max}]` : min > 0 ? '> 0' : '>= 0';
  throw bad(name, `a number ${range}`, value);
}

function textsOf(stop: unknown): readonly string[] {
  const list: unknown[] = Array.isArray(stop) ? stop : [stop];
  if (list.every((text) => typeof text === 'string' && text !== '')) return list as string[];
  throw bad('stop', 'a text or a list of texts, none of them empty', stop);
}

function signalOf(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || signal instanceof AbortSignal) return signal;
  throw bad('signal', 'an AbortSignal', signal);
}

function bad(name: string, expected: string, actual: unknown): MiaError {
  return new MiaError('ERR_SHAPE', 'generate', { message: `bad ${name}`, expected, actual: show(actual) });
}
