/** Builds the WGSL of one dispatch: bindings by slot, sizes as parameters, windows and tile code as functions. */
import { isBlock, type BlockDType, type Reg, type ScalarDType } from '../dtype.js';
import { IOTA, type Operand, type TileCode } from '../plan/plan.js';
import { bitsOf, scalarOf, unsupported, wordOf, type Word } from './scalars.js';
import { shaders } from './sources.js';
import { needed, readLibrary } from './wgsl/library.js';
import { expandTemplate } from './wgsl/template.js';

const library = readLibrary([shaders['wgsl/math.wgsl'], shaders['wgsl/convert.wgsl']]);

/** Storage whose elements share words with others: stores merge bits. */
const narrow: Partial<Record<ScalarDType, { bits: number; load: (bits: string) => string; store: string }>> =
  {
    f16: { bits: 16, load: (bits) => `mia_f16_to_f32(${bits})`, store: 'mia_f32_to_f16' },
    bf16: { bits: 16, load: (bits) => `mia_bf16_to_f32(${bits})`, store: 'mia_f32_to_bf16' },
    i8: { bits: 8, load: (bits) => `mia_wrap_i8(bitcast<i32>(${bits}))`, store: 'bitcast<u32>' },
    u8: { bits: 8, load: (bits) => `bitcast<i32>(${bits})`, store: 'bitcast<u32>' },
    i16: { bits: 16, load: (bits) => `mia_wrap_i16(bitcast<i32>(${bits}))`, store: 'bitcast<u32>' },
    u16: { bits: 16, load: (bits) => `bitcast<i32>(${bits})`, store: 'bitcast<u32>' },
    bool: { bits: 8, load: (bits) => `bitcast<i32>(${bits})`, store: 'bitcast<u32>' },
  };
const blockDTypes = ['q8_0', 'q4_0', 'q4_k', 'q6_k'] as const;
const wide = (dtype: string): boolean => ['f64', 'i64', 'u64'].includes(dtype);
const regType = (dtype: ScalarDType | BlockDType): Word =>
  isBlock(dtype) || dtype === 'f32' || dtype === 'f16' || dtype === 'bf16'
    ? 'f32'
    : dtype === 'u32'
      ? 'u32'
      : wide(dtype)
        ? 'vec2<u32>'
        : 'i32';

export interface Program {
  /** The op of its step. */
  readonly label: string;
  readonly code: string;
  /** By binding, from 1 on. Binding 0 is the parameters. */
  readonly slots: readonly number[];
  readonly params: Uint32Array;
}

/** The slot that steps report bad indices in: four words, the step and the index. */
export const STATUS = -2;

export class ShaderBuilder {
  readonly #params: number[] = [];
  readonly #slots: number[] = [];
  readonly #written = new Set<number>();
  readonly #merged = new Set<number>();
  readonly #functions: string[] = [];
  #names = 0;

  /** `place`: the slot in whose memory another one lies. */
  constructor(
    readonly op: string,
    private readonly place: (slot: number) => number = (slot) => slot,
  ) {}

  /** A number that the text does not depend on; the expression that reads it. */
  uint(value: number): string {
    const at = this.#params.push(value >>> 0) - 1;
    return `P[${at >> 2}].${'xyzw'[at & 3]}`;
  }
  float(value: number): string {
    return `bitcast<f32>(${this.uint(bitsOf(value, 'f32')[0])})`;
  }
  /** A constant of a register type. */
  constant(value: number, reg: Reg): string {
    const words = bitsOf(value, reg).map((bits) => this.uint(bits));
    const word = wordOf(reg);
    return word === 'vec2<u32>'
      ? `vec2<u32>(${words.join(', ')})`
      : word === 'u32'
        ? words[0]
        : `bitcast<${word}>(${words[0]})`;
  }

