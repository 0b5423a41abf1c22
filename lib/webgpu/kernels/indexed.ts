/** gather, takeAlong and scatter, as native/kernels/{gather,take_along,scatter}.inl describe them. */
import type { Operand } from '../../plan/plan.js';
import type { ShaderBuilder } from '../shader.js';
import { unsupported } from '../scalars.js';
import { gridOf, type Dispatch, type Kernel, type KernelContext } from './kernel.js';

/** The function that reads an index, and whether one is outside [0, size), for the indices' dtype. */
export function indices(shader: ShaderBuilder, operand: Operand): string {
  const name = shader.load(operand);
  const { dtype } = operand;
  if (dtype === 'i64' || dtype === 'u64') {
    shader.add(`fn narrowed(v: vec2<u32>) -> i32 { return bitcast<i32>(v.x); }
fn outside(v: vec2<u32>, size: u32) -> bool { return v.y != 0u || v.x >= size; }`);
  } else if (dtype === 'u32') {
    shader.add(`fn narrowed(v: u32) -> i32 { return bitcast<i32>(v); }
fn outside(v: u32, size: u32) -> bool { return v >= size; }`);
  } else {
    shader.add(`fn narrowed(v: i32) -> i32 { return v; }
fn outside(v: i32, size: u32) -> bool { return v < 0 || u32(v) >= size; }`);
  }
  return name;
}

function finish(shader: ShaderBuilder, n: number, values: Record<string, string | boolean>): Dispatch {
  shader.kernel('indexed', { SCATTER: false, ...values, n: shader.uint(n) });
  return { program: shader.finish(), grid: gridOf(Math.ceil(n / 256)) };
}

/** ints [outer, axis, inner, n]; operands [table, indices, out]. */
export const gather: Kernel = (step, cx) => {
  const [outer, axis, inner, n] = step.ints;
  const [table, index, out] = step.operands;
  const shader = cx.shader();
  const [width, size] = [shader.uint(inner), shader.uint(axis)];
  const count = shader.uint(n);
  return finish(shader, outer * n * inner, {
    index: indices(shader, index),
    which: `(i / ${width}) % ${count}`,
    axis: size,
    from: `((i / ${width} / ${count}) * ${size} + u32(bad)) * ${width} + i % ${width}`,
    ...moves(shader, table, out, cx),
  });
};

/** ints [rows, n, k]; operands [x, indices, out]. */
export const takeAlong: Kernel = (step, cx) => {
  const [rows, n, k] = step.ints;
  const [x, index, out] = step.operands;
  const shader = cx.shader();
  const size = shader.uint(n);
  return finish(shader, rows * k, {
    index: indices(shader, index),
    which: 'i',
    axis: size,
    from: `(i / ${shader.uint(k)}) * ${size} + u32(bad)`,
    ...moves(shader, x, out, cx),
  });
};

const moves = (
  shader: ShaderBuilder,
  from: Operand,
  to: Operand,
  cx: KernelContext,
): { load: string; store: string; fail: string } => ({
  load: shader.load(from),
  store: shader.store(to),
  fail: shader.fail(cx.index),
});

/** ints [outer, axis, inner, n]; operands [out, indices, updates]. */
export const scatter: Kernel = (step, cx) => {
  const [outer, axis, inner, n] = step.ints;
  const [out, index, updates] = step.operands;
  const shader = cx.shader();
  const [load, store] = [shader.load(updates), shader.store(out)];
  const add = step.kernel.startsWith('scatter.add');
  if (add && step.kernel.endsWith('64')) throw unsupported(step.op, 'arithmetic of 64 bits');
  return finish(shader, outer * inner, {
    SCATTER: true,
    inner: shader.uint(inner),
    count: shader.uint(n),
    axis: shader.uint(axis),
    index: indices(shader, index),
    fail: shader.fail(cx.index),
    put: add ? `${store}(to, ${shader.load(out)}(to) + ${load}(source));` : `${store}(to, ${load}(source));`,
  });
};
