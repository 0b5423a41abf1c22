import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { tokenizerOfGguf } from '../../../../lib/models/text/gguf-vocabulary.js';
import { noTokenizer, readTokenizerFiles } from '../../../../lib/models/text/tokenizer-files.js';
import { Tokenizer } from '../../../../lib/models/text/tokenizer.js';
import { ggufFixture, tokenizerFixture } from './fixtures.js';

const bpe = tokenizerFixture('byte-level').tokenizer;
const create = (json: Record<string, unknown>, vocabSize?: number) =>
  Tokenizer.create({ tokenizer: json, config: {} }, vocabSize);
const withModel = (more: object) => ({ ...bpe, model: { ...(bpe['model'] as object), ...more } });

describe('Tokenizer.create', () => {
  it.each([
    ['no model', { ...bpe, model: undefined }, 'ERR_FORMAT'],
    ['no vocabulary', withModel({ vocab: 'words' }), 'ERR_FORMAT'],
    ['an id that is none', withModel({ vocab: { a: 'length' } }), 'ERR_FORMAT'],
    ['an absurd id', withModel({ vocab: { a: 1e9 } }), 'ERR_FORMAT'],
    ['a negative id', withModel({ vocab: { a: -1 } }), 'ERR_FORMAT'],
    ['no merges', withModel({ merges: undefined }), 'ERR_FORMAT'],
    ['broken added tokens', { ...bpe, added_tokens: [{ id: 'one' }] }, 'ERR_FORMAT'],
    ['a broken regex', { ...bpe, pre_tokenizer: { type: 'Split', pattern: { Regex: '(' } } }, 'ERR_FORMAT'],
    ['another model', withModel({ type: 'WordLevel' }), 'ERR_UNSUPPORTED'],
    ['another decoder', { ...bpe, decoder: { type: 'Morse' } }, 'ERR_UNSUPPORTED'],
    ['another normalizer', { ...bpe, normalizer: { type: 'Nmt' } }, 'ERR_UNSUPPORTED'],
    ['prefixes of subwords', withModel({ continuing_subword_prefix: '##' }), 'ERR_UNSUPPORTED'],
    [
      'Unigram with bytes',
      { model: { type: 'Unigram', vocab: [['a', 0]], byte_fallback: true } },
      'ERR_UNSUPPORTED',
    ],
  ])('refuses %s', async (_, json, code) => {
    await expect(create(json)).rejects.toMatchObject({ code, op: 'tokenizer' });
  });

  it('refuses a vocabulary that is larger than the model', async () => {
    await expect(create(bpe, 300)).rejects.toThrow(/does not fit the model.*expected ids below 300/);
  });

  it('takes added tokens beyond the model, until a text needs one', async () => {
    const added = [{ id: 900, content: '<image>', special: true, normalized: false }];
    const tokenizer = await create({ ...bpe, added_tokens: added }, 600);
    expect(tokenizer.encode('a').length).toBe(1);
    expect(() => tokenizer.encode('<image>')).toThrow("'<image>', which the model does not know");
  });
});

describe('Tokenizer', async () => {
  const config = {
    bos_token: { content: '<|special|>' },
    eos_token: '<|end|>',
    pad_token: null,
    added_tokens_decoder: { 560: { content: '<|extra|>', special: true, normalized: false } },
  };
  const tokenizer = await Tokenizer.create({ tokenizer: bpe, config, eos: [1, 7] }, 1000);

  it('knows the special ids', () => {
    expect(tokenizer).toMatchObject({ vocabSize: 1000, bos: 0, eos: [1, 7], pad: undefined, unk: undefined });
    expect([0, 1, 2, 560].map((id) => tokenizer.isSpecial(id))).toEqual([true, true, false, true]);
    expect(tokenizer.idOf('<|end|>')).toBe(1);
    expect(tokenizer.idOf('no such token')).toBeUndefined();
    expect(tokenizer.tokenOf(0)).toBe('<|special|>');
  });

  it('adds the tokens that only tokenizer_config.json has', () => {
    expect([...tokenizer.encode('<|extra|>')]).toEqual([560]);
  });

  it('encodes many texts', () => {
    expect(tokenizer.encodeBatch(['a', ''])).toEqual([tokenizer.encode('a'), new Int32Array()]);
  });

  it('encodes a lone surrogate as U+FFFD', () => {
    expect(tokenizer.encode('a\ud800b')).toEqual(tokenizer.encode('a\ufffdb'));
  });

  it('refuses what is no text', () => {
    expect(() => tokenizer.encode(7 as never)).toThrow(
      'tokenizer: only text can be encoded: expected a string, got 7',
    );
  });

  it.each([-1, 1000, 0.5, NaN])('refuses the id %d', (id) => {
    expect(() => tokenizer.decode([id])).toThrow(/outside the vocabulary: expected ids from 0 to 999/);
  });

  it('takes ids of a padded vocabulary for no text', () => {
    expect(tokenizer.decode([...tokenizer.encode('ab'), 999])).toBe('ab');
  });
});

