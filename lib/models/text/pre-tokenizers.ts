/** How byte-level BPE cuts text into words before merging: GGUF's names of it (`tokenizer.ggml.pre`) in tokenizer.json's terms. */
import type { Json } from './tokenizer-json.js';

interface PreTokenizer {
  readonly preTokenizer: Json;
  readonly normalizer?: Json;
  /** A word that is a token is that token, whatever the merges say. */
  readonly ignoreMerges?: boolean;
  /** Whether texts begin with bos where the file does not say. */
  readonly addBos?: boolean;
}

const isolated = (regex: string): Json => ({
  type: 'Split',
  pattern: { Regex: regex },
  behavior: 'Isolated',
  invert: false,
});
const bytes: Json = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: false, use_regex: false };
const words = (...regexes: string[]): Json => ({
  type: 'Sequence',
  pretokenizers: [...regexes.map(isolated), bytes],
});

const contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
const spaces = '\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+';
/** GPT-4's words, with numbers cut into groups of at most so many digits. */
const gpt4 = (numbers: string) =>
  `${contractions}|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|${numbers}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|${spaces}`;
const gpt2 = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
/** Words by case, as GPT-4o and Tekken cut them. */
const upper = '[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]';
const lower = '[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]';
const cased = (numbers: string, suffix: string) =>
  `[^\\r\\n\\p{L}\\p{N}]?${upper}*${lower}+${suffix}|[^\\r\\n\\p{L}\\p{N}]?${upper}+${lower}*${suffix}|${numbers}` +
  `| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|${spaces}`;

const families: readonly (PreTokenizer & { readonly names: string })[] = [
  {
    names: 'gpt-2 phi-2 mpt olmo jina-es jina-de jina-v2-es jina-v2-de roberta-bpe',
    preTokenizer: words(gpt2),
  },
  { names: 'smollm starcoder refact command-r codeshell', preTokenizer: words('\\p{N}', gpt2) },
  {
    names: 'llama-bpe llama3 llama-v3 falcon3 pixtral',
    preTokenizer: words(gpt4('\\p{N}{1,3}')),
    ignoreMerges: true,
    addBos: true,
  },
  { names: 'dbrx smaug-bpe glm4 chatglm-bpe', preTokenizer: words(gpt4('\\p{N}{1,3}')) },
  {
    names: 'qwen2 deepseek-r1-qwen megrez',
    preTokenizer: words(gpt4('\\p{N}')),
    normalizer: { type: 'NFC' },
  },
  { names: 'stablelm2', preTokenizer: words(gpt4('\\p{N}')) },
  { names: 'tekken', preTokenizer: words(cased('\\p{N}', '')), ignoreMerges: true, addBos: true },
  { names: 'gpt-4o', preTokenizer: words(cased('\\p{N}{1,3}', `${contractions}?`)) },
  {
    names: 'default',
    preTokenizer: words(
      '[\\p{P}$+<=>^~|]+',
      gpt2.replace('|\\s+(?!\\S)|\\s+', '|\\s+(?!\\S)'),
      '\\p{N}+',
      '[0-9][0-9][0-9]',
    ),
  },
];

export const ggufPreTokenizers: ReadonlyMap<string, PreTokenizer> = new Map(
  families.flatMap((family) => family.names.split(' ').map((name) => [name, family] as const)),
);
