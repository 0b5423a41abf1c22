/** topk.<type>: ints [rows, n, k, largest], a prologue, operands [out [rows, k], i32]. */
import type { Reg } from '../../dtype.js';
import { unsupported, wordOf } from '../scalars.js';
import { gridOf, type Kernel } from './kernel.js';
import { betterOf } from './order.js';

export const topk: Kernel = (step, cx) => {
  const reg = step.kernel.split('.')[1] as Reg;
  const type = wordOf(reg);
  if (type === 'vec2<u32>') throw unsupported(step.op, `order of ${reg}`);
  const [rows, n, k, largest] = step.ints;
  const shader = cx.shader();
  shader.add(betterOf(type, largest === 1, largest === 1 ? 'first' : 'last'));
  shader.kernel('topk', {
    T: type,
    rows: shader.uint(rows),
    n: shader.uint(n),
    k: shader.uint(k),
    prologue: shader.tile(step.prologue!).name,
    out: shader.store(step.operands[0]),
  });
  return { program: shader.finish(), grid: gridOf(rows) };
};
