/**
 * Windows over images x [N, C, H, W], as in PyTorch: convolution and pooling. attrs: `stride` and `dilation` [h, w],
 * `padding` [top, bottom, left, right], for pools `size` [h, w].
 */
import type { Kind } from '../dtype.js';
import type { Attrs, CompositeRecord, Meta, RoutineRecord } from '../ir/op.js';
import {
  checkInteger,
  checkKinds,
  checkSameDType,
  checkShape,
  ints,
  shapeError,
  shapeText,
  sizeOf,
} from './rules.js';

const numbers: readonly Kind[] = ['float', 'int', 'uint'];
const floats: readonly Kind[] = ['float'];

/** What kernels count windows with. */
const MOST = 2 ** 31 - 1;

function checkAxes(op: string, name: string, { shape }: Meta, axes: string): void {
  const rank = axes.split(', ').length;
  if (shape.length !== rank) throw shapeError(op, `${name} has other axes`, `[${axes}]`, shapeText(shape));
}

/** `count` integers from `min` up. */
function integers(op: string, attrs: Attrs, name: string, count: number, min: number): number[] {
  const list: readonly unknown[] = Array.isArray(attrs[name]) ? attrs[name] : [attrs[name]];
  if (list.length !== count)
    throw shapeError(op, `bad ${name}`, `${count} integers`, `${list.length} of them`);
  return list.map((n) => checkInteger(op, name, n, min, MOST));
}

/** [OH, OW]: how often windows of `size` fit the padded image. */
function windows(op: string, x: Meta, size: readonly number[], attrs: Attrs): number[] {
  checkAxes(op, 'x', x, 'N, C, H, W');
  for (const n of x.shape) checkInteger(op, 'size', n, 0, MOST);
  for (const n of size) checkInteger(op, 'size', n, 1, MOST);
  const stride = integers(op, attrs, 'stride', 2, 1);
  const dilation = integers(op, attrs, 'dilation', 2, 1);
  const padding = integers(op, attrs, 'padding', 4, 0);
  const padded = [0, 1].map((i) => x.shape[2 + i] + padding[2 * i] + padding[2 * i + 1]);
  const reach = size.map((n, i) => dilation[i] * (n - 1) + 1);
  if (reach.some((n, i) => n > padded[i])) {
    const most = `at most ${shapeText(padded)} with padding`;
    throw shapeError(op, 'the window is larger than the image', most, shapeText(reach));
  }
  return padded.map((n, i) => Math.floor((n - reach[i]) / stride[i]) + 1);
}

/** The integers with which kernels begin; see native/kernels/window.inl. */
function windowInts(x: Meta, result: Meta, size: readonly number[], attrs: Attrs): number[] {
  const [top, , left] = ints(attrs, 'padding');
  const { stride, dilation } = { stride: ints(attrs, 'stride'), dilation: ints(attrs, 'dilation') };
  return [...x.shape, ...result.shape.slice(2), ...size, ...stride, top, left, ...dilation];
}

