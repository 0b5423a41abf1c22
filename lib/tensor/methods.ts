/**
 * The methods of a tensor at run time, in one table: how the arguments of each become the inputs and attributes of ops.
 * Names, rules and meaning come from the op records; types and docs are in ops.ts and shape-ops.ts.
 */
import { MiaError } from '../errors.js';
import { Node } from '../ir/node.js';
import type { Attrs } from '../ir/op.js';
import { Layout } from '../layout/index.js';
import { binary, checkValue, compare, floatUnary, jsonNumber, logical, unary } from '../ops/elementwise.js';
import { castAxis } from '../ops/movement.js';
import { axisOf, checkInteger, checkShape, shapeError, shapeText } from '../ops/rules.js';
import { checkDType, isBlock } from '../dtype.js';
import {
  axisAttr,
  finiteOf,
  flagOf,
  flippedRanges,
  integersOf,
  keepDimsOf,
  listOf,
  optionsOf,
  partsOf,
  reduceAttrs,
  sliceRanges,
  squeezedShape,
  swapAxes,
  tileShapes,
  unsqueezedShape,
  wordOf,
} from './arguments.js';
import { attention, rope, wkv7 } from './attention.js';
import { asHandle, Handle } from './handle.js';
import { record, recordAll } from './record.js';
import { poolAttrs, windowAttrs } from './window-arguments.js';

type Method = (this: Handle, ...args: unknown[]) => unknown;
/** Arguments of a method as attributes of its op. */
type ToAttrs = (self: Handle, ...args: unknown[]) => Attrs;

const scalarLayout = Layout.rowMajor([]);

/** A number as a node of shape [] beside tensors of `self`'s dtype; a tensor as it is. */
export function operand(op: string, self: unknown, value: unknown): unknown {
  if (typeof value !== 'number') return value;
  const { device, dtype } = asHandle(op, self).peek(op);
  return scalar(op, device, dtype, value);
}

/** A number as a node of shape []. */
export function scalar(op: string, device: Node['device'], dtype: Node['dtype'], value: number): Node {
  const full = device.core.ops.get('full');
  if (!full)
    throw new MiaError('ERR_UNSUPPORTED', op, `this ${device.kind} device has no op 'full' for numbers`);
  checkValue(op, value, dtype);
  return new Node(device, full, [], { value: jsonNumber(value), dtype, shape: [] }, dtype, scalarLayout, 0);
}

/** A handle on the same node in place of this one, for ops that have nothing to do. */
function renew(op: string, self: Handle): Handle {
  return recordAll(op, [self], (_, nodes) => nodes)[0];
}

/** One tensor in; its arguments become attributes. */
function simple(op: string, attrsOf?: ToAttrs): Method {
  if (!attrsOf) {
    return function () {
      return record(op, [this]);
    };
  }
  return function (...args) {
    return record(op, [this], attrsOf(asHandle(op, this), ...args));
  };
}

/** One tensor and another, or a number. */
function withOperand(op: string): Method {
  return function (other) {
    return record(op, [this, operand(op, this, other)]);
  };
}

/** A method of the same kind for each record of a group. */
function each(
  group: Readonly<Record<string, { readonly name: string }>>,
  method: (op: string) => Method,
): Record<string, Method> {
  return Object.fromEntries(Object.values(group).map(({ name }) => [name, method(name)]));
}

const reduce = (op: string): Method =>
  simple(op, (self, axis, options) => reduceAttrs(op, self, axis, options));

/** Elementwise with a tensor, a fold over axes with anything else. */
function elementwiseOrReduce(op: string, fold: string): Method {
  const reduced = reduce(fold);
  return function (first, options) {
    return first instanceof Handle ? record(op, [this, first]) : reduced.call(this, first, options);
  };
}

/** Without an axis: over the flattened tensor. */
function argReduce(op: string): Method {
  const overAxis = simple(op, (self, axis, options) => ({
    axes: [axisOf(op, axis, self.shape.length)],
    keepDims: keepDimsOf(op, options),
  }));
  return function (axis, options) {
    if (axis !== undefined && axis !== null) return overAxis.call(this, axis, options);
    const keepDims = keepDimsOf(op, options);
    return recordAll(op, [this], (add, [x]) => {
      const index = add(op, [add('reshape', [x], { shape: [-1] })], { axes: [0], keepDims: false });
      return [keepDims ? add('reshape', [index], { shape: x.shape.map(() => 1) }) : index];
    })[0];
  };
}

