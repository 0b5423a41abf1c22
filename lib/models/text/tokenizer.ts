/** Text to token ids and back, by tokenizer.json. The library behind it is loaded with the first tokenizer. */
import { show } from '../../errors.js';
import { isPlainObject } from '../../ir/json.js';
import { badTokenizer, messageOf, unsupportedTokenizer } from './errors.js';
import { forLibrary, type Json } from './tokenizer-json.js';

/** What is used of the library, whose own types NodeNext cannot resolve. */
interface Library {
  readonly model: { readonly vocab: readonly string[]; readonly unk_token?: string | null };
  readonly decoder: unknown;
  encode(
    text: string,
    options: { add_special_tokens: boolean },
  ): { ids: (number | undefined)[]; tokens: string[] };
  decode(ids: number[]): string;
  token_to_id(token: string): number | undefined;
  id_to_token(id: number): string | undefined;
  get_added_tokens_decoder(): Map<number, { id: number; special: boolean }>;
}
type LibraryClass = new (tokenizer: Json, config: Json) => Library;

/** What says how a model's text and ids belong together: Hugging Face's files as read, or what GGUF's metadata becomes. */
export interface TokenizerSource {
  /** tokenizer.json. */
  readonly tokenizer: Json;
  /** tokenizer_config.json: which tokens are bos_token, eos_token, pad_token, unk_token; chat_template. */
  readonly config: Json;
  /** Ids that end a generated text besides eos_token's: of generation_config.json or GGUF's metadata. */
  readonly eos?: readonly number[] | undefined;
}

export interface EncodeOptions {
  /** Adds what the model's texts begin and end with (bos, eos, [CLS]...). Default true; false after a chat template. */
  addSpecialTokens?: boolean;
}

export interface DecodeOptions {
  /** Leaves special tokens (end of text, roles of a chat...) out. Default false. */
  skipSpecialTokens?: boolean;
}

export class Tokenizer {
  /** Ids are below it: the model's vocabulary, where it was named (it may be padded), else this tokenizer's own. */
  readonly vocabSize: number;
  readonly bos: number | undefined;
  /** Every id that ends a text; the first is eos_token's. */
  readonly eos: readonly number[];
  readonly pad: number | undefined;
  readonly unk: number | undefined;
  readonly config: Json;
  private readonly special: ReadonlySet<number>;

  private constructor(
    private readonly library: Library,
    source: TokenizerSource,
    modelVocabSize: number | undefined,
  ) {
    this.config = source.config;
    this.vocabSize = modelVocabSize ?? library.model.vocab.length;
    const idOfToken = (token: unknown) => {
      const content = contentOf(token);
      return content === undefined ? undefined : this.idOf(content);
    };
    const idOfRole = (role: string) => idOfToken(source.config[role]);
    this.bos = idOfRole('bos_token');
    this.pad = idOfRole('pad_token');
    this.unk = idOfRole('unk_token') ?? idOfToken(library.model.unk_token);
    const eos = [idOfRole('eos_token'), ...(source.eos ?? [])].filter((id) => id !== undefined);
    this.eos = [...new Set(eos)].filter((id) => id < this.vocabSize);
    const added = [...library.get_added_tokens_decoder().values()];
    this.special = new Set(added.filter((token) => token.special).map((token) => token.id));
  }

  /**
   * Throws ERR_FORMAT for a tokenizer that contradicts itself or does not fit a model of `vocabSize` ids, ERR_UNSUPPORTED
   * for a kind or a part that is not known.
   */
  static async create(source: TokenizerSource, vocabSize?: number): Promise<Tokenizer> {
    const json = withAddedTokens(source.tokenizer, source.config);
    checkModel(json['model'], vocabSize);
    const LibraryClass = (await import('@huggingface/tokenizers')).Tokenizer as unknown as LibraryClass;
    const named = Object.fromEntries(
      roles.map((role) => [role, contentOf(source.config[role])]).filter(([, token]) => token !== undefined),
    );
    let library: Library;
    try {
      library = new LibraryClass(forLibrary(json), { ...named, clean_up_tokenization_spaces: false });
    } catch (cause) {
      const unknown = /^Unknown (\w+) type: (.*)$/.exec(messageOf(cause));
      if (!unknown)
        throw badTokenizer({ message: `tokenizer.json cannot be used: ${messageOf(cause)}`, cause });
      throw unsupportedTokenizer({
        message: `tokenizer.json has a ${unknown[1]} that is not known`,
        actual: unknown[2],
      });
    }
    keepByteOrderMarks(library.decoder);
    return new Tokenizer(library, source, vocabSize);
  }

  /** The ids of a text. Special tokens written in it become their ids. */
  encode(text: string, { addSpecialTokens = true }: EncodeOptions = {}): Int32Array {
    if (typeof text !== 'string') {
      throw badTokenizer({ message: 'only text can be encoded', expected: 'a string', actual: show(text) });
    }
    const wellFormed = text.replace(/\p{Surrogate}/gu, '\ufffd');
    const { ids, tokens } = this.library.encode(wellFormed, { add_special_tokens: addSpecialTokens });
    ids.forEach((id, i) => {
      if (id === undefined)
        throw badTokenizer(`the vocabulary lacks ${show(tokens[i])}, which the text needs`);
      if (id >= this.vocabSize) {
        const message = `the text holds ${show(tokens[i])}, which the model does not know`;
        throw badTokenizer({ message, expected: `ids below ${this.vocabSize}`, actual: String(id) });
      }
    });
    return Int32Array.from(ids as number[]);
  }

