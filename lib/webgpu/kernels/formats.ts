/**
 * How elements of a stored matrix are read in WGSL, one row a format. An index counts elements from the start of the buffer.
 * Block formats are repacked to two buffers: quants as 16-byte multiples (q8_0: 32 i8 a block; q4_0: 16 bytes, byte j holds elements j
 * and j + 16), and the blocks' f16 scales alone, two a u32, in the order of the blocks.
 */
export type Format = 'f32' | 'f16' | 'bf16' | 'q8_0' | 'q4_0';

export interface FormatCode {
  /** What one load4 reads: the binding's element. */
  readonly quad: string;
  /** vec4<f32> of the four elements from `i`, a multiple of four. */
  readonly load4: (buffer: string) => string;
  /** What one load1 reads, and the element at any index; none for blocks. */
  readonly single?: { readonly word: string; readonly load1: (buffer: string) => string };
  /** Elements in 16 bytes, and vec4<f32> number `v` of them from `raw: vec4<u32>`; blocks are scaled by `d: f32` afterwards. */
  readonly chunk: number;
  readonly quadOfChunk: (v: number) => string;
  /** What each of those elements is too large by, before its block's scale. */
  readonly centre: number;
  readonly blocks: boolean;
}

const half = (word: string) => `unpack2x16float(${word})`;
const brain = (word: string) => `bitcast<f32>(${word} << 16u), bitcast<f32>(${word} & 0xffff0000u)`;

export const FORMATS: Readonly<Record<Format, FormatCode>> = {
  f32: {
    quad: 'vec4<f32>',
    load4: (b) => `return ${b}[i / 4u];`,
    single: { word: 'f32', load1: (b) => `return ${b}[i];` },
    chunk: 4,
    quadOfChunk: () => 'bitcast<vec4<f32>>(raw)',
    centre: 0,
    blocks: false,
  },
  f16: {
    quad: 'vec2<u32>',
    load4: (b) => `let w = ${b}[i / 4u]; return vec4<f32>(${half('w.x')}, ${half('w.y')});`,
    single: { word: 'u32', load1: (b) => `return ${half(`${b}[i / 2u]`)}[i % 2u];` },
    chunk: 8,
    quadOfChunk: (v) => `vec4<f32>(${half(`raw[${2 * v}]`)}, ${half(`raw[${2 * v + 1}]`)})`,
    centre: 0,
    blocks: false,
  },
  bf16: {
    quad: 'vec2<u32>',
    load4: (b) => `let w = ${b}[i / 4u]; return vec4<f32>(${brain('w.x')}, ${brain('w.y')});`,
    single: { word: 'u32', load1: (b) => `return bitcast<f32>((${b}[i / 2u] >> (16u * (i % 2u))) << 16u);` },
    chunk: 8,
    quadOfChunk: (v) => `vec4<f32>(${brain(`raw[${2 * v}]`)}, ${brain(`raw[${2 * v + 1}]`)})`,
    centre: 0,
    blocks: false,
  },
  q8_0: {
    quad: 'u32',
    load4: (b) => `return vec4<f32>(unpack4xI8(${b}[i / 4u])) * ${b}_scale(i / 32u);`,
    chunk: 16,
    quadOfChunk: (v) => `vec4<f32>(unpack4xI8(raw[${v}]))`,
    centre: 0,
    blocks: true,
  },
  q4_0: {
    quad: 'u32',
    load4: (b) =>
      `let w = (${b}[i / 32u * 4u + i % 16u / 4u] >> (i % 32u / 16u * 4u)) & 0x0f0f0f0fu;
  return (vec4<f32>(unpack4xU8(w)) - 8.0) * ${b}_scale(i / 32u);`,
    chunk: 32,
    // Quads 0-3 are the low nibbles of the words, 4-7 the high ones.
    quadOfChunk: (v) => `vec4<f32>(unpack4xU8((raw[${v % 4}] >> ${v > 3 ? 4 : 0}u) & 0x0f0f0f0fu))`,
    centre: 8,
    blocks: true,
  },
};

/** `fn NAME_scale(block)`: f16 scales out of `NAME_scales: array<u32>`. */
export function scaleCode(name: string, binding: number): string {
  return `@group(0) @binding(${binding}) var<storage, read> ${name}_scales: array<u32>;
fn ${name}_scale(block: u32) -> f32 { return unpack2x16float(${name}_scales[block / 2u])[block % 2u]; }`;
}

/** The binding of an operand and `NAME_at4(i) -> vec4<f32>`, or `NAME_at1(i) -> f32` where rows do not start at multiples of four. */
export function loaderCode(
  name: string,
  format: Format,
  aligned: boolean,
  binding: number,
  scalesBinding: number,
): string {
  const code = FORMATS[format];
  if (!aligned && !code.single) throw new Error(`${format}: blocks are aligned`);
  const [word, signature, body] = aligned
    ? [code.quad, `fn ${name}_at4(i: u32) -> vec4<f32>`, code.load4(name)]
    : [code.single!.word, `fn ${name}_at1(i: u32) -> f32`, code.single!.load1(name)];
  return [
    `@group(0) @binding(${binding}) var<storage, read> ${name}: array<${word}>;`,
    ...(code.blocks ? [scaleCode(name, scalesBinding)] : []),
    `${signature} { ${body} }`,
  ].join('\n');
}
