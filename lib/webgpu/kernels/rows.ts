/** rows.<function>.<type>: ints [rows, cols], floats [eps], as native/kernels/rows.inl has them. */
import type { Reg } from '../../dtype.js';
import { unsupported, wordOf } from '../scalars.js';
import { gridOf, type Kernel } from './kernel.js';

/** What each function finds out about a row, and its result from that and x. `eps` is the step's. */
const functions: Readonly<Record<string, { pass: 'SOFT' | 'CENTRED' | 'SQUARES'; result: string }>> = {
  softmax: { pass: 'SOFT', result: 'mia_div(mia_exp(x - most), sum)' },
  logSoftmax: { pass: 'SOFT', result: 'x - most - mia_log(sum)' },
  normalize: { pass: 'CENTRED', result: '(x - mean) * scale' },
  rmsNorm: { pass: 'SQUARES', result: 'x * mia_rsqrt(squares / f32(cols) + EPS)' },
  l2Norm: { pass: 'SQUARES', result: 'x * mia_rsqrt(mia_max(squares, EPS))' },
};

export const rows: Kernel = (step, cx) => {
  const [, name, reg] = step.kernel.split('.') as [string, string, Reg];
  const shader = cx.shader();
  const [count, cols] = step.ints;
  const type = wordOf(reg);
  if (type === 'vec2<u32>') throw unsupported(step.op, `arithmetic of ${reg}`);
  const common = {
    rows: shader.uint(count),
    cols: shader.uint(cols),
    prologue: shader.tile(step.prologue!).name,
    epilogue: shader.tile(step.epilogue!, type).name,
  };
  if (name === 'cumsum') shader.kernel('cumsum', { ...common, T: type });
  else {
    const { pass, result } = functions[name];
    const eps = shader.float(step.floats[0] ?? 0);
    shader.kernel('rows', {
      ...common,
      eps,
      lowest: shader.float(-Infinity),
      SOFT: false,
      CENTRED: false,
      SQUARES: false,
      [pass]: true,
      result: result.replace('EPS', eps),
    });
  }
  return { program: shader.finish(), grid: gridOf(count) };
};
