/**
 * Tiles, text and dispatch grid of the three matmul kernels. Bindings of group 0 everywhere: 0 sizes, 1 C, 2 A, 3 B, 4 scales of B, 5 scales of A;
 * an epilogue's own start at 6.
 */
import { expandTemplate, type TemplateValues } from '../wgsl/template.js';
import { FORMATS, loaderCode, scaleCode, type Format } from './formats.js';

/** C[batch, M, N] = A[batch, M, K] B[batch, K, N]; `kContiguous` says that K is the operand's fast axis (A as it is, B transposed). */
export interface MatmulProblem {
  readonly batch: number;
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly a: MatmulOperand;
  readonly b: MatmulOperand;
  /** Operands may be rounded to f16 on the way to matrix units. */
  readonly halves: boolean;
}
export interface MatmulOperand {
  readonly format: Format;
  readonly kContiguous: boolean;
  /** The largest power of two, up to 32, that divides offset, row stride, batch stride and row length, in elements. */
  readonly alignment: number;
}
export interface MatmulLimits {
  readonly workgroupBytes: number;
  /** The smallest subgroup; 0 without subgroups. */
  readonly subgroupSize: number;
  /** f16 x f16 -> f32 subgroup matrices of 16 x 16 x 16, with subgroups of 32. */
  readonly subgroupMatrix: boolean;
}
export interface MatmulKernel {
  readonly source: 'matmul' | 'matmul_subgroup' | 'matvec';
  readonly values: TemplateValues;
  readonly grid: readonly [x: number, y: number, z: number];
}

export interface MatmulTiles {
  readonly tileM: number;
  readonly tileN: number;
  readonly tileK: number;
  readonly threadM: number;
  readonly threadN: number;
  readonly unroll: number;
}
export interface SubgroupTiles {
  readonly subgroupsM: number;
  readonly subgroupsN: number;
  readonly fragmentsM: number;
  readonly fragmentsN: number;
  readonly tileK: number;
  readonly buffers: 1 | 2;
  readonly skew: number;
}
export interface MatvecShape {
  /** Rows of A that share one reading of B. */
  readonly m: number;
  readonly threads: number;
  readonly lanes: number;
  readonly rows: number;
  readonly unroll: number;
  readonly staged: boolean;
}

/** Plain results: `store` writes f32 rows; an epilogue replaces it. */
export function plainStore(aligned: boolean): string {
  const to = 'sizes[3].x + batch * sizes[3].z + row * sizes[3].y + col';
  return aligned
    ? `@group(0) @binding(1) var<storage, read_write> c: array<vec4<f32>>;
fn store(batch: u32, row: u32, col: u32, value: vec4<f32>) { c[(${to}) / 4u] = value; }`
    : `@group(0) @binding(1) var<storage, read_write> c: array<f32>;
fn store(batch: u32, row: u32, col: u32, value: vec4<f32>) {
  let at = ${to};
  for (var i = 0u; i < min(4u, sizes[0].y - col); i++) { c[at + i] = value[i]; }
}`;
}

export function tiledMatmul(
  p: MatmulProblem,
  tiles: MatmulTiles,
  store: string,
  operand: string,
): MatmulKernel {
  const { tileM, tileN, tileK, threadM, threadN } = tiles;
  const threads = (tileM / threadM) * (tileN / threadN);
  const values = {
    A: operandCode(operand, 'a', p.a, 1),
    B: operandCode(operand, 'b', p.b, 2),
    STORE: store,
    A_K_CONTIGUOUS: p.a.kContiguous,
    B_K_CONTIGUOUS: p.b.kContiguous,
    TILE_M: tileM,
    TILE_N: tileN,
    TILE_K: tileK,
    THREADS: threads,
    THREAD_M: threadM,
    THREAD_N: threadN,
    QUADS_M: threadM / 4,
    QUADS_N: threadN / 4,
    LOADS: Math.ceil(((tileM + tileN) * tileK) / 16 / threads),
    UNROLL: tiles.unroll,
  };
  return { source: 'matmul', values, grid: grid(p, tileM, tileN) };
}

function operandCode(source: string, name: string, operand: MatmulOperand, slot: number): string {
  const aligned = operand.alignment >= 4;
  const LOAD = loaderCode(name, operand.format, aligned, slot + 1, 6 - slot);
  return expandTemplate(source, {
    NAME: name,
    SLOT: slot,
    LOAD,
    ALIGNED: aligned,
    K_CONTIGUOUS: operand.kContiguous,
  });
}

