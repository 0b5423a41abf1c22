/** Ops of the user: declared here, given to a device by `addOp`, recorded by `apply`. docs/adding-an-op.md shows one. */
import { checkDType, type DType, type Kind } from '../dtype.js';
import type { Device } from '../device.js';
import { MiaError, show } from '../errors.js';
import { isPlainObject, jsonText } from '../ir/json.js';
import type { Attrs, Meta, RoutineRecord, ScalarRecord } from '../ir/op.js';
import { arg, type Scalar } from '../ir/scalar.js';
import { broadcastShapes, checkKinds, checkSameDType, checkShape, refuseBlocks } from '../ops/rules.js';
import { listOf } from './arguments.js';
import { asHandle } from './handle.js';
import { record } from './record.js';
import type { Tensor } from './tensor.js';

/** What makes an op: `T` is the dtype of its results, where that is always the same. */
export interface OpDeclaration<T extends DType = DType> {
  /** Unlike that of every other op of the device. */
  readonly name: string;
  /** One sentence: what it computes, in terms of shapes. */
  readonly doc: string;
  /** Dtype and shape of the result; throws for inputs that the op does not take. */
  infer(inputs: readonly Meta[], attrs: Attrs): { readonly dtype: T; readonly shape: readonly number[] };
}

/** An op with the dtype of its results in its type. */
export type CustomOp<T extends DType = DType> = RoutineRecord & { readonly result?: T };

/**
 * Declares an op that a kernel of the user computes: `addOp(op, kernel)` of a device's builder takes both. The kernel
 * gets row-major typed arrays.
 */
export function defineOp<const T extends DType>({ name, doc, infer }: OpDeclaration<T>): CustomOp<T> {
  checkDeclaration(name, doc);
  checkFunction(name, 'infer', infer);
  return {
    name,
    doc,
    kind: 'routine',
    form: 'host',
    kernel: 'host',
    typed: false,
    ints: () => [],
    infer(inputs, attrs) {
      const meta: unknown = infer(inputs, attrs);
      if (typeof meta !== 'object' || meta === null) {
        throw new MiaError('ERR_SHAPE', name, {
          message: 'infer gave no result',
          expected: '{ dtype, shape }',
          actual: show(meta),
        });
      }
      const { dtype, shape } = meta as Partial<Meta>;
      return { dtype: checkDType(name, dtype), shape: checkShape(name, shape) };
    },
  };
}

/** An elementwise op: how one element of the result follows from one of each input. */
export interface ScalarDeclaration {
  readonly name: string;
  readonly doc: string;
  /** How many tensors it takes, all of one dtype; they broadcast. Default: as many as `expr` names. */
  readonly inputs?: number;
  /** The kinds of dtypes that it takes; floats by default. */
  readonly kinds?: readonly Exclude<Kind, 'block'>[];
  /** The formula, made with `s`: `(x, y) => s.mul(x, s.tanh(y))`. */
  expr(...inputs: Scalar[]): Scalar;
}

/**
 * Declares an elementwise op as data. It needs no kernel, fuses with its neighbours, and runs wherever the default ops
 * do: `addOp(op)`.
 */
export function defineScalarOp({
  name,
  doc,
  expr,
  kinds = ['float'],
  inputs = expr?.length,
}: ScalarDeclaration): ScalarRecord {
  checkDeclaration(name, doc);
  checkFunction(name, 'expr', expr);
  const formula = expr(...Array.from({ length: inputs }, (_, i) => arg(i)));
  return {
    name,
    doc,
    kind: 'scalar',
    infer(given) {
      if (given.length !== inputs) {
        throw new MiaError('ERR_SHAPE', name, {
          message: 'wrong number of tensors',
          expected: String(inputs),
          actual: String(given.length),
        });
      }
      checkKinds(name, given, kinds, true);
      const dtype = checkSameDType(name, given);
      refuseBlocks(name, dtype); // the compiler does, too
      return {
        dtype,
        shape: broadcastShapes(
          name,
          given.map((meta) => meta.shape),
        ),
      };
    },
    expr: () => formula,
  };
}

/** Records a custom op, consuming the tensors. Its device must have the op: `addOp` of its builder. */
export function apply<D extends Device, T extends DType>(
  op: CustomOp<T>,
  tensors: readonly Tensor<D, DType>[],
  attrs?: Attrs,
): Tensor<D, T>;
export function apply<D extends Device, T extends DType>(
  op: ScalarRecord,
  tensors: readonly Tensor<D, T>[],
  attrs?: Attrs,
): Tensor<D, T>;
export function apply(
  op: CustomOp | ScalarRecord,
  tensors: unknown,
  attrs: Attrs = {},
): Tensor<Device, DType> {
  const name = typeof op?.name === 'string' ? op.name : 'apply';
  const list = listOf(name, 'tensors', tensors, 'an array of tensors');
  if (list.length === 0) throw new MiaError('ERR_SHAPE', name, 'needs at least one tensor');
  const { device } = asHandle(name, list[0]);
  if (device.core.ops.get(name) !== op) {
    throw new MiaError(
      'ERR_UNSUPPORTED',
      name,
      `this ${device.kind} device does not have this op; give it to addOp() of its builder`,
    );
  }
  return record(name, list, copyAttrs(name, attrs)) as Tensor<Device, DType>;
}

function checkDeclaration(name: unknown, doc: unknown): void {
  const op = 'defineOp';
  if (typeof name !== 'string' || !/^[A-Za-z][\w.]*$/.test(name)) {
    throw new MiaError('ERR_FORMAT', op, {
      message: 'bad name',
      expected: 'letters, digits, _ and .',
      actual: show(name),
    });
  }
  if (typeof doc !== 'string')
    throw new MiaError('ERR_FORMAT', op, {
      message: `${name} has no doc`,
      expected: 'a sentence',
      actual: show(doc),
    });
}

function checkFunction(name: string, field: string, value: unknown): void {
  if (typeof value === 'function') return;
  throw new MiaError('ERR_FORMAT', 'defineOp', {
    message: `${name}: bad ${field}`,
    expected: 'a function',
    actual: show(value),
  });
}

/** A copy of attributes, which must be JSON, so that a tape can be saved. */
function copyAttrs(op: string, attrs: unknown): Attrs {
  const fail = (message: string): MiaError => new MiaError('ERR_FORMAT', op, `attributes: ${message}`);
  if (!isPlainObject(attrs)) throw fail(`expected an object, got ${show(attrs)}`);
  return JSON.parse(jsonText(attrs, 16, fail)) as Attrs;
}
