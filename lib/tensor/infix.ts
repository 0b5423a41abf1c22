/** Reads infix formulas with holes: text between values, as a template tag gets it. */
import { MiaError } from '../errors.js';

/** A formula as data: a number, the value of a hole, or an op over formulas. */
export type Formula =
  number | { readonly hole: number } | { readonly op: InfixOp; readonly args: readonly Formula[] };
export type InfixOp = 'add' | 'sub' | 'mul' | 'div' | 'pow' | 'matmul' | 'neg';

/** Operators of two sides that group to the left, loosest first. */
const levels: readonly Readonly<Record<string, InfixOp>>[] = [
  { '+': 'add', '-': 'sub' },
  { '*': 'mul', '/': 'div', '@': 'matmul' },
];

type Token = string | { readonly hole: number };
const token = /\s*(\*\*|[-+*/@()]|(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)/y;

/** Throws ERR_FORMAT where the text is no formula. `texts` has one more element than there are holes. */
export function parseInfix(texts: readonly string[]): Formula {
  const tokens = texts.flatMap((text, i) => [...(i > 0 ? [{ hole: i - 1 }] : []), ...tokensOf(text)]);
  let at = 0;
  const accept = (...wanted: string[]): string | undefined => {
    const next = tokens[at];
    if (typeof next !== 'string' || !wanted.includes(next)) return undefined;
    at++;
    return next;
  };

  const chain = (level: number): Formula => {
    const ops = levels[level];
    if (!ops) return negation();
    let left = chain(level + 1);
    for (let sign = accept(...Object.keys(ops)); sign; sign = accept(...Object.keys(ops))) {
      left = { op: ops[sign], args: [left, chain(level + 1)] };
    }
    return left;
  };
  // As in Python: -a ** b is -(a ** b), and a ** -b is fine.
  const negation = (): Formula => (accept('-') ? { op: 'neg', args: [negation()] } : power());
  const power = (): Formula => {
    const base = atom();
    return accept('**') ? { op: 'pow', args: [base, negation()] } : base;
  };
  const atom = (): Formula => {
    if (accept('(')) {
      const inside = chain(0);
      if (!accept(')')) throw unexpected(tokens[at], "')'");
      return inside;
    }
    const next = tokens[at++];
    if (typeof next === 'object') return next;
    if (next !== undefined && /^[.\d]/.test(next)) return Number(next);
    throw unexpected(next, "a value, a number, '-' or '('");
  };

  const formula = chain(0);
  if (at < tokens.length) throw unexpected(tokens[at], 'an operator');
  return formula;
}

function tokensOf(text: string): string[] {
  const found: string[] = [];
  token.lastIndex = 0;
  let end = 0;
  for (let match = token.exec(text); match; match = token.exec(text)) {
    found.push(match[1]);
    end = token.lastIndex;
  }
  const rest = text.slice(end).trim();
  if (rest) throw unexpected(rest[0], 'one of + - * / ** @ ( ) and numbers');
  return found;
}

function unexpected(found: Token | undefined, expected: string): MiaError {
  const actual = found === undefined ? 'the end' : typeof found === 'string' ? `'${found}'` : 'a value';
  return new MiaError('ERR_FORMAT', 'expr', { message: 'not a formula', expected, actual });
}