describe('readTokenizerFiles', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'mia-tokenizer-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function written(name: string, files: Record<string, unknown>): Promise<string> {
    const path = join(folder, name);
    await mkdir(path);
    for (const [file, content] of Object.entries(files)) {
      await writeFile(join(path, file), typeof content === 'string' ? content : JSON.stringify(content));
    }
    return path;
  }

  it('reads what lies in a folder', async () => {
    const path = await written('whole', {
      'tokenizer.json': bpe,
      'tokenizer_config.json': { eos_token: '<|end|>', chat_template: 'old' },
      'special_tokens_map.json': { bos_token: '<|special|>', eos_token: 'overridden' },
      'generation_config.json': { eos_token_id: [1, 5] },
      'chat_template.jinja': 'new',
    });
    const source = await readTokenizerFiles(path);
    expect(source!.config).toEqual({ bos_token: '<|special|>', eos_token: '<|end|>', chat_template: 'new' });
    expect((await Tokenizer.create(source!)).eos).toEqual([1, 5]);
  });

  it('finds no tokenizer where there is none', async () => {
    expect(await readTokenizerFiles(await written('empty', {}))).toBeUndefined();
    expect(noTokenizer('models/x').message).toContain('models/x has no tokenizer.json');
  });

  it('refuses files that are broken', async () => {
    const cut = await written('cut', { 'tokenizer.json': '{"model": ' });
    await expect(readTokenizerFiles(cut)).rejects.toMatchObject({ code: 'ERR_FORMAT', op: 'tokenizer' });
    const list = await written('list', { 'tokenizer.json': [] });
    await expect(readTokenizerFiles(list)).rejects.toThrow('expected an object, got []');
    await mkdir(join(folder, 'folder', 'tokenizer.json'), { recursive: true });
    await expect(readTokenizerFiles(join(folder, 'folder'))).rejects.toThrow('cannot be read');
  });
});