export function subgroupMatmul(p: MatmulProblem, tiles: SubgroupTiles, store: string): MatmulKernel {
  const { subgroupsM, subgroupsN, fragmentsM, fragmentsN, tileK } = tiles;
  const subgroups = subgroupsM * subgroupsN;
  const tileM = subgroupsM * fragmentsM * 16;
  const tileN = subgroupsN * fragmentsN * 16;
  const values = {
    LOAD_A: halvesCode('a', p.a.format, 2, 5),
    LOAD_B: halvesCode('b', p.b.format, 3, 4),
    STORE: store,
    A_K_CONTIGUOUS: p.a.kContiguous,
    B_K_CONTIGUOUS: p.b.kContiguous,
    OUTER_A: p.a.kContiguous ? tileM : tileK,
    INNER_A: p.a.kContiguous ? tileK : tileM,
    OUTER_B: p.b.kContiguous ? tileN : tileK,
    INNER_B: p.b.kContiguous ? tileK : tileN,
    LOADS_A: shares(tileM * tileK, 8 * 32 * subgroups),
    LOADS_B: shares(tileN * tileK, 8 * 32 * subgroups),
    TILE_M: tileM,
    TILE_N: tileN,
    TILE_K: tileK,
    DEPTH: tileK / 16,
    FRAGMENTS_M: fragmentsM,
    FRAGMENTS_N: fragmentsN,
    SUBGROUPS: subgroups,
    SUBGROUPS_N: subgroupsN,
    THREADS: subgroups * 32,
    BUFFERS: tiles.buffers,
    DOUBLE: tiles.buffers === 2,
    SKEW: tiles.skew,
  };
  return { source: 'matmul_subgroup', values, grid: grid(p, tileM, tileN) };
}

/** `NAME_at8(i)`: eight elements as f16, packed; formats other than f16 are decoded and rounded on the way. */
function halvesCode(name: string, format: Format, binding: number, scalesBinding: number): string {
  if (format === 'f16') {
    return `@group(0) @binding(${binding}) var<storage, read> ${name}: array<vec4<u32>>;
fn ${name}_at8(i: u32) -> vec4<u32> { return ${name}[i / 8u]; }`;
  }
  return `${loaderCode(name, format, true, binding, scalesBinding)}
fn ${name}_at8(i: u32) -> vec4<u32> {
  let low = ${name}_at4(i);
  let high = ${name}_at4(i + 4u);
  return vec4<u32>(pack2x16float(low.xy), pack2x16float(low.zw), pack2x16float(high.xy), pack2x16float(high.zw));
}`;
}

export function matvec(
  p: MatmulProblem,
  shape: MatvecShape,
  subgroups: boolean,
  store: string,
): MatmulKernel {
  const { chunk, blocks, quadOfChunk } = FORMATS[p.b.format];
  const quads = Array.from({ length: chunk / 4 }, (_, v) => v);
  const values = {
    M: shape.m,
    SUM: blocks ? 'part' : 'acc',
    SUBGROUPS: subgroups,
    SCALES: blocks ? scaleCode('b', 4) : '',
    QUADS_OF_CHUNK: quads
      .map((v) => `fn quad_${v}(raw: vec4<u32>) -> vec4<f32> { return ${quadOfChunk(v)}; }`)
      .join('\n'),
    STORE: store,
    CHUNK: chunk,
    QUADS: chunk / 4,
    BLOCKS: blocks,
    CENTRE: FORMATS[p.b.format].centre,
    CENTRED: FORMATS[p.b.format].centre !== 0,
    THREADS: shape.threads,
    LANES: shape.lanes,
    ROWS: shape.rows,
    UNROLL: shape.unroll,
    STAGED: shape.staged,
  };
  const span = (shape.threads / shape.lanes) * shape.rows;
  if (span % 4) throw new Error(`${span} rows a workgroup: not in quads`);
  return { source: 'matvec', values, grid: [Math.ceil(p.n / span), Math.ceil(p.m / shape.m), p.batch] };
}

function grid(p: MatmulProblem, tileM: number, tileN: number): [number, number, number] {
  return [Math.ceil(p.n / tileN), Math.ceil(p.m / tileM), p.batch];
}

/** How often all threads together carry `each` elements until a tile is whole: a thread without a share would need a branch. */
function shares(elements: number, each: number): number {
  if (elements % each)
    throw new Error(`a tile of ${elements} elements is no multiple of ${each}, what its threads carry`);
  return elements / each;
}
