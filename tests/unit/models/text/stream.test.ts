import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenizerOfGguf } from '../../../../lib/models/text/gguf-vocabulary.js';
import { TextStream } from '../../../../lib/models/text/stream.js';
import { Tokenizer } from '../../../../lib/models/text/tokenizer.js';
import { ggufFixture, kinds, tokenizerFixture } from './fixtures.js';

const tokenizers = [
  ...kinds.map((kind) => ({ kind: kind as string, source: { ...tokenizerFixture(kind), config: {} } })),
  ...['gpt2', 'llama'].map((kind) => ({
    kind: `gguf-${kind}`,
    source: tokenizerOfGguf(ggufFixture(kind).metadata)!,
  })),
];

describe.each(tokenizers)('TextStream: $kind', async ({ source }) => {
  const tokenizer = await Tokenizer.create(source);

  it.each([true, false])('says what decode says of any ids (skipSpecialTokens: %s)', (skipSpecialTokens) => {
    const ids = fc.array(fc.nat(tokenizer.vocabSize - 1), { maxLength: 60 });
    fc.assert(
      fc.property(ids, (ids) => {
        const stream = new TextStream(tokenizer, { skipSpecialTokens });
        const text = ids.map((id) => stream.push(id)).join('') + stream.flush();
        expect(text).toBe(tokenizer.decode(ids, { skipSpecialTokens }));
      }),
      { numRuns: 300 },
    );
  });

  it('never shows a part of a character', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        const ids = tokenizer.encode(text, { addSpecialTokens: false });
        const whole = tokenizer.decode(ids);
        const stream = new TextStream(tokenizer, { skipSpecialTokens: false });
        let said = '';
        for (const id of ids) {
          said += stream.push(id);
          expect(whole.startsWith(said)).toBe(true);
          expect(said).not.toMatch(/\p{Surrogate}/u);
        }
        expect(said + stream.flush()).toBe(whole);
      }),
      { numRuns: 100 },
    );
  });

  it('looks back over few ids, however long the text', () => {
    const looked: number[] = [];
    const spy = {
      seen: tokenizer.seen.bind(tokenizer),
      decode: (ids: number[]) => (looked.push(ids.length), tokenizer.decode(ids)),
    } as unknown as Tokenizer;
    const stream = new TextStream(spy, { skipSpecialTokens: false });
    for (let i = 0; i < 2000; i++) stream.push((i * 7919) % tokenizer.vocabSize);
    expect(Math.max(...looked)).toBeLessThanOrEqual(16);
  });
});

describe('TextStream', async () => {
  const tokenizer = await Tokenizer.create({
    tokenizer: tokenizerFixture('byte-level').tokenizer,
    config: {},
  });

  it('waits for the bytes of a character', () => {
    const ids = [...tokenizer.encode('a😀b')];
    const stream = new TextStream(tokenizer);
    expect(ids.map((id) => stream.push(id))).toEqual(['a', '', '', '', '😀', 'b']);
    expect(stream.flush()).toBe('');
  });

  it('shows a character that was never finished at the end', () => {
    const stream = new TextStream(tokenizer);
    const [first] = tokenizer.encode('😀');
    expect(stream.push(first)).toBe('');
    expect(stream.flush()).toBe('\ufffd');
  });

  it('refuses an id outside the vocabulary', () => {
    expect(() => new TextStream(tokenizer).push(tokenizer.vocabSize)).toThrow('outside the vocabulary');
  });
});
