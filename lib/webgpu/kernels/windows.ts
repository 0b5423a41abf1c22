/** Convolution and pools: the integers of native/kernels/window.inl, then each one's own. */
import type { Reg } from '../../dtype.js';
import type { Step } from '../../plan/plan.js';
import type { ShaderBuilder } from '../shader.js';
import { unsupported, wordOf, type Word } from '../scalars.js';
import { gridOf, type Dispatch, type Kernel, type KernelContext } from './kernel.js';

const names = 'N C H W OH OW KH KW SH SW top left DH DW'.split(' ');

function windows(
  step: Step,
  cx: KernelContext,
  outputs: number,
  fold: (shader: ShaderBuilder, type: Word) => Record<string, string | boolean>,
): Dispatch {
  const reg = step.kernel.split('.')[1] as Reg;
  const type = wordOf(reg);
  if (type === 'vec2<u32>') throw unsupported(step.op, `arithmetic of ${reg}`);
  const shader = cx.shader();
  const n = step.ints[0] * outputs * step.ints[4] * step.ints[5];
  shader.kernel('windows', {
    ...Object.fromEntries(names.map((name, i) => [name, shader.uint(step.ints[i])])),
    n: shader.uint(n),
    O: shader.uint(outputs),
    X: shader.load(step.operands[0]),
    groups: '1u',
    CONV: false,
    w: '',
    ...fold(shader, type),
    epilogue: shader.tile(step.epilogue!, type).name,
  });
  return { program: shader.finish(), grid: gridOf(Math.ceil(n / 256)) };
}

export const conv2d: Kernel = (step, cx) =>
  windows(step, cx, step.ints[14], (shader, type) => ({
    CONV: true,
    groups: shader.uint(step.ints[15]),
    w: shader.load(step.operands[1]),
    start: `${type}(0)`,
    fold: type === 'f32' ? 'fma(v, w, sum)' : 'sum + v * w',
    result: 'sum',
  }));

const lowest: Partial<Record<Word, number>> = { f32: -Infinity, i32: -(2 ** 31), u32: 0 };

export const maxPool2d: Kernel = (step, cx) =>
  windows(step, cx, step.ints[1], (shader, type) => ({
    start: shader.constant(lowest[type]!, type as Reg),
    fold: type === 'f32' ? 'mia_max(sum, v)' : 'max(sum, v)',
    result: 'sum',
  }));

export const avgPool2d: Kernel = (step, cx) =>
  windows(step, cx, step.ints[1], (shader) => ({
    start: '0.0',
    fold: 'sum + v',
    result: step.ints[14]
      ? `mia_div(sum, ${shader.float(step.ints[6] * step.ints[7])})`
      : 'mia_div(sum, seen)',
  }));