  add(text: string): void {
    this.#functions.push(text);
  }
  name(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  #binding(given: number): string {
    const slot = this.place(given);
    let at = this.#slots.indexOf(slot);
    if (at < 0) at = this.#slots.push(slot) - 1;
    return `b${at}`;
  }
  /** An expression of word `index` of a slot; how depends on what else the shader does with it. */
  #word(slot: number, index: string): string {
    return `read_${this.#binding(slot)}(${index})`;
  }

  /** The name of a function from a linear index over the operand's loops to an offset in elements. */
  offset(o: Operand): string {
    const name = this.name('at');
    const first = this.uint(o.offset);
    const dims = o.sizes.map((size, i) => ({ size, stride: o.strides[i] })).filter((d) => d.size !== 1);
    const body: string[] = [];
    if (dims.every((d) => d.stride === 0)) body.push(`return ${first};`);
    else if (dims.length === 1) {
      body.push(`return ${first} + i * ${this.uint(dims[0].stride)};`);
    } else {
      body.push(`var rest = i;`, `var at = ${first};`);
      for (const { size, stride } of dims.slice(1).reverse()) {
        const s = this.uint(size);
        body.push(`at += (rest % ${s}) * ${this.uint(stride)};`, `rest /= ${s};`);
      }
      body.push(`return at + rest * ${this.uint(dims[0].stride)};`);
    }
    this.add(`fn ${name}(i: u32) -> u32 {\n  ${body.join('\n  ')}\n}`);
    return name;
  }

  /** The name of a function that reads the element at an offset. */
  element(slot: number, dtype: ScalarDType | BlockDType): string {
    const name = this.name('load');
    if (isBlock(dtype)) {
      const formats = Object.fromEntries(blockDTypes.map((format) => [format, format === dtype]));
      const read = `read_${this.#binding(slot)}`;
      this.add(expandTemplate(shaders['wgsl/blocks.wgsl'], { ...formats, name, read }));
    } else this.add(`fn ${name}(at: u32) -> ${regType(dtype)} {\n  ${this.#read(slot, dtype)}\n}`);
    return name;
  }

  #read(slot: number, dtype: ScalarDType): string {
    if (slot === IOTA) {
      if (dtype === 'f64') throw unsupported(this.op, 'arithmetic of f64');
      const type = regType(dtype);
      return wide(dtype)
        ? 'return vec2<u32>(at, 0u);'
        : `return ${type}(${type === 'i32' ? 'bitcast<i32>(at)' : type === 'f32' ? 'bitcast<i32>(at)' : 'at'});`;
    }
    const form = narrow[dtype];
    if (form) {
      const per = 32 / form.bits;
      const word = this.#word(slot, `at / ${per}u`);
      const bits = `((${word} >> ((at % ${per}u) * ${form.bits}u)) & ${2 ** form.bits - 1}u)`;
      return `return ${form.load(bits)};`;
    }
    if (wide(dtype))
      return `return vec2<u32>(${this.#word(slot, 'at * 2u')}, ${this.#word(slot, 'at * 2u + 1u')});`;
    if (!['f32', 'i32', 'u32'].includes(dtype)) throw unsupported(this.op, `direct access to ${dtype}`);
    const word = this.#word(slot, 'at');
    return `return ${dtype === 'u32' ? word : `bitcast<${dtype}>(${word})`};`;
  }

  /** The name of a function that reads an operand at a linear index. */
  load(o: Operand): string {
    const name = this.name('get');
    const [at, read] = [this.offset(o), this.element(o.slot, o.dtype)];
    this.add(`fn ${name}(i: u32) -> ${regType(o.dtype)} { return ${read}(${at}(i)); }`);
    return name;
  }

  /** The name of a function (offset, value) that writes one element. */
  writer(slot: number, dtype: ScalarDType): string {
    const name = this.name('put');
    const binding = this.#binding(slot);
    this.#written.add(this.place(slot));
    const form = narrow[dtype];
    let body: string;
    if (form) {
      this.#merged.add(this.place(slot));
      const per = 32 / form.bits;
      const mask = `${2 ** form.bits - 1}u`;
      body = `let shift = (at % ${per}u) * ${form.bits}u;
  atomicAnd(&${binding}[at / ${per}u], ~(${mask} << shift));
  atomicOr(&${binding}[at / ${per}u], (${form.store}(v) & ${mask}) << shift);`;
    } else if (wide(dtype)) body = `write_${binding}(at * 2u, v.x);\n  write_${binding}(at * 2u + 1u, v.y);`;
    else body = `write_${binding}(at, bitcast<u32>(v));`;
    this.add(`fn ${name}(at: u32, v: ${regType(dtype)}) {\n  ${body}\n}`);
    return name;
  }

  /** The name of a function (linear index, value) that writes an operand. */
  store(o: Operand): string {
    const name = this.name('set');
    const [at, put] = [this.offset(o), this.writer(o.slot, o.dtype as ScalarDType)];
    this.add(`fn ${name}(i: u32, v: ${regType(o.dtype)}) { ${put}(${at}(i), v); }`);
    return name;
  }

  /** Tile code as a function: of the index, for an epilogue also of the anchor's value. A prologue gives its result. */
  tile(code: TileCode, input?: Word): { name: string; type: Word } {
    const name = this.name('tile');
    const regs = new Map<number, { code: string; type: Word }>();
    for (const c of code.consts)
      regs.set(c.reg, { code: this.constant(c.value, c.type), type: wordOf(c.type) });
    if (input) regs.set(0, { code: 'x', type: input });
    const lines: string[] = [];
    code.code.forEach((instr, n) => {
      const value =
        instr.op === 'load'
          ? {
              code: `${this.load(code.operands[instr.args[0]])}(i)`,
              type: regType(code.operands[instr.args[0]].dtype),
            }
          : scalarOf(
              instr.op,
              instr.args.map((a) => regs.get(a)!.code),
              this.op,
            );
      lines.push(`let v${n} = ${value.code};`);
      regs.set(instr.dst, { code: `v${n}`, type: value.type });
    });
    for (const s of code.stores)
      lines.push(`${this.store(code.operands[s.operand])}(i, ${regs.get(s.reg)!.code});`);
    const result = code.stores.length === 0 ? regs.get(code.result)! : undefined;
    if (result) lines.push(`return ${result.code};`);
    const takes = input ? `i: u32, x: ${input}` : 'i: u32';
    this.add(`fn ${name}(${takes})${result ? ` -> ${result.type}` : ''} {\n  ${lines.join('\n  ')}\n}`);
    return { name, type: result?.type ?? 'f32' };
  }

  /** Statements that note an index which is out of range, once. */
  fail(step: number): string {
    const binding = this.#binding(STATUS);
    this.#written.add(STATUS);
    this.#merged.add(STATUS);
    const s = this.uint(step + 1);
    return `if (atomicMax(&${binding}[0], ${s}) < ${s}) { atomicStore(&${binding}[1], bitcast<u32>(bad)); }`;
  }

  /** A source of lib/webgpu/kernels, with its placeholders filled. */
  kernel(file: string, values: Readonly<Record<string, string | number | boolean>>): void {
    this.add(expandTemplate(shaders[`kernels/${file}.wgsl`], values));
  }

  finish(): Program {
    const bindings = this.#slots.map((slot, i) => {
      const merged = this.#merged.has(slot);
      const access = this.#written.has(slot) ? 'read_write' : 'read';
      return `@group(0) @binding(${i + 1}) var<storage, ${access}> b${i}: array<${merged ? 'atomic<u32>' : 'u32'}>;
fn read_b${i}(at: u32) -> u32 { return ${merged ? `atomicLoad(&b${i}[at])` : `b${i}[at]`}; }${
        access === 'read'
          ? ''
          : `\nfn write_b${i}(at: u32, v: u32) { ${merged ? `atomicStore(&b${i}[at], v)` : `b${i}[at] = v`}; }`
      }`;
    });
    const words = Math.max(4, Math.ceil(this.#params.length / 4) * 4);
    const params = new Uint32Array(words);
    params.set(this.#params);
    const code = [
      `@group(0) @binding(0) var<uniform> P: array<vec4<u32>, ${words / 4}>;`,
      ...bindings,
      ...needed(library, this.#functions.join('\n')),
      ...this.#functions,
    ].join('\n');
    return { label: this.op, code, slots: this.#slots, params };
  }
}
