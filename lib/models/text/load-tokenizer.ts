/** The tokenizer that a checkpoint comes with. */
import { dirname } from 'node:path';
import { MiaError } from '../../errors.js';
import type { Checkpoint } from '../files/checkpoint.js';
import { tokenizerOfGguf } from './gguf-vocabulary.js';
import { noTokenizer, readTokenizerFiles } from './tokenizer-files.js';
import { Tokenizer } from './tokenizer.js';

/**
 * The tokenizer, or why there is none: a model without one, or with one of a kind that is not known, still works by ids.
 * Throws ERR_FORMAT for files that are broken or do not fit a model of `vocabSize` ids.
 */
export async function loadTokenizer(
  { path, format, metadata }: Checkpoint,
  vocabSize: number | undefined,
): Promise<Tokenizer | MiaError> {
  try {
    const folder = path.endsWith('.safetensors') ? dirname(path) : path;
    const source = format === 'gguf' ? tokenizerOfGguf(metadata) : await readTokenizerFiles(folder);
    return source ? await Tokenizer.create(source, vocabSize) : noTokenizer(path);
  } catch (error) {
    if (error instanceof MiaError && error.code === 'ERR_UNSUPPORTED') return error;
    throw error;
  }
}
