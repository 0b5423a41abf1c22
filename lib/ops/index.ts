/** Every op by name. A device's support, the docs, the tensor methods and the conformance table all read this list. */
import type { Op, SourceRecord } from '../ir/op.js';
import { attention } from './attention.js';
import {
  binary,
  clamp,
  compare,
  contiguous,
  floatUnary,
  full,
  logical,
  shaped,
  to,
  unary,
  where,
} from './elementwise.js';
import { avgPool2d, conv2d, convolve, maxPool2d } from './conv.js';
import { gather, gatherRoutines, scatter, takeAlong, topk } from './indexing.js';
import { assemble, concat, copy, pad } from './join.js';
import { decodeRows, dequantize, encodeRows, quantize } from './blocks.js';
import { matmul, product } from './matmul.js';
import { broadcast, cast, permute, reshape, slice } from './movement.js';
import {
  cumsum,
  groupNorm,
  l2Norm,
  layerNorm,
  logSoftmax,
  rmsNorm,
  rowRoutines,
  softmax,
} from './normalize.js';
import { argReduces, mean, reduces } from './reduce.js';
import { rope } from './rope.js';
import { sample } from './sample.js';
import { wkv7 } from './wkv.js';
import { checkDType } from '../dtype.js';
import { checkShape, ints, refuseBlocks } from './rules.js';

/** A value in memory: a tensor made from an array, or one already computed. */
export const leaf: SourceRecord = {
  name: 'leaf',
  kind: 'leaf',
  doc: 'values in memory',
  infer: (_, attrs) => ({
    dtype: checkDType('leaf', attrs.dtype),
    shape: checkShape('leaf', ints(attrs, 'shape')),
  }),
};

/** Each element is its index: attrs `size`, `dtype`. */
export const iota: SourceRecord = {
  name: 'iota',
  kind: 'iota',
  doc: '0, 1, 2, ...',
  infer(_, attrs) {
    const dtype = checkDType('iota', attrs.dtype);
    refuseBlocks('iota', dtype);
    return { dtype, shape: checkShape('iota', [attrs.size]) };
  },
};

const list: readonly Op[] = [
  leaf,
  iota,
  full,
  contiguous,
  copy,
  to,
  clamp,
  where,
  ...[binary, compare, logical, unary, floatUnary, shaped, reduces, argReduces].flatMap(
    (group) => Object.values(group) as Op[],
  ),
  mean,
  softmax,
  logSoftmax,
  cumsum,
  layerNorm,
  rmsNorm,
  groupNorm,
  l2Norm,
  ...rowRoutines,
  matmul,
  product,
  conv2d,
  convolve,
  maxPool2d,
  avgPool2d,
  rope,
  attention,
  wkv7,
  quantize,
  dequantize,
  encodeRows,
  decodeRows,
  reshape,
  permute,
  slice,
  broadcast,
  cast,
  concat,
  pad,
  assemble,
  gather,
  takeAlong,
  scatter,
  topk,
  sample,
  ...gatherRoutines,
];

export const defaultOps: ReadonlyMap<string, Op> = new Map(list.map((op) => [op.name, op]));
