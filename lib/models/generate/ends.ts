import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkpoint } from '../files/checkpoint.js';
import { readJsonFile } from '../files/json-file.js';
import { Tokenizer } from '../text/tokenizer.js';

/** Ids that end a text: those of config.json, of generation_config.json and of the tokenizer. */
export function readEnds({ path, format, config }: Checkpoint, tokenizer: unknown): ReadonlySet<number> {
  const file = join(path, 'generation_config.json');
  const generation = format === 'safetensors' && existsSync(file) ? readJsonFile(file) : {};
  const listed = [config.eos_token_id, generation.eos_token_id].flat();
  const known = tokenizer instanceof Tokenizer ? tokenizer.eos : [];
  return new Set([...known, ...listed.filter((id) => typeof id === 'number')]);
}
