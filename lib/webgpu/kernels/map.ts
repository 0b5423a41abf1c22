import { gridOf, type Kernel } from './kernel.js';

export const map: Kernel = (step, cx) => {
  const shader = cx.shader();
  const [n] = step.ints;
  shader.kernel('map', { n: shader.uint(n), tile: shader.tile(step.prologue!).name });
  return { program: shader.finish(), grid: gridOf(Math.ceil(n / 256)) };
};
