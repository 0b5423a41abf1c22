/** Which files of a repository a model is made of. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { INDEX, shardNames } from '../sharded.js';

export const SINGLE = 'model.safetensors';
export const CONFIG = 'config.json';

const companions = new Set([
  CONFIG,
  'generation_config.json',
  'preprocessor_config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'chat_template.jinja',
  'modules.json',
  'sentence_bert_config.json',
  'config_sentence_transformers.json',
]);
/** Of tokenizers from before tokenizer.json. */
const vocabularies = new Set(['vocab.json', 'vocab.txt', 'merges.txt']);
/** A folder that modules.json of sentence-transformers names, such as 1_Pooling. */
const moduleFile = /^\d+_\w+\/(config\.json|model\.safetensors)$/;

/** The small files around weights, by their paths in a repository that has these. */
export function companionsAmong(paths: readonly string[]): string[] {
  const modules = paths.includes('modules.json');
  const vocabulary = !paths.includes('tokenizer.json');
  return paths.filter(
    (path) =>
      companions.has(path) || (vocabulary && vocabularies.has(path)) || (modules && moduleFile.test(path)),
  );
}

/** What says where a model's weights are: the weights, or the index of their shards. */
export const weightsAmong = (paths: readonly string[]): string | undefined =>
  [SINGLE, INDEX].find((path) => paths.includes(path));

/** The files that a model of a folder cannot do without and that are not there. Throws ERR_FORMAT for a broken index. */
export function missingOf(folder: string, file?: string): string[] {
  const lacks = (path: string): boolean => !existsSync(join(folder, path));
  if (file !== undefined) return [file].filter(lacks);
  const sharded = lacks(SINGLE) && !lacks(INDEX);
  return [CONFIG, ...(sharded ? shardNames(folder) : [SINGLE])].filter(lacks);
}

/** Whether a folder says how a model's inputs are made. */
export const hasInputs = (folder: string): boolean =>
  ['tokenizer.json', 'preprocessor_config.json', ...vocabularies].some((path) =>
    existsSync(join(folder, path)),
  );
