/** Texts and ids as sequences, and runs of many of them. */
import { MiaError, show } from '../../errors.js';
import { checkIds } from '../inputs.js';
import type { Tokenizer } from '../text/tokenizer.js';
import type { RowsNetwork } from './network.js';
import type { RowsProgram, Sequence } from './program.js';

/** A text, or its token ids. */
export type TokenInput = string | ArrayLike<number | bigint>;

/** Tokens of one run: enough for the machine to be busy, few enough to stay in its caches. */
export const BUDGET = 2048;

interface Reading {
  readonly op: string;
  readonly network: RowsNetwork;
  /** Or why there is none. */
  readonly tokenizer: Tokenizer | MiaError;
  /** Tokens that texts are cut to. */
  readonly maxLength: number;
}

/** Each input as a sequence. ERR_SHAPE for ids that the model lacks, for none, and for more than it has positions for. */
export function readSequences(inputs: readonly TokenInput[], reading: Reading): Sequence[] {
  const { op, network } = reading;
  if (!Array.isArray(inputs))
    throw new MiaError('ERR_SHAPE', op, {
      message: 'bad inputs',
      expected: 'an array of texts or of arrays of token ids',
      actual: show(inputs),
    });
  return inputs.map((input: TokenInput, i) => {
    const ids = typeof input === 'string' ? encode(input, reading) : idsOf(input, i, reading);
    if (ids.length === 0) throw new MiaError('ERR_SHAPE', op, `input ${i} has no tokens`);
    return { ids, positions: network.positions(op, ids) };
  });
}

function idsOf(input: TokenInput, index: number, { op, network }: Reading): Int32Array {
  const listed = Array.isArray(input) || (ArrayBuffer.isView(input) && !(input instanceof DataView));
  if (listed) return checkIds(op, `input ${index}`, input as ArrayLike<number>, network.vocab);
  throw new MiaError('ERR_SHAPE', op, {
    message: `bad input ${index}`,
    expected: 'a text or an array of token ids',
    actual: show(input),
  });
}

/** A text that is too long is cut before the special tokens that end it. */
function encode(text: string, { tokenizer, maxLength }: Reading): Int32Array {
  if (tokenizer instanceof MiaError) throw tokenizer;
  const ids = tokenizer.encode(text);
  if (ids.length <= maxLength) return ids;
  let end = ids.length;
  while (ids.length - end < maxLength && tokenizer.isSpecial(ids[end - 1])) end--;
  const ending = ids.subarray(end);
  return Int32Array.of(...ids.subarray(0, maxLength - ending.length), ...ending);
}

/** One array a sequence of an output that has one row each: as many sequences a run as the budget lets in. */
export async function runSequences(
  program: RowsProgram,
  output: string,
  sequences: readonly Sequence[],
  signal?: AbortSignal,
): Promise<Float32Array[]> {
  const results: Float32Array[] = [];
  const { size } = program.outputs[output];
  for (let from = 0, to = 0; from < sequences.length; from = to) {
    let rows = 0;
    while (to < sequences.length && (to === from || rows + sequences[to].ids.length <= BUDGET))
      rows += sequences[to++].ids.length;
    const all = (await program.run(sequences.slice(from, to), signal))[output];
    for (let i = 0; i < to - from; i++) results.push(all.slice(i * size, (i + 1) * size));
  }
  return results;
}
