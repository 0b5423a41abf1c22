/** GGUF's vocabulary (`tokenizer.*` of its metadata) as tokenizer.json, so that one library runs both. */
import { show } from '../../errors.js';
import { badTokenizer, unsupportedTokenizer } from './errors.js';
import { ggufPreTokenizers } from './pre-tokenizers.js';
import { mergesOf, type ScoredVocabulary } from './sentencepiece-merges.js';
import type { TokenizerSource } from './tokenizer.js';
import type { Json } from './tokenizer-json.js';

export type Metadata = ReadonlyMap<string, unknown>;

/** GGUF's types of tokens. */
const NORMAL = 1;
const UNKNOWN = 2;
const CONTROL = 3;
const USER_DEFINED = 4;

/** Tokens that end an answer, whatever else the metadata says: files often name one of several only. */
const endings = '<|eot_id|> <|im_end|> <|end|> <end_of_turn> <|endoftext|> <|eom_id|> <EOT>'.split(' ');

/** Undefined where the metadata has no vocabulary. Throws ERR_FORMAT, or ERR_UNSUPPORTED for a kind that is not known. */
export function tokenizerOfGguf(metadata: Metadata): TokenizerSource | undefined {
  const model = metadata.get('tokenizer.ggml.model');
  if (model === undefined || model === 'none') return undefined;
  const vocabulary = new Vocabulary(metadata);
  if (model === 'llama') return sentencePiece(vocabulary);
  if (model === 'gpt2') return byteLevel(vocabulary);
  throw unsupportedTokenizer({
    message: 'this kind of vocabulary is not known (tokenizer.ggml.model)',
    expected: "'llama' or 'gpt2'",
    actual: show(model),
  });
}

/** SentencePiece's BPE: pieces with scores, `▁` for a space, bytes for characters that it lacks. */
function sentencePiece(vocabulary: Vocabulary): TokenizerSource {
  const { tokens, types } = vocabulary;
  const scores = vocabulary.numbers('scores', tokens.length);
  if (!scores) throw badTokenizer('tokenizer.ggml.scores is missing');
  const unk = tokens[vocabulary.id('unknown') ?? 0];
  const scored: ScoredVocabulary = { tokens, scores, mayMerge: (id) => types[id] === NORMAL };
  const space = { String: ' ' };
  const prefixed = vocabulary.flag('add_space_prefix') ?? true;
  const toPieces: Json = { type: 'Replace', pattern: space, content: '▁' };
  const prefix: Json = { type: 'Prepend', prepend: '▁' };
  const decoders: Json[] = [
    { type: 'Replace', pattern: { String: '▁' }, content: ' ' },
    { type: 'ByteFallback' },
    { type: 'Fuse' },
  ];
  if (prefixed) decoders.push({ type: 'Strip', content: ' ', start: 1, stop: 0 });
  return vocabulary.source({
    // Special tokens of Phi-3 take the spaces after them.
    addedTokens: vocabulary.addedTokens({ rstrip: vocabulary.architecture === 'phi3' }),
    addBos: vocabulary.flag('add_bos_token') ?? true,
    normalizer: { type: 'Sequence', normalizers: prefixed ? [prefix, toPieces] : [toPieces] },
    pre_tokenizer: null,
    decoder: { type: 'Sequence', decoders },
    model: { merges: mergesOf(scored), byte_fallback: true, fuse_unk: true, unk_token: unk },
  });
}

/** GPT-2's BPE: merges over the bytes of words. */
function byteLevel(vocabulary: Vocabulary): TokenizerSource {
  const name = vocabulary.pre ?? 'default';
  const pre = ggufPreTokenizers.get(name);
  if (!pre) {
    throw unsupportedTokenizer({
      message: 'this way to cut text into words is not known (tokenizer.ggml.pre)',
      expected: [...ggufPreTokenizers.keys()].join(', '),
      actual: show(name),
    });
  }
  return vocabulary.source({
    addedTokens: vocabulary.addedTokens({}),
    addBos: vocabulary.flag('add_bos_token') ?? pre.addBos ?? false,
    normalizer: pre.normalizer ?? null,
    pre_tokenizer: pre.preTokenizer,
    decoder: { type: 'ByteLevel' },
    model: { merges: vocabulary.merges(), ignore_merges: pre.ignoreMerges ?? false, unk_token: null },
  });
}

/** The metadata's entries, checked. */
class Vocabulary {
  readonly tokens: readonly string[];
  readonly types: ArrayLike<number>;

