/** Arguments of windows over images, from anybody: numbers, pairs and words made into attributes. */
import { show } from '../errors.js';
import type { Attrs } from '../ir/op.js';
import { checkInteger, shapeError } from '../ops/rules.js';

/** A number for both axes, or one for each. */
function pairOf(op: string, name: string, value: unknown, min: number): number[] {
  const pair: readonly unknown[] = Array.isArray(value) ? value : [value, value];
  if (pair.length !== 2) throw shapeError(op, `bad ${name}`, 'a number or [h, w]', show(value));
  return pair.map((n) => checkInteger(op, name, n, min));
}

/** [top, bottom, left, right] of a number, [h, w], [[top, bottom], [left, right]], 'same' or 'valid'. */
function paddingOf(
  op: string,
  value: unknown,
  reach: readonly number[],
  stride: readonly number[],
): number[] {
  if (value === 'valid') return [0, 0, 0, 0];
  if (value === 'same') {
    if (stride.some((n) => n !== 1)) throw shapeError(op, "padding 'same' needs stride 1", '1', show(stride));
    return reach.flatMap((n) => [Math.floor((n - 1) / 2), Math.ceil((n - 1) / 2)]); // as PyTorch: the odd one comes last
  }
  if (typeof value === 'string')
    throw shapeError(op, 'bad padding', "'same', 'valid' or numbers", show(value));
  const sides: readonly unknown[] = Array.isArray(value) ? value : [value, value];
  if (sides.length !== 2)
    throw shapeError(op, 'bad padding', '[h, w] or [[top, bottom], [left, right]]', show(value));
  return sides.flatMap((side) => pairOf(op, 'padding', side, 0));
}

/** `size` is that of the window; `options` as the user gave them, with defaults. */
export function windowAttrs(
  op: string,
  size: readonly number[],
  options: { stride: unknown; padding: unknown; dilation: unknown },
): { stride: number[]; padding: number[]; dilation: number[] } {
  const stride = pairOf(op, 'stride', options.stride, 1);
  const dilation = pairOf(op, 'dilation', options.dilation, 1);
  const reach = size.map((n, i) => dilation[i] * (n - 1) + 1);
  return { stride, dilation, padding: paddingOf(op, options.padding, reach, stride) };
}

/** The attributes of a pool. */
export function poolAttrs(
  op: string,
  size: unknown,
  { stride = size, padding = 0, dilation = 1 }: { stride?: unknown; padding?: unknown; dilation?: unknown },
): Attrs {
  const pair = pairOf(op, 'size', size, 1);
  return { size: pair, ...windowAttrs(op, pair, { stride, padding, dilation }) };
}