/** Weights, each of which may be left out, then eps; `lead` arguments before them become attributes. */
function normalize(
  op: string,
  weights: number,
  eps: number,
  leadAttrs: ToAttrs = () => ({}),
  lead = 0,
): Method {
  return function (...args) {
    const given = args.slice(lead, lead + weights).map((w) => w ?? undefined);
    const count = given.filter((w) => w !== undefined).length;
    if (given.slice(0, count).includes(undefined)) throw shapeError(op, 'b needs w before it');
    const attrs = {
      ...leadAttrs(asHandle(op, this), ...args),
      eps: finiteOf(op, 'eps', args[lead + weights] ?? eps),
    };
    return record(op, [this, ...given.slice(0, count)], attrs);
  };
}

/** A view under a shape that `shapeFor` finds. */
const reshaped = (op: string, shapeFor: (self: Handle, ...args: unknown[]) => readonly number[]): Method =>
  function (...args) {
    const shape = shapeFor(asHandle(op, this), ...args);
    return recordAll(op, [this], (add, [x]) => [add('reshape', [x], { shape })])[0];
  };

/** Tensors one after another along an axis. */
export function concat(tensors: unknown, axis: unknown = 0): Handle {
  const list = listOf('concat', 'tensors', tensors, 'an array of tensors');
  if (list.length === 0) throw shapeError('concat', 'needs at least one tensor');
  return record('concat', list, axisAttr('concat', asHandle('concat', list[0]), axis));
}

/** Tensors of one shape along a new axis. */
export function stack(tensors: unknown, axis: unknown = 0): Handle {
  const list = listOf('stack', 'tensors', tensors, 'an array of tensors');
  if (list.length === 0) throw shapeError('stack', 'needs at least one tensor');
  const first = asHandle('stack', list[0]);
  const shape = unsqueezedShape('stack', first, axis);
  return recordAll('stack', list, (add, nodes) => {
    const other = nodes.find((n) => n.shape.join() !== first.shape.join());
    if (other) throw shapeError('stack', 'shapes differ', shapeText(first.shape), shapeText(other.shape));
    const parts = nodes.map((n) => add('reshape', [n], { shape }));
    return [add('concat', parts, { axis: axisOf('stack', axis, shape.length) })];
  })[0];
}

/** This tensor and what was given beside it: a list, or one tensor. */
const together = (self: Handle, others: unknown): unknown =>
  Array.isArray(others) ? [self, ...(others as unknown[])] : [self, others];

