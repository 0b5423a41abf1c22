/**
 * Scalar expressions: what an elementwise op computes from one element of each input. Declared once, as data; every
 * device renders them its own way (CPU: opcodes of the tile interpreter, WebGPU: WGSL text), which is why they fuse.
 */

/** How an opcode types its result: like its operands, a bool, or like its branches. */
type Result = 'same' | 'bool' | 'branch';
interface ScalarOpcode {
  readonly arity: number;
  readonly result: Result;
  /** May leave the range of a narrow integer, so the value must wrap afterwards. */
  readonly wraps?: true;
  /** The meaning on JavaScript numbers: folds constants and is the reference that tests compare with. */
  readonly js: (...args: number[]) => number;
}

const bit = (value: boolean): number => (value ? 1 : 0);
const same = (arity: number, js: ScalarOpcode['js']): ScalarOpcode => ({ arity, result: 'same', js });
const wraps = (arity: number, js: ScalarOpcode['js']): ScalarOpcode => ({
  arity,
  result: 'same',
  wraps: true,
  js,
});
const bool = (arity: number, js: ScalarOpcode['js']): ScalarOpcode => ({ arity, result: 'bool', js });

/** Opcodes by name. Native code has each as `name.type` in native/kernels/scalars.def. */
export const scalarOpcodes = {
  add: wraps(2, (a, b) => a + b),
  sub: wraps(2, (a, b) => a - b),
  mul: wraps(2, (a, b) => a * b),
  div: wraps(2, (a, b) => a / b),
  mod: same(2, (a, b) =>
    Number.isFinite(b) || !Number.isFinite(a) ? a - b * Math.floor(a / b) : a * b < 0 ? b : a,
  ),
  pow: wraps(2, (a, b) => (a === 1 || b === 0 ? 1 : Math.pow(a, b))),
  min: same(2, (a, b) => (Number.isNaN(a) || Number.isNaN(b) ? NaN : Math.min(a, b))),
  max: same(2, (a, b) => (Number.isNaN(a) || Number.isNaN(b) ? NaN : Math.max(a, b))),
  neg: wraps(1, (a) => -a),
  abs: wraps(1, Math.abs),
  sign: same(1, Math.sign),
  exp: same(1, Math.exp),
  log: same(1, Math.log),
  sqrt: same(1, Math.sqrt),
  rsqrt: same(1, (a) => 1 / Math.sqrt(a)),
  recip: same(1, (a) => 1 / a),
  sin: same(1, Math.sin),
  cos: same(1, Math.cos),
  tanh: same(1, Math.tanh),
  erf: same(1, erf),
  floor: same(1, Math.floor),
  ceil: same(1, Math.ceil),
  round: same(1, roundHalfEven),
  eq: bool(2, (a, b) => bit(a === b)),
  ne: bool(2, (a, b) => bit(a !== b)),
  lt: bool(2, (a, b) => bit(a < b)),
  le: bool(2, (a, b) => bit(a <= b)),
  and: bool(2, (a, b) => bit(a !== 0 && b !== 0)),
  or: bool(2, (a, b) => bit(a !== 0 || b !== 0)),
  not: bool(1, (a) => bit(a === 0)),
  select: { arity: 3, result: 'branch', js: (c, a, b) => (c ? a : b) },
} as const satisfies Record<string, ScalarOpcode>;

export type ScalarOp = keyof typeof scalarOpcodes;
export const opcode = (op: ScalarOp): ScalarOpcode => scalarOpcodes[op];

/** An expression: an input, a number, or an opcode over expressions. Sharing a subexpression shares its value. */
export type Scalar =
  | { readonly op: 'arg'; readonly index: number }
  | { readonly op: 'const'; readonly value: number }
  | { readonly op: ScalarOp; readonly args: readonly Scalar[] };

export const arg = (index: number): Scalar => ({ op: 'arg', index });
export const num = (value: number): Scalar => ({ op: 'const', value });

type Operand = Scalar | number;
type Build = Record<ScalarOp, (...args: Operand[]) => Scalar>;
const lift = (x: Operand): Scalar => (typeof x === 'number' ? num(x) : x);

/** Builders, one per opcode: `s.mul(s.add(x, 1), 0.5)`. */
export const s = Object.fromEntries(
  Object.keys(scalarOpcodes).map((op) => [op, (...args: Operand[]) => ({ op, args: args.map(lift) })]),
) as unknown as Build;

/** The value of an expression in float64. */
export function evaluate(x: Scalar, args: readonly number[]): number {
  if (x.op === 'arg') return args[x.index];
  if (x.op === 'const') return x.value;
  return opcode(x.op).js(...x.args.map((a) => evaluate(a, args)));
}

/** Text of an expression with named inputs: `mul(x, recip(add(1, exp(neg(x)))))`. */
export function printScalar(x: Scalar, names: readonly string[] = ['x', 'y', 'z']): string {
  if (x.op === 'arg') return names[x.index] ?? `x${x.index}`;
  if (x.op === 'const') return String(x.value);
  return `${x.op}(${x.args.map((a) => printScalar(a, names)).join(', ')})`;
}

function roundHalfEven(a: number): number {
  const r = Math.round(a); // half goes up
  return r - a === 0.5 && r % 2 !== 0 ? r - 1 : r;
}

/**
 * erf to double precision: the Maclaurin series near zero, the continued fraction of erfc beyond
 * (Abramowitz and Stegun 7.1.6 and 7.1.14).
 */
function erf(x: number): number {
  if (Number.isNaN(x)) return NaN;
  const a = Math.abs(x);
  if (a > 6) return Math.sign(x);
  if (a < 2.5) {
    let term = x;
    let sum = x;
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (2 * x * x) / (2 * n + 1);
      sum += term;
    }
    return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
  }
  let f = 0;
  for (let k = 60; k > 0; k--) f = k / 2 / (a + f);
  return Math.sign(x) * (1 - Math.exp(-a * a) / (Math.sqrt(Math.PI) * (a + f)));
}
