/** The llama of the fixtures with a tokenizer of single characters. */
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folderOf } from '../fixtures.js';

export const VOCAB = 96;

/** `Ġ` is the space. */
const characters = ['Ġ', ...Array.from({ length: VOCAB - 4 }, (_, i) => String.fromCharCode(33 + i))];
const special = ['<unk>', '<s>', '</s>'];

const tokenizer = {
  added_tokens: special.map((content, id) => ({ id, content, special: true, normalized: false })),
  pre_tokenizer: { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
  decoder: { type: 'ByteLevel' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [{ SpecialToken: { id: '<s>', type_id: 0 } }, { Sequence: { id: 'A', type_id: 0 } }],
    pair: [],
    special_tokens: { '<s>': { id: '<s>', ids: [1], tokens: ['<s>'] } },
  },
  model: {
    type: 'BPE',
    merges: [],
    vocab: Object.fromEntries([...special, ...characters].map((token, id) => [token, id])),
  },
};

/** A folder of a model that reads and writes text; files by name are written into it. */
export function writeModel(files: Readonly<Record<string, unknown>> = {}): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'mia-generate-'));
  cpSync(folderOf('llama'), path, { recursive: true });
  const all = { 'tokenizer.json': tokenizer, 'tokenizer_config.json': { eos_token: '</s>' }, ...files };
  for (const [name, content] of Object.entries(all)) writeFileSync(join(path, name), JSON.stringify(content));
  return { path, remove: () => rmSync(path, { recursive: true }) };
}
