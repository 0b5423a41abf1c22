/**
 * tokenizer.json, rewritten so that the JavaScript library does what the format's reference (the Rust library) does.
 * Each rewrite says the same in parts that both read alike; docs/tokenizers.md lists the differences behind them.
 */
import { isPlainObject } from '../../ir/json.js';

export type Json = Record<string, unknown>;

const textOr = (fallback: string, value: unknown) => (typeof value === 'string' ? value : fallback);

const parts = ['normalizer', 'pre_tokenizer', 'post_processor', 'decoder'];

/** `json` itself stays as it is. */
export function forLibrary(json: Json): Json {
  return {
    ...Object.fromEntries(parts.map((part) => [part, null])),
    added_tokens: [],
    ...json,
    normalizer: rewrite(json['normalizer'], normalizers, 'normalizers'),
    pre_tokenizer: rewrite(
      json['pre_tokenizer'] ?? spaceWords(json['model']),
      preTokenizers,
      'pretokenizers',
    ),
    decoder: rewrite(json['decoder'], decoders, 'decoders'),
  };
}

type Rewrites = Record<string, (config: Json) => Json>;

function rewrite(config: unknown, rewrites: Rewrites, list: string): unknown {
  if (!isPlainObject(config)) return config ?? null;
  const inner = config[list];
  if (Array.isArray(inner)) return { ...config, [list]: inner.map((part) => rewrite(part, rewrites, list)) };
  const type = textOr('', config['type']);
  return Object.hasOwn(rewrites, type) ? rewrites[type](config) : config;
}

/** The library replaces by `String.replaceAll`, to which `$` in the new text is special. */
const literalReplace = (config: Json): Json => ({
  ...config,
  content: textOr('', config['content']).replaceAll('$', '$$$$'),
});

const replace = (pattern: Json, content: string): Json => ({ type: 'Replace', pattern, content });
const sequence = (list: string, ...configs: Json[]): Json => ({ type: 'Sequence', [list]: configs });

/** Lower case is taken character by character: no final sigma. */
const plainSigma = replace({ String: 'Σ' }, 'σ');

const normalizers: Rewrites = {
  Replace: literalReplace,
  Lowercase: (config) => sequence('normalizers', plainSigma, config),
  BertNormalizer: (config) => {
    const before: Json[] = config['lowercase'] ? [plainSigma] : [];
    // The library looks for Chinese characters in UTF-16 units, so it misses those of two.
    if (config['handle_chinese_chars']) before.push(replace({ Regex: cjkBeyondUtf16Units }, ' $& '));
    return sequence('normalizers', ...before, config);
  },
};

const cjkBeyondUtf16Units =
  '[\\x{20000}-\\x{2A6DF}\\x{2A700}-\\x{2B73F}\\x{2B740}-\\x{2B81F}\\x{2B820}-\\x{2CEAF}\\x{2F800}-\\x{2FA1F}]';

const decoders: Rewrites = {
  Replace: literalReplace,
  // The library always drops the first space; without a prepended one there is none to drop.
  Metaspace: (config) =>
    prependScheme(config) === 'never' ? replace({ String: textOr('▁', config['replacement']) }, ' ') : config,
};

const preTokenizers: Rewrites = {
  Split: (config) =>
    split(sourceOf(config['pattern']), textOr('', config['behavior']), config['invert'] === true),
  Punctuation: (config) => split(punctuation, textOr('Isolated', config['behavior'])),
  Digits: (config) => split(config['individual_digits'] ? '\\p{N}' : '\\p{N}+', 'Isolated'),
  Whitespace: () => split(`[${word}]+|[^${word}\\s]+`, 'Removed', true),
  WhitespaceSplit: () => split('\\s+', 'Removed'),
  BertPreTokenizer: () => sequence('pretokenizers', split('\\s+', 'Removed'), split(punctuation, 'Isolated')),
  CharDelimiterSplit: (config) => split(escaped(textOr('', config['delimiter'])), 'Removed'),
  ByteLevel: (config) => {
    if (config['use_regex'] === false || config['add_prefix_space'] !== false) return config;
    return sequence('pretokenizers', split(byteLevelWords, 'Isolated'), { ...config, use_regex: false });
  },
  Metaspace: (config) => {
    const replacement = textOr('▁', config['replacement']);
    const metaspace = { ...config, prepend_scheme: prependScheme(config) };
    if (config['split'] === false) return metaspace;
    return sequence('pretokenizers', metaspace, split(escaped(replacement), 'MergedWithNext'));
  },
};

const word = '\\p{Alphabetic}\\p{M}\\p{Nd}\\p{Pc}\\p{Join_Control}';
/**
 * Where no merge joins a character and a `▁` after it, a text cut before each `▁` merges as the whole text does, at a
 * fraction of the cost: short words, most of them met before.
 */
function spaceWords(model: unknown): Json | null {
  const { merges } = isPlainObject(model) ? model : {};
  if (!Array.isArray(merges)) return null;
  const joined = merges.map((merge: unknown) => (Array.isArray(merge) ? merge.join('') : textOr('', merge)));
  if (joined.some((token) => /[^▁]▁/.test(token.replace(' ', '')))) return null;
  return { type: 'Split', pattern: { Regex: '▁*[^▁]+|▁+' }, behavior: 'Removed', invert: true };
}

const punctuation = '[\\p{P}$+<=>^`|~]';
const byteLevelWords = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

const prependScheme = (config: Json) =>
  config['prepend_scheme'] ?? (config['add_prefix_space'] === false ? 'never' : 'always');

const escaped = (text: string) => text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
const sourceOf = (pattern: unknown) =>
  isPlainObject(pattern) && typeof pattern['Regex'] === 'string'
    ? pattern['Regex']
    : escaped(textOr('', isPlainObject(pattern) ? pattern['String'] : pattern));

/**
 * A split as a regular expression whose matches are the pieces: of what the library's own Split knows, keeping all matches
 * (`invert: true`) is the one form that says every behaviour.
 */
function split(source: string, behavior: string, invert = false): Json {
  const match = `(?:${source})`;
  const other = `(?:(?!${source})[\\s\\S])+`;
  const [delimiter, rest] = invert ? [other, match] : [match, other];
  const pieces: Record<string, string> = {
    Removed: rest,
    Isolated: `${match}|${other}`,
    Contiguous: `(?:${delimiter})+|${rest}`,
    MergedWithPrevious: `(?:${rest})?${delimiter}|${rest}`,
    MergedWithNext: `${delimiter}(?:${rest})?|${rest}`,
  };
  return { type: 'Split', pattern: { Regex: pieces[behavior] ?? source }, behavior: 'Removed', invert: true };
}
