/** Which kernel and tiles for which product: what was fastest at 4096^3, and at M = 1, 4 and 16, on an H100. */
import { FORMATS } from './formats.js';
import { matvec, subgroupMatmul, tiledMatmul } from './matmul.js';
import type { MatmulKernel, MatmulLimits, MatmulProblem, MatmulTiles, MatvecShape } from './matmul.js';

export function chooseMatmul(
  p: MatmulProblem,
  limits: MatmulLimits,
  store: string,
  operand: string,
): MatmulKernel {
  if (suitsMatvec(p)) {
    const shape = matvecShape(p, limits);
    return matvec(p, shape, limits.subgroupSize >= shape.lanes, store);
  }
  const halves = p.halves || (p.a.format === 'f16' && p.b.format === 'f16');
  if (limits.subgroupMatrix && halves && Math.min(p.a.alignment, p.b.alignment) >= 8 && p.n % 4 === 0) {
    const tiles = {
      subgroupsM: 2,
      subgroupsN: 2,
      fragmentsM: 4,
      fragmentsN: 4,
      tileK: 32,
      buffers: 1,
      skew: 1,
    } as const;
    return subgroupMatmul(p, tiles, store);
  }
  return tiledMatmul(p, tilesFor(p, limits), store, operand);
}

function suitsMatvec({ m, n, a, b }: MatmulProblem): boolean {
  if (m > 16 || n % 4 || a.format !== 'f32' || !a.kContiguous || !b.kContiguous) return false;
  return a.alignment >= 4 && b.alignment >= FORMATS[b.format].chunk;
}

function matvecShape({ m, b }: MatmulProblem, limits: MatmulLimits): MatvecShape {
  const { blocks, chunk } = FORMATS[b.format];
  const base = { lanes: 32, staged: true };
  let shape: MatvecShape;
  if (blocks)
    shape = {
      ...base,
      m: Math.min(m, 4),
      threads: m === 1 && chunk === 32 ? 128 : 256,
      rows: 4,
      unroll: m === 1 && chunk === 32 ? 2 : 1,
    };
  else if (m === 1) shape = { ...base, m, threads: 256, rows: 2, unroll: 4 };
  else shape = { ...base, m, threads: 256, rows: m > 4 ? 4 : 2, unroll: 1 };
  const bytes = (s: MatvecShape) =>
    s.m * (s.lanes * s.unroll * chunk * 4.5 + (s.threads / s.lanes) * s.rows * 4) + s.threads * 4;
  while (shape.m > 1 && bytes(shape) > limits.workgroupBytes) shape = { ...shape, m: shape.m >> 1 };
  return shape;
}

function tilesFor({ batch, m, n }: MatmulProblem, limits: MatmulLimits): MatmulTiles {
  const busy = (tileM: number, tileN: number) => Math.ceil(m / tileM) * Math.ceil(n / tileN) * batch >= 128;
  if (busy(128, 128) && limits.workgroupBytes >= 16896)
    return { tileM: 128, tileN: 128, tileK: 16, threadM: 8, threadN: 8, unroll: 16 };
  if (busy(64, 64)) return { tileM: 64, tileN: 64, tileK: 16, threadM: 4, threadN: 8, unroll: 8 };
  return { tileM: 32, tileN: 64, tileK: 16, threadM: 4, threadN: 4, unroll: 8 };
}