describe('tokenizerOfGguf', () => {
  const { metadata: gpt2 } = ggufFixture('gpt2');
  const { metadata: llama } = ggufFixture('llama');
  const change = (metadata: ReadonlyMap<string, unknown>, more: Record<string, unknown>) =>
    new Map([
      ...metadata,
      ...Object.entries(more).map(([key, value]) => [`tokenizer.ggml.${key}`, value] as const),
    ]);

  it('finds no vocabulary where there is none', () => {
    expect(tokenizerOfGguf(new Map())).toBeUndefined();
  });

  it.each([
    ['another kind', change(gpt2, { model: 'rwkv' }), "got 'rwkv'", 'ERR_UNSUPPORTED'],
    ['another pre-tokenizer', change(gpt2, { pre: 'klingon' }), "got 'klingon'", 'ERR_UNSUPPORTED'],
    ['no tokens', change(gpt2, { tokens: undefined }), 'tokens is broken', 'ERR_FORMAT'],
    ['tokens that are none', change(gpt2, { tokens: [1, 2] }), 'tokens is broken', 'ERR_FORMAT'],
    ['no merges', change(gpt2, { merges: undefined }), 'merges is broken', 'ERR_FORMAT'],
    ['merges of one', change(gpt2, { merges: ['ab'] }), 'merges is broken', 'ERR_FORMAT'],
    ['too few types', change(gpt2, { token_type: [1] }), 'token_type is broken', 'ERR_FORMAT'],
    ['no scores', change(llama, { scores: undefined }), 'scores is missing', 'ERR_FORMAT'],
    ['scores that are texts', change(llama, { scores: 'high' }), 'scores is broken', 'ERR_FORMAT'],
    [
      'a flag that is none',
      change(llama, { add_space_prefix: 1 }),
      'add_space_prefix is broken',
      'ERR_FORMAT',
    ],
    ['an id that is none', change(llama, { bos_token_id: 'one' }), 'bos_token_id is broken', 'ERR_FORMAT'],
  ])('refuses %s', (_, metadata, message, code) => {
    expect(() => tokenizerOfGguf(metadata)).toThrow(
      expect.objectContaining({ code, op: 'tokenizer' }) as Error,
    );
    expect(() => tokenizerOfGguf(metadata)).toThrow(message);
  });

  const encode = async (metadata: ReadonlyMap<string, unknown>, text: string) =>
    [...(await Tokenizer.create(tokenizerOfGguf(metadata)!)).encode(text)].map(
      (id) => (metadata.get('tokenizer.ggml.tokens') as string[])[id],
    );

  it('puts bos and eos where the flags say', async () => {
    const flags = change(gpt2, { add_bos_token: false, add_eos_token: true });
    expect(await encode(flags, '!')).toEqual(['!', '<|end|>']);
    expect(await encode(change(gpt2, { add_bos_token: undefined }), '!')).toEqual(['<|special|>', '!']);
    expect(await encode(change(gpt2, { add_bos_token: undefined, pre: 'qwen2' }), '!')).toEqual(['!']);
    expect(await encode(change(llama, { add_bos_token: false, add_eos_token: true }), 'a')).toEqual([
      '▁a',
      '</s>',
    ]);
  });

  it('prepends a space to SentencePiece’s texts unless told otherwise, after special tokens too', async () => {
    expect(await encode(llama, 'a<|special|>a')).toEqual(['<s>', '▁a', '<|special|>', '▁a']);
    const bare = change(llama, { add_space_prefix: false });
    expect(await encode(bare, 'a<|special|>a')).toEqual(['<s>', 'a', '<|special|>', 'a']);
    const tokenizer = await Tokenizer.create(tokenizerOfGguf(bare)!);
    expect(tokenizer.decode(tokenizer.encode(' a', { addSpecialTokens: false }))).toBe(' a');
  });

  it('finds user-defined spaces, and drops spaces after Phi-3’s special tokens', async () => {
    const tokens = [...(llama.get('tokenizer.ggml.tokens') as string[])];
    const types = [...(llama.get('tokenizer.ggml.token_type') as number[])];
    tokens[tokens.length - 1] = '▁▁▁▁▁▁▁';
    types[types.length - 1] = 4;
    const spaces = change(llama, { tokens, token_type: types, add_space_prefix: false });
    expect(await encode(spaces, 'a       a')).toEqual(['<s>', 'a', '▁▁▁▁▁▁▁', 'a']);
    const phi3 = new Map([...spaces, ['general.architecture', 'phi3']]);
    expect(await encode(phi3, '<|end|>  a')).toEqual(['<s>', '<|end|>', 'a']);
    expect(await encode(spaces, '<|end|>  a')).not.toEqual(['<s>', '<|end|>', 'a']);
  });

  it('knows every id that ends a text, and forgets ids that lie outside', async () => {
    const tokens = [...(gpt2.get('tokenizer.ggml.tokens') as string[])];
    tokens[tokens.length - 1] = '<|im_end|>';
    const merges = (gpt2.get('tokenizer.ggml.merges') as string[]).slice(0, 10);
    const metadata = change(gpt2, { tokens, merges, eot_token_id: 3n, padding_token_id: 1e6 });
    const tokenizer = await Tokenizer.create(tokenizerOfGguf(metadata)!);
    expect(tokenizer.eos).toEqual([1, 3, tokens.length - 1]);
    expect(tokenizer.pad).toBeUndefined();
  });

  it('reads numbers in typed arrays', async () => {
    const scores = Float32Array.from(llama.get('tokenizer.ggml.scores') as number[]);
    const types = Int32Array.from(llama.get('tokenizer.ggml.token_type') as number[]);
    expect(await encode(change(llama, { scores, token_type: types }), 'The fox')).toEqual(
      await encode(llama, 'The fox'),
    );
  });
});
