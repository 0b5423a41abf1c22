/** wkv7.f32: ints [batch, rows, heads, size], operands [out, r, w, k, v, a, b, S], as native/kernels/wkv7.inl has them. */
import { gridOf, type Kernel } from './kernel.js';

export const wkv7: Kernel = (step, cx) => {
  const [batch, rows, heads, size] = step.ints;
  const [out, ...inputs] = step.operands;
  const shader = cx.shader();
  const names = ['r', 'w', 'k', 'v', 'a', 'b', 'state'];
  shader.kernel('wkv7', {
    ...Object.fromEntries(names.map((name, i) => [name, shader.load(inputs[i])])),
    batch: shader.uint(batch),
    rows: shader.uint(rows),
    heads: shader.uint(heads),
    size: shader.uint(size),
    put: shader.store(out),
    get: shader.load(out),
  });
  return { program: shader.finish(), grid: gridOf(batch * heads) };
};
