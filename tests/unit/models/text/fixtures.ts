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

export function readFixture<T>(name: string): T {
  return JSON.parse(
    readFileSync(new URL(`../../../fixtures/tokenizers/${name}`, import.meta.url), 'utf8'),
  ) as T;
}

export const kinds = ['byte-level', 'sentencepiece', 'wordpiece', 'unigram'] as const;

export const tokenizerFixture = (name: string) =>
  readFixture<{ tokenizer: Json; cases: Case[] }>(`${name}.json`);

export const ggufFixture = (name: string) => {
  const { metadata, cases } = readFixture<{ metadata: Json; cases: Case[] }>(`gguf-${name}.json`);
  return { metadata: new Map(Object.entries(metadata)), cases };
};
