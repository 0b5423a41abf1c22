import { describe, expect, it } from 'vitest';
import { tokenizerOfGguf } from '../../../../lib/models/text/gguf-vocabulary.js';
import { Tokenizer } from '../../../../lib/models/text/tokenizer.js';
import { ggufFixture } from './fixtures.js';

describe.each(['gpt2', 'llama'])('tokenizerOfGguf: %s', async (name) => {
  const { metadata, cases } = ggufFixture(name);
  const tokenizer = await Tokenizer.create(tokenizerOfGguf(metadata)!);

  it.each(cases)('encodes $text as the reference', ({ text, ids, plain }) => {
    expect(Array.from(tokenizer.encode(text))).toEqual(ids);
    expect(Array.from(tokenizer.encode(text, { addSpecialTokens: false }))).toEqual(plain);
  });

  it.each(cases)('decodes the ids of $text as the reference', ({ plain, decoded }) => {
    expect(tokenizer.decode(plain)).toBe(decoded);
  });
});
