/** decode.f32: ints [outer, axis, inner, n], operands [table of blocks, maybe indices]. */
import { indices } from './indexed.js';
import { gridOf, type Kernel } from './kernel.js';

export const decode: Kernel = (step, cx) => {
  const [outer, axis, inner, n] = step.ints;
  const [table, index] = step.operands;
  const shader = cx.shader();
  shader.kernel('decode', {
    total: shader.uint(outer * n * inner),
    axis: shader.uint(axis),
    inner: shader.uint(inner),
    count: shader.uint(n),
    INDEXED: index !== undefined,
    index: index ? indices(shader, index) : '',
    fail: index ? shader.fail(cx.index) : '',
    table: shader.load(table),
    epilogue: shader.tile(step.epilogue!, 'f32').name,
  });
  return { program: shader.finish(), grid: gridOf(Math.ceil((outer * n * inner) / 256)) };
};
