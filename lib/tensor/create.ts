/** Where tensors come from: memory of the user, one value, or a count. All of it makes nodes; tensor.ts makes handles. */
import {
  checkDType,
  dtypeOfArray,
  dtypes,
  isBlock,
  isPacked,
  kindOf,
  lengthFor,
  plainArray,
  type DType,
  type TypedArray,
} from '../dtype.js';
import type { Device } from '../device.js';
import { MiaError, show } from '../errors.js';
import { Node } from '../ir/node.js';
import { checkPlace, checkWhole } from '../ir/units.js';
import { Layout, shapeOf, spanOf } from '../layout/index.js';
import { jsonNumber } from '../ops/elementwise.js';
import { checkNumber, checkShape, shapeError } from '../ops/rules.js';
import { toHalf } from './half.js';
import { checkMemory } from './memory.js';
import { scalar } from './methods.js';
import { checkDevice, recordNode, sourceNode } from './record.js';

/** A leaf over the user's array, which is borrowed; numbers in a plain array are copied. */
export function leafNode(device: Device, shapeOrLayout: unknown, data: unknown, dtype?: unknown): Node {
  checkDevice('create', device);
  const leaf = device.core.ops.get('leaf');
  if (!leaf) throw new MiaError('ERR_UNSUPPORTED', 'create', `this ${device.kind} device has no op 'leaf'`);
  const layout = layoutOf(shapeOrLayout);
  const asked = dtype === undefined ? undefined : checkDType('create', dtype);
  const [array, own] = Array.isArray(data) ? fromNumbers(data, asked) : lend(data, asked);
  if (shapeOrLayout instanceof Layout) checkPlace('create', { dtype: own, layout, offset: 0 });
  else checkWhole('create', { dtype: own, shape: shapeOf(layout) });
  const length = lengthFor(own, layout.cosize);
  if (array.length !== length) {
    const what = shapeOrLayout instanceof Layout ? `layout ${layout}` : `shape ${show(shapeOrLayout)}`;
    throw shapeError(
      'create',
      `wrong length of data for ${own} of ${what}`,
      String(length),
      String(array.length),
    );
  }
  const node = new Node(device, leaf, [], {}, own, layout, 0);
  node.storage = device.core.borrow(array);
  return node;
}

/** One value everywhere. */
export function fullNode(
  op: string,
  device: Device,
  shape: unknown,
  value: unknown,
  dtype: unknown = 'f32',
): Node {
  if (typeof value !== 'number') throw shapeError(op, 'bad value', 'a number', show(value));
  const attrs = { value: jsonNumber(value), dtype: checkDType(op, dtype), shape: checkShape(op, shape) };
  checkDevice(op, device);
  return sourceNode(device, 'full', attrs);
}

/** (stop, dtype?) or (start, stop, step?, dtype?): start, start + step, ... before stop. */
export function arangeNode(device: Device, first: unknown, ...rest: unknown[]): Node {
  checkDevice('arange', device);
  const counted = typeof rest[0] !== 'number';
  const [start, stop] = counted
    ? [0, checkFinite('stop', first)]
    : [checkFinite('start', first), checkFinite('stop', rest[0])];
  const [step, dtype] = counted ? [1, rest[0]] : [checkFinite('step', rest[1] ?? 1), rest[2]];
  if (step === 0) throw shapeError('arange', 'bad step', 'a number that is not 0', '0');
  const own = checkDType('arange', dtype ?? 'f32');
  if (kindOf(own) === 'bool' || isPacked(own) || isBlock(own)) {
    throw new MiaError('ERR_DTYPE', 'arange', {
      message: `cannot count in ${own}`,
      expected: 'a number dtype, not packed, not of blocks',
      actual: own,
    });
  }
  const size = Math.max(0, Math.ceil((stop - start) / step));
  checkShape('arange', [size]);
  const number = (value: number): Node => scalar('arange', device, own, value);
  let node = sourceNode(device, 'iota', { size, dtype: own });
  if (step !== 1) node = recordNode('mul', [node, number(step)]);
  if (start !== 0) node = recordNode('add', [node, number(start)]);
  return node;
}