  encodeBatch(texts: readonly string[], options?: EncodeOptions): Int32Array[] {
    return texts.map((text) => this.encode(text, options));
  }

  /** The text of ids. Ids of a padded vocabulary, which no token has, are no text. */
  decode(ids: ArrayLike<number>, options?: DecodeOptions): string {
    const seen = this.seen(ids, options);
    return seen.length === 0 ? '' : this.library.decode(seen);
  }

  /** Of these ids, those that `decode` looks at. */
  seen(ids: ArrayLike<number>, { skipSpecialTokens = false }: DecodeOptions = {}): number[] {
    return Array.from(ids).filter((id) => {
      if (!Number.isInteger(id) || id < 0 || id >= this.vocabSize) {
        const expected = `ids from 0 to ${this.vocabSize - 1}`;
        throw badTokenizer({ message: 'an id lies outside the vocabulary', expected, actual: show(id) });
      }
      return this.tokenOf(id) !== undefined && !(skipSpecialTokens && this.special.has(id));
    });
  }

  /** The id of a token as the vocabulary writes it, undefined if there is none. */
  idOf(token: string): number | undefined {
    return this.library.token_to_id(token);
  }

  /** The token of an id as the vocabulary writes it. */
  tokenOf(id: number): string | undefined {
    return this.library.id_to_token(id);
  }

  /** Whether an id is no text but a sign to the model. */
  isSpecial(id: number): boolean {
    return this.special.has(id);
  }
}

const roles = ['bos_token', 'eos_token', 'pad_token', 'unk_token'] as const;
const kinds = ['BPE', 'WordPiece', 'Unigram'];
const maxVocabulary = 2 ** 24;

/** A token of tokenizer_config.json: its text, or an object that holds it. */
export function contentOf(token: unknown): string | undefined {
  const content = isPlainObject(token) ? token['content'] : token;
  return typeof content === 'string' ? content : undefined;
}

/** The tokens that only tokenizer_config.json names, added to tokenizer.json's. */
function withAddedTokens(json: Json, config: Json): Json {
  const own: unknown = json['added_tokens'] ?? [];
  if (!Array.isArray(own) || !own.every(isAddedToken))
    throw badTokenizer('added_tokens of tokenizer.json is broken');
  const more = isPlainObject(config['added_tokens_decoder']) ? config['added_tokens_decoder'] : {};
  const known = new Set(own.map((token) => token.content));
  const added = Object.entries(more)
    .map(([id, token]) => (isPlainObject(token) ? { ...token, id: Number(id) } : token))
    .filter((token) => isAddedToken(token) && !known.has(token.content));
  return { ...json, added_tokens: [...own, ...added] };
}

function isAddedToken(token: unknown): token is { id: number; content: string } {
  return isPlainObject(token) && isId(token['id']) && typeof token['content'] === 'string';
}

const isId = (id: unknown) => Number.isInteger(id) && (id as number) >= 0 && (id as number) < maxVocabulary;

function checkModel(model: unknown, vocabSize: number | undefined): void {
  if (!isPlainObject(model))
    throw badTokenizer({ message: 'tokenizer.json has no model', actual: show(model) });
  const { type, vocab } = model;
  if (type !== undefined && !kinds.includes(type as string)) {
    throw unsupportedTokenizer({
      message: 'this model of tokens is not known',
      expected: kinds.join(', '),
      actual: show(type),
    });
  }
  const unigram = Array.isArray(vocab);
  if (!unigram && !isPlainObject(vocab)) throw badTokenizer('tokenizer.json has no vocabulary');
  if (unigram && model['byte_fallback'] === true) {
    throw unsupportedTokenizer('Unigram with byte_fallback is not known');
  }
  if (type === 'BPE' && model['continuing_subword_prefix']) {
    throw unsupportedTokenizer('BPE with continuing_subword_prefix is not known');
  }
  const entries = unigram
    ? vocab.map((entry: unknown, id) => [Array.isArray(entry) ? entry[0] : entry, id])
    : [];
  for (const [token, id] of unigram ? entries : Object.entries(vocab)) {
    if (typeof token !== 'string' || !isId(id)) {
      throw badTokenizer({ message: `the vocabulary has a bad entry: ${show(token)}`, actual: show(id) });
    }
    if (vocabSize !== undefined && (id as number) >= vocabSize) {
      const message = `the tokenizer does not fit the model: ${show(token)} has no place in it`;
      throw badTokenizer({ message, expected: `ids below ${vocabSize}`, actual: String(id) });
    }
  }
}

/** U+FEFF written in byte tokens is a character like others; the library's ByteFallback would drop it. */
function keepByteOrderMarks(decoder: unknown): void {
  const { text_decoder, decoders } = (decoder ?? {}) as { text_decoder?: unknown; decoders?: unknown[] };
  if (text_decoder)
    Object.assign(decoder as object, { text_decoder: new TextDecoder('utf-8', { ignoreBOM: true }) });
  decoders?.forEach(keepByteOrderMarks);
}
