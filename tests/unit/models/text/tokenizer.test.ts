import { describe, expect, it } from 'vitest';
import { Tokenizer } from '../../../../lib/models/text/tokenizer.js';
import { kinds, tokenizerFixture } from './fixtures.js';

describe.each(kinds)('Tokenizer: %s', async (kind) => {
  const { tokenizer: json, cases } = tokenizerFixture(kind);
  const tokenizer = await Tokenizer.create({ tokenizer: json, config: {} });

  it.each(cases)('encodes $text as the reference', ({ text, ids, plain }) => {
    expect(Array.from(tokenizer.encode(text))).toEqual(ids);
    expect(Array.from(tokenizer.encode(text, { addSpecialTokens: false }))).toEqual(plain);
  });

  it.each(cases)('decodes the ids of $text as the reference', ({ ids, plain, decoded, skipped }) => {
    expect(tokenizer.decode(plain)).toBe(decoded);
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe(skipped);
  });
});
