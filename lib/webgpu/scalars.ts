/** Opcodes of tile code as WGSL. 64-bit numbers are pairs of words: they are moved and compared, never computed with. */
import type { Reg } from '../dtype.js';
import { MiaError } from '../errors.js';

export type Word = 'f32' | 'i32' | 'u32' | 'vec2<u32>';
/** The WGSL type of a register. */
export const wordOf = (reg: Reg): Word =>
  reg === 'f32' || reg === 'i32' || reg === 'u32' ? reg : 'vec2<u32>';

type Emit = (...args: string[]) => string;
const call =
  (name: string): Emit =>
  (...args) =>
    `${name}(${args.join(', ')})`;
const infix =
  (operator: string): Emit =>
  (a, b) =>
    `(${a} ${operator} ${b})`;
const asBit =
  (test: Emit): Emit =>
  (...args) =>
    `select(0, 1, ${test(...args)})`;

const floats: Record<string, Emit> = {
  add: infix('+'),
  sub: infix('-'),
  mul: infix('*'),
  neg: call('mia_neg'),
  abs: call('mia_abs'),
  floor: call('mia_floor'),
  ceil: call('mia_ceil'),
};
for (const name of 'div mod pow min max sign sqrt rsqrt recip round exp log tanh erf sin cos'.split(' '))
  floats[name] = call(`mia_${name}`);
for (const name of ['eq', 'ne', 'lt', 'le']) floats[name] = asBit(call(`mia_${name}`));

const integers = (type: 'i32' | 'u32'): Record<string, Emit> => ({
  add: infix('+'),
  sub: infix('-'),
  mul: infix('*'),
  neg: (a) => (type === 'i32' ? `(-${a})` : `(0u - ${a})`),
  abs: (a) => (type === 'i32' ? `abs(${a})` : a),
  sign: (a) => (type === 'i32' ? `sign(${a})` : `min(${a}, 1u)`),
  min: call('min'),
  max: call('max'),
  ...Object.fromEntries(['div', 'mod', 'pow'].map((name) => [name, call(`mia_${name}_${type}`)])),
  ...Object.fromEntries(
    Object.entries({ eq: '==', ne: '!=', lt: '<', le: '<=' }).map(([name, op]) => [name, asBit(infix(op))]),
  ),
});

const byType: Partial<Record<Reg, Record<string, Emit>>> = {
  f32: floats,
  i32: {
    ...integers('i32'),
    and: infix('&'),
    or: infix('|'),
    xor: infix('^'),
    not: (a) => `(1 - ${a})`,
  },
  u32: integers('u32'),
};
const wide: Record<string, Emit> = {
  eq: asBit((a, b) => `all(${a} == ${b})`),
  ne: asBit((a, b) => `any(${a} != ${b})`),
};
const casts: Record<string, Emit> = {
  'f32.i32': call('mia_f32_to_i32'),
  'f32.u32': call('mia_f32_to_u32'),
  'i32.f32': call('f32'),
  'u32.f32': call('mia_u32_to_f32'),
  'i32.u32': call('bitcast<u32>'),
  'u32.i32': call('bitcast<i32>'),
  'i32.i64': (a) => `vec2<u32>(bitcast<u32>(${a}), bitcast<u32>(${a} >> 31u))`,
  'i32.u64': (a) => `vec2<u32>(bitcast<u32>(${a}), bitcast<u32>(${a} >> 31u))`,
  'u32.i64': (a) => `vec2<u32>(${a}, 0u)`,
  'u32.u64': (a) => `vec2<u32>(${a}, 0u)`,
  'i64.i32': (a) => `bitcast<i32>(${a}.x)`,
  'u64.i32': (a) => `bitcast<i32>(${a}.x)`,
  'i64.u32': (a) => `${a}.x`,
  'u64.u32': (a) => `${a}.x`,
  'i64.u64': (a) => a,
  'u64.i64': (a) => a,
};

const isHalf = (type: string): boolean => type === 'f16' || type === 'bf16';

/** `add.f32`, `cast.i32.f32`, `select.f32`... over expressions, and the register type of what it gives. */
export function scalarOf(opcode: string, args: readonly string[], op: string): { code: string; type: Word } {
  const [name, from, to] = opcode.split('.') as [string, Reg, Reg];
  const compares = ['eq', 'ne', 'lt', 'le'].includes(name);
  const emit =
    name === 'mov'
      ? (a: string) => a
      : name === 'select'
        ? (c: string, a: string, b: string) => `select(${b}, ${a}, ${c} != 0)`
        : name === 'cast'
          ? from === to
            ? (a: string) => a
            : casts[`${from}.${to}`]
          : name === 'wrap' || (name === 'round' && isHalf(from))
            ? call(`mia_${name}_${from}`)
            : (from === 'f64' ? {} : (byType[from] ?? wide))[name];
  if (!emit) throw unsupported(op, opcode);
  const type = compares
    ? 'i32'
    : name === 'wrap'
      ? 'i32'
      : name === 'cast'
        ? wordOf(to)
        : name === 'round' && isHalf(from)
          ? 'f32'
          : wordOf(from);
  return { code: emit(...args), type };
}

/** A number as the bits of a register. */
export function bitsOf(value: number, reg: Reg): number[] {
  if (reg === 'f32') return [...new Uint32Array(Float32Array.of(value).buffer)];
  if (reg === 'i32' || reg === 'u32') return [value >>> 0];
  if (reg === 'f64') return [...new Uint32Array(Float64Array.of(value).buffer)];
  const whole = BigInt.asUintN(64, BigInt(value));
  return [Number(whole & 0xffffffffn), Number(whole >> 32n)];
}

export const unsupported = (op: string, what: string): MiaError =>
  new MiaError('ERR_UNSUPPORTED', op, {
    message: `WebGPU has no ${what}: its shaders compute with f32, i32 and u32`,
    expected: 'other dtypes, or the CPU device',
  });
