/** reduce.<fold>.<type>: ints [columns, outer, reduced], as native/kernels/reduce.inl has them. */
import type { Reg } from '../../dtype.js';
import { unsupported, wordOf } from '../scalars.js';
import { betterOf } from './order.js';
import { gridOf, type Kernel } from './kernel.js';

/** Results of fewer terms are one thread's work each. */
const SHORT = 32;
const WIDTH = 256;

/** What folding starts from, by type, and the fold of two values; the first better value is the place of argmax. */
const folds: Readonly<Record<string, { start: Partial<Record<Reg, number>>; fold: string }>> = {
  sum: { start: { f32: 0, i32: 0, u32: 0 }, fold: 'a + b' },
  prod: { start: { f32: 1, i32: 1, u32: 1 }, fold: 'a * b' },
  max: { start: { f32: -Infinity, i32: -(2 ** 31), u32: 0 }, fold: 'MAX(a, b)' },
  min: { start: { f32: Infinity, i32: 2 ** 31 - 1, u32: 2 ** 32 - 1 }, fold: 'MIN(a, b)' },
};

export const reduce: Kernel = (step, cx) => {
  const [, name, reg] = step.kernel.split('.') as [string, string, Reg];
  const [columns, outer, reduced] = step.ints;
  const arg = name.startsWith('arg');
  const { start, fold } = folds[arg ? name.slice(3) : name];
  if (start[reg] === undefined) throw unsupported(step.op, `arithmetic of ${reg}`);
  const shader = cx.shader();
  const type = wordOf(reg);
  const float = reg === 'f32';
  if (arg) {
    shader.add(betterOf(type, name === 'argmax', 'first'));
  } else {
    const body = fold.replace('MAX', float ? 'mia_max' : 'max').replace('MIN', float ? 'mia_min' : 'min');
    shader.add(`fn fold(a: ${type}, b: ${type}) -> ${type} { return ${body}; }`);
  }
  const alone = columns === 1 || reduced < SHORT;
  shader.kernel('reduce', {
    T: type,
    WIDTH,
    ARG: arg,
    ALONE: alone,
    COLUMNS: columns === 1,
    outer: shader.uint(outer),
    reduced: shader.uint(reduced),
    start: shader.constant(start[reg], reg),
    prologue: shader.tile(step.prologue!).name,
    epilogue: shader.tile(step.epilogue!, arg ? 'i32' : type).name,
  });
  return { program: shader.finish(), grid: gridOf(alone ? Math.ceil(outer / WIDTH) : outer) };
};
