import { Tokenizer as Library } from '@huggingface/tokenizers';
import { describe, expect, it } from 'vitest';
import { forLibrary, type Json } from '../../../../lib/models/text/tokenizer-json.js';
import { readFixture } from './fixtures.js';

interface Components {
  texts: string[];
  normalizers: { config: Json; results: string[] }[];
  preTokenizers: { config: Json; results: string[][] }[];
}

const { texts, normalizers, preTokenizers } = readFixture('components.json') as Components;
const model = { type: 'BPE', vocab: {}, merges: [] };

describe('forLibrary', () => {
  it.each(normalizers)('normalizes as the reference: $config', ({ config, results }) => {
    const library = new Library(forLibrary({ model, normalizer: config }), {});
    expect(texts.map((text) => library.normalizer!.normalize(text))).toEqual(results);
  });

  it.each(preTokenizers)('splits as the reference: $config', ({ config, results }) => {
    const library = new Library(forLibrary({ model, pre_tokenizer: config }), {});
    const pieces = texts.map((text) => library.pre_tokenizer!.pre_tokenize(text, { section_index: 0 }));
    expect(pieces).toEqual(results);
  });

  it('cuts SentencePiece’s text into words where that changes nothing', () => {
    const piecesOf = (merges: unknown[]) =>
      new Library(forLibrary({ model: { ...model, merges } }), {}).pre_tokenizer?.pre_tokenize('▁a▁▁▁b▁');
    expect(piecesOf([['▁', 'a']])).toEqual(['▁a', '▁▁▁b', '▁']);
    expect(piecesOf(['▁ a'])).toEqual(['▁a', '▁▁▁b', '▁']);
    expect(piecesOf([['a', '▁']])).toBeUndefined();
    expect(piecesOf(['a ▁b'])).toBeUndefined();
  });

  it('leaves its argument alone', () => {
    const json = { model, normalizer: { type: 'Lowercase' }, pre_tokenizer: { type: 'Whitespace' } };
    const before = structuredClone(json);
    forLibrary(json);
    expect(json).toEqual(before);
  });
});
