/** What scripts/fixtures/make_tokenizers.py wrote: tokenizers and the reference libraries' answers. */
import { readFileSync } from 'node:fs';
import type { Json } from '../../../../lib/models/text/tokenizer-json.js';

export interface Case {
  text: string;
  ids: number[];
  plain: number[];
  decoded: string;
  skipped?: string;
}

export function readFixture(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../fixtures/tokenizers/${name}`, import.meta.url), 'utf8'));
}

export const kinds = ['byte-level', 'sentencepiece', 'wordpiece', 'unigram'] as const;

export const tokenizerFixture = (name: string) =>
  readFixture(`${name}.json`) as { tokenizer: Json; cases: Case[] };

export const ggufFixture = (name: string) => {
  const { metadata, cases } = readFixture(`gguf-${name}.json`) as { metadata: Json; cases: Case[] };
  return { metadata: new Map(Object.entries(metadata)), cases };
};