  constructor(private readonly metadata: Metadata) {
    this.tokens = this.strings('tokens');
    this.types =
      this.numbers('token_type', this.tokens.length) ?? new Uint8Array(this.tokens.length).fill(NORMAL);
  }

  get architecture(): unknown {
    return this.metadata.get('general.architecture');
  }

  get pre(): string | undefined {
    const pre = this.entry('pre');
    if (pre !== undefined && typeof pre !== 'string') throw bad('pre', 'a name', pre);
    return pre;
  }

  flag(name: string): boolean | undefined {
    const flag = this.entry(name);
    if (flag !== undefined && typeof flag !== 'boolean') throw bad(name, 'a bool', flag);
    return flag;
  }

  /** The id of a role; undefined too where it lies outside, as files of old converters have it. */
  id(role: string): number | undefined {
    const id = this.entry(`${role}_token_id`);
    if (id === undefined) return undefined;
    if (typeof id !== 'number' && typeof id !== 'bigint') throw bad(`${role}_token_id`, 'an id', id);
    return Number(id) in this.tokens ? Number(id) : undefined;
  }

  numbers(name: string, length: number): ArrayLike<number> | undefined {
    const list = this.entry(name);
    if (list === undefined) return undefined;
    const isList = Array.isArray(list) ? list.every((n) => typeof n === 'number') : isNumbers(list);
    const numbers = list as ArrayLike<number>;
    if (!isList || numbers.length !== length) throw bad(name, `${length} numbers`, list);
    return numbers;
  }

  merges(): [string, string][] {
    return this.strings('merges').map((merge) => {
      const middle = merge.indexOf(' ', 1);
      if (middle < 0) throw bad('merges', 'pairs of tokens with a space between', merge);
      return [merge.slice(0, middle), merge.slice(middle + 1)];
    });
  }

  /** Tokens that are found in a text before anything else is. SentencePiece writes their spaces as `▁`. */
  addedTokens(more: Json): Json[] {
    const added: Json[] = [];
    this.tokens.forEach((token, id) => {
      const special = this.types[id] === CONTROL || this.types[id] === UNKNOWN;
      if (!special && this.types[id] !== USER_DEFINED) return;
      const content = special || this.entry('model') !== 'llama' ? token : token.replaceAll('▁', ' ');
      if (content !== '') added.push({ id, content, special, normalized: false, ...(special ? more : {}) });
    });
    return added;
  }

  /** What all kinds have in common. */
  source(parts: Json & { addedTokens: Json[]; addBos: boolean; model: Json }): TokenizerSource {
    const { addedTokens, addBos, model, ...rest } = parts;
    const roles = { bos_token: 'bos', eos_token: 'eos', unk_token: 'unknown', pad_token: 'padding' };
    const tokenOf = (id: number | undefined) => (id === undefined ? undefined : this.tokens[id]);
    const config = Object.fromEntries(
      Object.entries(roles).map(([key, role]) => [key, tokenOf(this.id(role))]),
    );
    const around = (token: string | undefined, wanted: boolean) =>
      wanted && token !== undefined ? [{ SpecialToken: { id: token, type_id: 0 } }] : [];
    const single = [
      ...around(config['bos_token'], addBos),
      { Sequence: { id: 'A', type_id: 0 } },
      ...around(config['eos_token'], this.flag('add_eos_token') ?? false),
    ];
    const ends = [this.id('eot'), this.id('eom'), ...endings.map((token) => this.tokens.indexOf(token))];
    return {
      tokenizer: {
        ...rest,
        added_tokens: addedTokens,
        post_processor: { type: 'TemplateProcessing', single, pair: single },
        model: {
          type: 'BPE',
          vocab: Object.fromEntries(this.tokens.map((token, id) => [token, id])),
          ...model,
        },
      },
      config: { ...config, chat_template: this.metadata.get('tokenizer.chat_template') },
      eos: ends.filter((id) => id !== undefined && id >= 0) as number[],
    };
  }

  private strings(name: string): string[] {
    const list = this.entry(name);
    if (!Array.isArray(list) || !list.every((text) => typeof text === 'string'))
      throw bad(name, 'texts', list);
    return list;
  }

  private entry(name: string): unknown {
    return this.metadata.get(`tokenizer.ggml.${name}`);
  }
}

function isNumbers(list: unknown): boolean {
  return ArrayBuffer.isView(list) && !(list instanceof DataView || list instanceof BigInt64Array);
}

function bad(name: string, expected: string, actual: unknown) {
  const message = `tokenizer.ggml.${name} is broken`;
  return badTokenizer({ message, expected, actual: show(actual) });
}