function checkFinite(name: string, value: unknown): number {
  if (Number.isFinite(checkNumber('arange', name, value))) return value as number;
  throw shapeError('arange', `bad ${name}`, 'a finite number', show(value));
}

function layoutOf(shapeOrLayout: unknown): Layout {
  if (!(shapeOrLayout instanceof Layout)) return Layout.rowMajor(checkShape('create', shapeOrLayout));
  if (spanOf(shapeOrLayout).min < 0) {
    throw new MiaError(
      'ERR_LAYOUT',
      'create',
      `${shapeOrLayout} reaches before the first element of the data`,
    );
  }
  const { shape, stride } = shapeOrLayout;
  return typeof shape === 'number' ? new Layout([shape], [stride]) : shapeOrLayout;
}

/** A typed array as the device takes it, and its dtype. */
function lend(data: unknown, asked: DType | undefined): [TypedArray, DType] {
  const array = plainArray(data);
  if (!array) {
    throw new MiaError('ERR_DTYPE', 'create', {
      message: 'bad data',
      expected: 'a typed array or an array of numbers',
      actual: show(data),
    });
  }
  const natural = dtypeOfArray(data)!;
  const dtype = asked ?? natural;
  if (natural !== dtype && !(array instanceof dtypes[dtype].array)) {
    throw new MiaError('ERR_DTYPE', 'create', {
      message: `${dtype} does not lie in this array`,
      expected: `a ${dtypes[dtype].array.name}`,
      actual: show(data),
    });
  }
  checkMemory('create', 'the buffer of the data', array);
  return [array, dtype];
}

/** Numbers (or bigints) copied into the array of a dtype: f32 by default, i64 for bigints. */
function fromNumbers(values: readonly unknown[], asked: DType | undefined): [TypedArray, DType] {
  const big = typeof values[0] === 'bigint';
  const dtype = asked ?? (big ? 'i64' : 'f32');
  if (isBlock(dtype)) {
    throw new MiaError('ERR_DTYPE', 'create', {
      message: `numbers are not blocks of ${dtype}; create f32 and convert with .to('${dtype}')`,
      expected: 'a Uint8Array of whole blocks',
      actual: 'an array of numbers',
    });
  }
  const { array, base } = dtypes[dtype];
  const kind = kindOf(dtype);
  const wide = array === BigInt64Array || array === BigUint64Array;
  const odd = values.findIndex((v) => typeof v !== 'number' && !(wide && typeof v === 'bigint'));
  if (odd >= 0) throw misfit(dtype, values[odd], odd);
  if (dtype === 'f16' || dtype === 'bf16' || base === 'f16') {
    return [toHalf(dtype === 'bf16' ? 'bf16' : 'f16', values as number[]), dtype];
  }
  if (kind !== 'float') {
    const fraction = values.findIndex((v) => typeof v === 'number' && !Number.isInteger(v));
    if (fraction >= 0) throw misfit(dtype, values[fraction], fraction);
  }
  const made = wide
    ? (array as typeof BigInt64Array).from(values as bigint[], BigInt)
    : (array as typeof Float64Array).from(values as number[]);
  const changed = kind === 'float' ? -1 : values.findIndex((v, i) => Number(made[i]) !== Number(v));
  if (changed >= 0) throw misfit(dtype, values[changed], changed);
  if (kind === 'bool') {
    const other = (values as number[]).findIndex((v) => v > 1);
    if (other >= 0) throw misfit(dtype, values[other], other);
  }
  return [made, dtype];
}

function misfit(dtype: DType, value: unknown, index: number): MiaError {
  return new MiaError('ERR_DTYPE', 'create', `element ${index}, ${show(value)}, does not fit ${dtype}`);
}
