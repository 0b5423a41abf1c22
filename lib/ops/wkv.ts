/** The recurrence of RWKV-7 (Peng et al. 2025), row by row, as one routine. */
import { MiaError } from '../errors.js';
import type { RoutineRecord } from '../ir/op.js';
import { sameShape, shapeError, shapeText, sizeOf } from './rules.js';

const names = ['r', 'w', 'k', 'v', 'a', 'b'] as const;
/** Of features of a head: rows of a head must fit the kernel's scratch. */
const MAX_SIZE = 512;

/**
 * Inputs r, w, k, v, a, b [..., T, H, N] and a state S [..., H, N, N], keys by values. Row t makes the state of each head
 * diag(w) S + b^T (a S) + k^T v, and gives y = r S. The result has the rows of y and then, in the place of N more, the
 * state after the last, row-major.
 */
export const wkv7: RoutineRecord = {
  name: 'wkv7',
  kind: 'routine',
  form: 'axes',
  kernel: 'wkv7.f32',
  typed: false,
  doc: 'S <- diag(w) S + b^T (a S) + k^T v, y = r S by heads and rows (Peng et al. 2025); f32 [..., T, H, N], S [..., H, N, N]',
  takes: ['float'],
  infer(inputs) {
    if (inputs.length !== names.length + 1)
      throw shapeError('wkv7', 'takes r, w, k, v, a, b and a state', '7 inputs', String(inputs.length));
    const [r, ...others] = inputs;
    const state = others.pop()!;
    const stranger = inputs.find((x) => x.dtype !== 'f32');
    if (stranger)
      throw new MiaError('ERR_DTYPE', 'wkv7', {
        message: `cannot take ${stranger.dtype}; convert with .to()`,
        expected: 'f32',
        actual: stranger.dtype,
      });
    const { shape } = r;
    const size = shape.at(-1) ?? 0;
    if (shape.length < 3 || size < 1 || size > MAX_SIZE)
      throw shapeError('wkv7', 'bad r', `[..., rows, heads, 1 to ${MAX_SIZE}]`, shapeText(shape));
    others.forEach((x, i) => {
      if (sameShape(x.shape, shape)) return;
      throw shapeError('wkv7', `${names[i + 1]} does not fit r`, shapeText(shape), shapeText(x.shape));
    });
    const lead = shape.slice(0, -3);
    const [rows, heads] = shape.slice(-3);
    const wanted = [...lead, heads, size, size];
    if (!sameShape(state.shape, wanted))
      throw shapeError('wkv7', 'the state does not fit', shapeText(wanted), shapeText(state.shape));
    return { dtype: 'f32', shape: [...lead, rows + size, heads, size] };
  },
  ints([r]) {
    return [sizeOf(r.shape.slice(0, -3)), ...r.shape.slice(-3)];
  },
};