/** x [N, C, H, W] * w [O, C / groups, kh, kw] (+ bias [O]) -> [N, O, OH, OW]; halves accumulate in f32. */
export const conv2d: CompositeRecord = {
  name: 'conv2d',
  kind: 'composite',
  doc: 'cross-correlation of [N, C, H, W] with filters [O, C / groups, kh, kw] -> [N, O, OH, OW], as in PyTorch',
  takes: numbers,
  infer([x, w, bias], attrs) {
    const inputs = bias ? [x, w, bias] : [x, w];
    checkKinds('conv2d', inputs, numbers);
    const dtype = checkSameDType('conv2d', inputs);
    checkAxes('conv2d', 'w', w, 'O, C / groups, kh, kw');
    const [outputs, channels, ...size] = w.shape as readonly [number, number, number, number];
    const [oh, ow] = windows('conv2d', x, size, attrs);
    const groups = checkInteger('conv2d', 'groups', attrs.groups, 1, MOST);
    if (x.shape[1] !== channels * groups) {
      throw shapeError(
        'conv2d',
        `C differs: x ${shapeText(x.shape)}, w ${shapeText(w.shape)}`,
        `${channels * groups} channels in x`,
        String(x.shape[1]),
      );
    }
    if (outputs % groups !== 0) {
      throw shapeError('conv2d', 'groups do not divide O', `a divisor of ${outputs}`, String(groups));
    }
    if (bias && bias.shape.join() !== String(outputs))
      throw shapeError('conv2d', 'bias does not fit', shapeText([outputs]), shapeText(bias.shape));
    return { dtype, shape: checkShape('conv2d', [x.shape[0], outputs, oh, ow]) };
  },
  expand(b, [x, w, bias], attrs) {
    const [outputs, , ...size] = w.shape;
    const groups = attrs.groups as number;
    const shape = [groups, outputs / groups, sizeOf(w.shape.slice(1))];
    const rows = b.op('reshape', [w], { shape });
    const y = b.op('convolve', [x, rows], { ...attrs, size });
    return bias ? b.op('add', [y, b.op('reshape', [bias], { shape: [outputs, 1, 1] })]) : y;
  },
};

/** The kernel's form: w [groups, O / groups, C / groups * kh * kw]. */
export const convolve: RoutineRecord = {
  name: 'convolve',
  kind: 'routine',
  form: 'matmul',
  kernel: 'conv2d',
  typed: true,
  doc: 'conv2d with filters as rows',
  internal: true,
  infer([x, w], attrs) {
    const out = windows('convolve', x, integers('convolve', attrs, 'size', 2, 1), attrs);
    return { dtype: x.dtype, shape: [x.shape[0], w.shape[0] * w.shape[1], ...out] };
  },
  ints(inputs, attrs) {
    const [x, w] = inputs;
    const result = this.infer(inputs, attrs);
    return [...windowInts(x, result, ints(attrs, 'size'), attrs), result.shape[1], w.shape[0]];
  },
};

/** A fold of each window of each channel. `extra`: integers that its kernel takes besides. */
function pool(
  name: string,
  kinds: readonly Kind[],
  doc: string,
  extra: (attrs: Attrs) => number[] = () => [],
): RoutineRecord {
  return {
    name,
    kind: 'routine',
    form: 'matmul',
    kernel: name,
    typed: true,
    doc,
    takes: kinds,
    infer([x, ...more], attrs) {
      if (more.length > 0) throw shapeError(name, 'takes one image');
      checkKinds(name, [x], kinds);
      const size = integers(name, attrs, 'size', 2, 1);
      if (x.shape.slice(2).includes(0))
        throw shapeError(name, 'has no value over an empty image', undefined, shapeText(x.shape));
      const out = windows(name, x, size, attrs);
      const padding = integers(name, attrs, 'padding', 4, 0);
      const most = size.flatMap((n) => [Math.floor(n / 2), Math.floor(n / 2)]);
      if (padding.some((n, i) => n > most[i])) {
        const half = 'at most half the size';
        throw shapeError(name, 'too much padding', half, `${shapeText(padding)} for ${shapeText(size)}`);
      }
      extra(attrs);
      return { dtype: x.dtype, shape: checkShape(name, [...x.shape.slice(0, 2), ...out]) };
    },
    ints(inputs, attrs) {
      const result = this.infer(inputs, attrs);
      return [...windowInts(inputs[0], result, ints(attrs, 'size'), attrs), ...extra(attrs)];
    },
  };
}

export const maxPool2d = pool(
  'maxPool2d',
  numbers,
  'the largest element of each window of [N, C, H, W]; NaN if any is, and padding never',
);
export const avgPool2d = pool(
  'avgPool2d',
  floats,
  'the mean of each window of [N, C, H, W], padding counted as zeros or not at all',
  (attrs) => [checkInteger('avgPool2d', 'countIncludePad', Number(attrs.countIncludePad), 0, 1)],
);