export const methods: Readonly<Record<string, Method>> = {
  ...each(binary, withOperand),
  ...each(compare, withOperand),
  ...each({ and: logical.and, or: logical.or }, withOperand),
  ...each({ not: logical.not }, simple),
  ...each(unary, simple),
  ...each(floatUnary, simple),

  leakyRelu: simple('leakyRelu', (_, slope = 0.01) => ({ slope: finiteOf('leakyRelu', 'slope', slope) })),
  elu: simple('elu', (_, alpha = 1) => ({ alpha: finiteOf('elu', 'alpha', alpha) })),
  gelu: simple('gelu', (_, options) => {
    const { approximate = 'none' } = optionsOf('gelu', options, 'approximate');
    return { approximate: wordOf('gelu', 'approximate', approximate, ['none', 'tanh']) };
  }),
  clamp(lo, hi) {
    return record('clamp', [this, operand('clamp', this, lo), operand('clamp', this, hi)]);
  },
  where(first, second) {
    const self = asHandle('where', this);
    if (self.dtype !== 'bool') return record('where', [first, self, operand('where', self, second)]);
    const typed = [first, second].find((branch) => branch instanceof Handle);
    const { device } = self.peek('where');
    const branch = (value: unknown): unknown =>
      typeof value === 'number' ? scalar('where', device, typed?.dtype ?? 'f32', value) : value;
    return record('where', [self, branch(first), branch(second)]);
  },

  sum: reduce('sum'),
  prod: reduce('prod'),
  mean: reduce('mean'),
  max: elementwiseOrReduce('maximum', 'max'),
  min: elementwiseOrReduce('minimum', 'min'),
  argmax: argReduce('argmax'),
  argmin: argReduce('argmin'),

  softmax: simple('softmax', (self, axis = -1) => axisAttr('softmax', self, axis)),
  logSoftmax: simple('logSoftmax', (self, axis = -1) => axisAttr('logSoftmax', self, axis)),
  cumsum: simple('cumsum', (self, axis = -1) => axisAttr('cumsum', self, axis)),
  layerNorm: normalize('layerNorm', 2, 1e-5),
  rmsNorm: normalize('rmsNorm', 1, 1e-6),
  groupNorm: normalize(
    'groupNorm',
    2,
    1e-5,
    (_, groups) => ({ groups: checkInteger('groupNorm', 'groups', groups, 1) }),
    1,
  ),
  l2Norm: normalize('l2Norm', 0, 1e-12),

  matmul(other) {
    return record('matmul', [this, other]);
  },
  attention(k, v, options) {
    return attention(this, k, v, options);
  },
  rope(positions, options) {
    return rope(this, positions, options);
  },
  wkv7(...inputs) {
    return wkv7(this, inputs);
  },

  conv2d(w, options) {
    const names = ['bias', 'stride', 'padding', 'dilation', 'groups'];
    const {
      bias,
      stride = 1,
      padding = 0,
      dilation = 1,
      groups = 1,
    } = optionsOf('conv2d', options, ...names);
    const size = asHandle('conv2d', w).shape.slice(2);
    return record('conv2d', [this, w, ...(bias === undefined || bias === null ? [] : [bias])], {
      ...windowAttrs('conv2d', size, { stride, padding, dilation }),
      groups: checkInteger('conv2d', 'groups', groups, 1),
    });
  },
  maxPool2d: simple('maxPool2d', (_, size, options) =>
    poolAttrs('maxPool2d', size, optionsOf('maxPool2d', options, 'stride', 'padding', 'dilation')),
  ),
  avgPool2d: simple('avgPool2d', (_, size, options) => {
    const known = optionsOf('avgPool2d', options, 'stride', 'padding', 'countIncludePad');
    const { countIncludePad = true, stride, padding } = known;
    return {
      ...poolAttrs('avgPool2d', size, { stride, padding }),
      countIncludePad: flagOf('avgPool2d', 'countIncludePad', countIncludePad),
    };
  }),

  gather(indices, axis = 0) {
    return record('gather', [this, indices], axisAttr('gather', asHandle('gather', this), axis));
  },
  embedding(ids) {
    return record('gather', [this, ids], axisAttr('embedding', asHandle('embedding', this), 0));
  },
  takeAlong(indices, axis) {
    return record('takeAlong', [this, indices], axisAttr('takeAlong', asHandle('takeAlong', this), axis));
  },
  scatter(indices, updates, axis = 0, options) {
    const { mode = 'set' } = optionsOf('scatter', options, 'mode');
    const attrs = axisAttr('scatter', asHandle('scatter', this), axis);
    return record('scatter', [this, indices, updates], {
      ...attrs,
      mode: wordOf('scatter', 'mode', mode, ['set', 'add']),
    });
  },
  topk(k, axis = -1, options) {
    const { largest = true } = optionsOf('topk', options, 'largest');
    const place = axisAttr('topk', asHandle('topk', this), axis);
    const attrs = {
      ...place,
      k: checkInteger('topk', 'k', k, 0),
      largest: flagOf('topk', 'largest', largest),
    };
    const [values, indices] = recordAll('topk', [this], (add, [x]) => {
      const picked = add('topk', [x], attrs);
      return [add('takeAlong', [x, picked], place), picked];
    });
    return { values, indices };
  },
  sample(seen, settings) {
    return record('sample', [this, seen, settings]);
  },

  concat(others, axis) {
    return concat(together(this, others), axis);
  },
  stack(others, axis) {
    return stack(together(this, others), axis);
  },
  split(sizesOrCount, at = 0) {
    const self = asHandle('split', this);
    const { axis } = axisAttr('split', self, at);
    const parts = partsOf(self, sizesOrCount, axis);
    return recordAll('split', [self], (add, [x]) =>
      parts.map(([start, size]) =>
        add('slice', [x], { ranges: x.shape.map((n, i) => (i === axis ? [start, size, 1] : [0, n, 1])) }),
      ),
    );
  },
  pad(pairs, value = 0) {
    const list = listOf('pad', 'pairs', pairs, 'one [before, after] per axis').map((pair) =>
      integersOf('pad', 'pair', pair, 0),
    );
    const odd = list.find((pair) => pair.length !== 2);
    if (odd) throw shapeError('pad', 'bad pair', '[before, after]', shapeText(odd));
    const attrs = { before: list.map((p) => p[0]), after: list.map((p) => p[1]) };
    return record('pad', [this, operand('pad', this, value)], attrs);
  },
  tile(repeats) {
    const { apart, repeated, result } = tileShapes(asHandle('tile', this), repeats);
    checkShape('tile', result);
    return recordAll('tile', [this], (add, [x]) => {
      const spread = add('broadcastTo', [add('reshape', [x], { shape: apart })], { shape: repeated });
      return [add('reshape', [spread], { shape: result })];
    })[0];
  },
  flip(axes) {
    const ranges = flippedRanges(asHandle('flip', this), axes);
    return recordAll('flip', [this], (add, [x]) => [add('slice', [x], { ranges })])[0];
  },

  reshape: simple('reshape', (_, shape) => ({ shape: integersOf('reshape', 'shape', shape, -1) })),
  squeeze: reshaped('squeeze', squeezedShape),
  unsqueeze: reshaped('unsqueeze', (self, axis) => unsqueezedShape('unsqueeze', self, axis)),
  slice(entries) {
    const { ranges, dropped } = sliceRanges(asHandle('slice', this), entries);
    if (dropped.length === 0) return record('slice', [this], { ranges });
    const shape = ranges.map((r) => r[1]).filter((_, i) => !dropped.includes(i));
    return recordAll('slice', [this], (add, [x]) => [
      add('reshape', [add('slice', [x], { ranges })], { shape }),
    ])[0];
  },
  permute: simple('permute', (self, axes) => ({
    axes: listOf('permute', 'axes', axes).map((a) => axisOf('permute', a, self.shape.length)),
  })),
  transpose(i = -2, j = -1) {
    const axes = swapAxes(asHandle('transpose', this), i, j);
    return recordAll('transpose', [this], (add, [x]) => [add('permute', [x], { axes })])[0];
  },
  broadcastTo: simple('broadcastTo', (_, shape) => ({ shape: checkShape('broadcastTo', shape) })),
  contiguous() {
    const { layout, offset } = asHandle('contiguous', this).peek('contiguous');
    return layout.isRowMajor && offset === 0 ? renew('contiguous', this) : record('contiguous', [this]);
  },
  cast(dtype, shape) {
    const self = asHandle('cast', this);
    const wanted = checkDType('cast', dtype);
    const given = shape === undefined ? undefined : checkShape('cast', shape);
    const axis = castAxis(self.layout, self.dtype, wanted, given);
    if (axis === undefined) {
      throw new MiaError(
        'ERR_LAYOUT',
        'cast',
        `no axis of ${self.layout} walks memory element by element; make it contiguous() first`,
      );
    }
    return recordAll('cast', [self], (add, [x]) => {
      const made = add('cast', [x], { dtype: wanted, axis });
      if (given && given.join() !== made.shape.join())
        throw shapeError('cast', 'result has another shape', shapeText(given), shapeText(made.shape));
      return [made];
    })[0];
  },
  to(dtype) {
    const { dtype: own } = asHandle('to', this);
    const wanted = checkDType('to', dtype);
    if (wanted === own) return renew('to', this);
    const op = isBlock(wanted) ? 'quantize' : isBlock(own) ? 'dequantize' : 'to';
    return record(op, [this], { dtype: wanted });
  },
};
