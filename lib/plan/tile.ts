import { kindOf, regOf, laneOf, type DType, type Reg } from '../dtype.js';
import { opcode, type Scalar } from '../ir/scalar.js';
import type { Operand, TileCode, TileConst, TileInstr } from './plan.js';

/** A value of the code being built: its number and the dtype whose rules it follows. */
export interface Val {
  readonly id: number;
  readonly dtype: DType;
}

interface Instr {
  readonly op: string;
  readonly args: readonly number[];
  readonly value?: number;
  readonly type: Reg;
}

/** Thrown when a step needs more registers than kernels have; the planner then fuses less. */
export class TooManyRegisters extends Error {}

export const MAX_REGS = 32;
const INPUT = 'input';

const limits: Partial<Record<DType, readonly [number, number]>> = {
  i8: [-128, 127],
  u8: [0, 255],
  i16: [-32768, 32767],
  u16: [0, 65535],
};
const isFloat = (reg: Reg): boolean => reg[0] === 'f';

/** Builds the code of one zone: every value once (equal ones are shared), then registers by last use. */
export class TileBuilder {
  readonly #instrs: Instr[] = [];
  readonly #known = new Map<string, number>();
  readonly #operands: Operand[] = [];
  readonly #stores: { id: number; operand: number }[] = [];

  /** The value that the anchor's kernel leaves for the epilogue. */
  input(dtype: DType): Val {
    return this.#wrapped({ id: this.#emit(INPUT, [], regOf(dtype)), dtype });
  }

  load(operand: Operand, dtype: DType): Val {
    return { id: this.#emit('load', [this.operand(operand)], regOf(dtype)), dtype };
  }

  constant(value: number, dtype: DType): Val {
    return { id: this.#emit('const', [], regOf(dtype), value), dtype };
  }

  store(value: Val, operand: Operand): void {
    this.#stores.push({ id: value.id, operand: this.operand(operand) });
  }

  /** An expression over values; constants take the dtype of the values around them. */
  scalar(expr: Scalar, args: readonly Val[]): Val {
    const main = args.find((a) => a.dtype !== 'bool')?.dtype ?? 'bool';
    const walk = (x: Scalar): Val => {
      if (x.op === 'arg') return args[x.index];
      if (x.op === 'const') return this.constant(x.value, main);
      const values = x.args.map(walk);
      const { result, wraps } = opcode(x.op);
      const operandType = (result === 'branch' ? values[1] : values[0]).dtype;
      const id = this.#emit(
        `${x.op}.${regOf(operandType)}`,
        values.map((v) => v.id),
        result === 'bool' ? 'i32' : regOf(operandType),
      );
      const value = { id, dtype: result === 'bool' ? 'bool' : operandType } as const;
      return wraps ? this.#wrapped(value) : value;
    };
    return walk(expr);
  }

  /** Conversion of values between dtypes: `to`. */
  convert(value: Val, dtype: DType): Val {
    if (value.dtype === dtype) return value;
    const [from, to] = [regOf(value.dtype), regOf(dtype)];
    if (dtype === 'bool') {
      const zero = this.constant(0, value.dtype);
      return { id: this.#emit(`ne.${from}`, [value.id, zero.id], 'i32'), dtype };
    }
    let v = value;
    const limit = limits[dtype];
    if (limit && isFloat(from)) {
      // saturate, as the wide integers do
      v = {
        id: this.#emit(`max.${from}`, [v.id, this.constant(limit[0], v.dtype).id], from),
        dtype: v.dtype,
      };
      v = {
        id: this.#emit(`min.${from}`, [v.id, this.constant(limit[1], v.dtype).id], from),
        dtype: v.dtype,
      };
    }
    const id = from === to ? v.id : this.#emit(`cast.${from}.${to}`, [v.id], to);
    if (dtype === 'f16' || dtype === 'bf16') return { id: this.#emit(`round.${dtype}`, [id], 'f32'), dtype };
    return isFloat(from) ? { id, dtype } : this.#wrapped({ id, dtype });
  }

  /** Narrow integers compute in i32: back into their range. */
  #wrapped(value: Val): Val {
    return limits[laneOf(value.dtype)] && kindOf(value.dtype) !== 'float'
      ? { id: this.#emit(`wrap.${laneOf(value.dtype)}`, [value.id], 'i32'), dtype: value.dtype }
      : value;
  }

  /** The index of an operand, the same for the same window. */
  operand(operand: Operand): number {
    const same = (o: Operand): boolean =>
      o.slot === operand.slot &&
      o.dtype === operand.dtype &&
      o.offset === operand.offset &&
      o.sizes.join() === operand.sizes.join() &&
      o.strides.join() === operand.strides.join();
    const known = this.#operands.findIndex(same);
    return known >= 0 ? known : this.#operands.push(operand) - 1;
  }

  #emit(op: string, args: readonly number[], type: Reg, value?: number): number {
    const key = `${op}:${type}:${args.join()}:${Object.is(value, -0) ? '-0' : value}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const id = this.#instrs.push({ op, args, type, value }) - 1;
    this.#known.set(key, id);
    return id;
  }

  /** The finished code. `result`: the value that a prologue leaves. */
  finish(result?: Val): TileCode {
    const instrs = this.#instrs;
    const lastUse = new Int32Array(instrs.length).fill(-1);
    instrs.forEach((instr, i) => {
      if (instr.op !== 'load') for (const a of instr.args) lastUse[a] = i;
    });
    for (const id of [...this.#stores.map((s) => s.id), ...(result ? [result.id] : [])])
      lastUse[id] = instrs.length;

    const reg = new Int32Array(instrs.length);
    const free: number[] = [];
    let regs = 0;
    const take = (): number => free.pop() ?? regs++;
    const consts: TileConst[] = [];
    const code: TileInstr[] = [];
    const input = instrs.findIndex((i) => i.op === INPUT);
    if (input >= 0) reg[input] = take(); // register 0
    for (const [i, instr] of instrs.entries()) {
      // filled once per call: a register of their own
      if (instr.op === 'const')
        consts.push({ reg: (reg[i] = regs++), type: instr.type, value: instr.value! });
    }
    for (const [i, instr] of instrs.entries()) {
      if (instr.op === 'const' || instr.op === INPUT) continue;
      const args = instr.op === 'load' ? instr.args : instr.args.map((a) => reg[a]);
      if (instr.op !== 'load') {
        for (const a of new Set(instr.args))
          if (lastUse[a] === i && instrs[a].op !== 'const') free.push(reg[a]);
      }
      reg[i] = take();
      code.push({ op: instr.op, dst: reg[i], args });
      if (lastUse[i] === -1) free.push(reg[i]);
    }
    if (regs > MAX_REGS) throw new TooManyRegisters();
    return {
      operands: this.#operands,
      consts,
      code,
      regs,
      stores: this.#stores.map((s) => ({ reg: reg[s.id], operand: s.operand })),
      result: result ? reg[result.id] : 0,
    };
  }
}
