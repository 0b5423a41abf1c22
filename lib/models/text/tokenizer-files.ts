/** The tokenizer of a model's folder. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { show } from '../../errors.js';
import { isPlainObject } from '../../ir/json.js';
import { badTokenizer, unsupportedTokenizer } from './errors.js';
import { type TokenizerSource } from './tokenizer.js';
import { type Json } from './tokenizer-json.js';

/** The files of a folder that say how its model writes; undefined where there is no tokenizer.json: a model may have none. */
export async function readTokenizerFiles(folder: string): Promise<TokenizerSource | undefined> {
  const tokenizer = await readJson(join(folder, 'tokenizer.json'));
  if (!tokenizer) return undefined;
  const special = await readJson(join(folder, 'special_tokens_map.json'));
  const config = await readJson(join(folder, 'tokenizer_config.json'));
  const template = await readText(join(folder, 'chat_template.jinja'));
  const generation = await readJson(join(folder, 'generation_config.json'));
  return {
    tokenizer,
    config: { ...special, ...config, ...(template === undefined ? {} : { chat_template: template }) },
    eos: [generation?.['eos_token_id']].flat().filter((id) => typeof id === 'number'),
  };
}

/** What to say when text is asked of a model without a tokenizer. */
export function noTokenizer(path: string) {
  return unsupportedTokenizer(
    `${path} has no tokenizer.json: give token ids instead of text, or put the file beside the weights`,
  );
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (/^ENO(ENT|TDIR)$/.test((cause as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw badTokenizer({ message: `${path} cannot be read`, cause });
  }
}

async function readJson(path: string): Promise<Json | undefined> {
  const text = await readText(path);
  if (text === undefined) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw badTokenizer({ message: `${path} is not JSON`, cause });
  }
  if (!isPlainObject(value))
    throw badTokenizer({ message: path, expected: 'an object', actual: show(value) });
  return value;
}
