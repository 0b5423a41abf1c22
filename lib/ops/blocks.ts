/** Into block dtypes and back: what `to` records for them, and the routine that reads rows of blocks. */
import { checkDType, isBlock, type DType } from '../dtype.js';
import { MiaError } from '../errors.js';
import type { CompositeRecord, Meta, RoutineRecord } from '../ir/op.js';
import { checkRank, sizeOf } from './rules.js';

const narrow: readonly DType[] = ['f32', 'f16', 'bf16'];

function checkBlock(op: string, dtype: DType): void {
  if (isBlock(dtype)) return;
  throw new MiaError('ERR_DTYPE', op, {
    message: 'not a block dtype',
    expected: 'q8_0 q4_0 q4_k q6_k',
    actual: dtype,
  });
}

function checkNarrow(op: string, dtype: DType): DType {
  if (narrow.includes(dtype)) return dtype;
  const message = 'blocks convert from and to f32, f16 and bf16; convert once more with .to()';
  throw new MiaError('ERR_DTYPE', op, { message, expected: narrow.join(' '), actual: dtype });
}

/** attrs `dtype`. Where blocks begin and end is the shape's business: `checkWhole`. */
export const quantize: CompositeRecord = {
  name: 'quantize',
  kind: 'composite',
  doc: 'the nearest blocks of a block dtype along the last axis, as `to` makes them; NaN becomes 0, infinities the largest number',
  takes: ['float'],
  infer([x], attrs) {
    const dtype = checkDType('quantize', attrs.dtype);
    checkBlock('quantize', dtype);
    checkNarrow('quantize', x.dtype);
    checkRank('quantize', x, 1);
    return { dtype, shape: x.shape };
  },
  expand: (b, [x], attrs) => b.op('encodeRows', [x], attrs),
};

/** x [..., C] in blocks along C; attrs `dtype`. */
export const dequantize: CompositeRecord = {
  name: 'dequantize',
  kind: 'composite',
  doc: 'the numbers that blocks stand for, exactly, as `to` reads them',
  takes: ['block'],
  infer([x], attrs) {
    checkBlock('dequantize', x.dtype);
    return { dtype: checkNarrow('dequantize', checkDType('dequantize', attrs.dtype)), shape: x.shape };
  },
  expand(b, [x], { dtype }) {
    const rows = b.op('reshape', [x], { shape: [1, sizeOf(x.shape.slice(0, -1)), x.shape.at(-1)!] });
    const numbers = b.op('decodeRows', [rows]);
    return b.op('reshape', [dtype === 'f32' ? numbers : b.op('to', [numbers], { dtype: dtype! })], {
      shape: x.shape,
    });
  },
};

/** The numbers of rows [..., C] as blocks. */
export const encodeRows: RoutineRecord = {
  name: 'encodeRows',
  kind: 'routine',
  form: 'pick',
  kernel: 'encode',
  typed: true,
  doc: 'x [rows..., C] -> blocks along C',
  internal: true,
  infer: ([x], attrs) => ({ dtype: attrs.dtype as DType, shape: x.shape }),
  ints: ([x]) => [sizeOf(x.shape)],
};

/** Table [outer, axis, inner] of blocks along inner, and maybe indices [n]: decodes only the rows that they name. */
export const decodeRows: RoutineRecord = {
  name: 'decodeRows',
  kind: 'routine',
  form: 'decode',
  kernel: 'decode.f32',
  typed: false,
  doc: 'blocks [outer, axis, inner], indices [n] -> f32 [outer, n, inner]; without indices every row',
  internal: true,
  infer: ([x, i]) => ({ dtype: 'f32', shape: [x.shape[0], rowsOf(x, i), x.shape[2]] }),
  ints: ([x, i]) => [...x.shape, rowsOf(x, i)],
};

const rowsOf = (x: Meta, indices?: Meta): number => (indices ? indices.shape[0] : x.shape[1]);
