/** matmul.<type>: ints [batch, M, N, K], operands [A [batch..., M, K], B [batch..., K, N]]. */
import type { Reg } from '../../dtype.js';
import { unsupported, wordOf } from '../scalars.js';
import type { Kernel } from './kernel.js';

export const product: Kernel = (step, cx) => {
  const reg = step.kernel.split('.')[1] as Reg;
  const type = wordOf(reg);
  if (type === 'vec2<u32>') throw unsupported(step.op, `arithmetic of ${reg}`);
  const [batch, m, n, k] = step.ints;
  const shader = cx.shader();
  const [a, b] = step.operands;
  const layers = Math.max(1, Math.min(batch, 65535));
  const product = 'tile_a[at.y * 16u + i], tile_b[i * 16u + at.x]';
  const [x, y] = product.split(', ');
  shader.kernel('product', {
    T: type,
    batch: shader.uint(batch),
    layers: shader.uint(layers),
    M: shader.uint(m),
    N: shader.uint(n),
    K: shader.uint(k),
    A: shader.load(a),
    B: shader.load(b),
    sum: reg === 'f32' ? `fma(${product}, sum)` : `sum + ${x} * ${y}`,
    epilogue: shader.tile(step.epilogue!, type).name,
  });
  return { program: shader.finish(), grid: [Math.ceil(n / 16), Math.ceil(m / 16), layers] };
};
