/** Infix: the `expr` tag reads `+ - * / ** @`, unary minus, parentheses and numbers as the methods of tensors. */
import type { Device } from '../device.js';
import type { DType } from '../dtype.js';
import { MiaError } from '../errors.js';
import type { Node } from '../ir/node.js';
import { opcode } from '../ir/scalar.js';
import { parseInfix, type Formula } from './infix.js';
import { scalar } from './methods.js';
import { recordAll, type Recorder } from './record.js';
import type { Same } from './sentences.js';
import type { AnyTensor } from './signatures.js';
import type { Tensor } from './tensor.js';
import type { Shape } from './types.js';

type Value = AnyTensor | number;
/** The first tensor among the values. */
type First<V extends readonly Value[]> = V extends readonly [infer X, ...infer R extends readonly Value[]]
  ? X extends AnyTensor
    ? X
    : First<R>
  : Extract<V[number], AnyTensor>;
/** Each value, which must agree with the first tensor. */
type Agreeing<V extends readonly Value[]> = {
  [K in keyof V]: V[K] extends AnyTensor
    ? V[K] & Same<'expr', First<V>['device'], First<V>['dtype'], V[K]['device'], V[K]['dtype']>
    : V[K];
};
/**
 * Types do not see the operators. Matrices of one shape keep it under each of them (@ too, if they fit at all);
 * otherwise the shape is open.
 */
type ShapeOf<S extends Shape, First extends Shape> = [S] extends [First]
  ? First extends readonly [number, number, ...Shape]
    ? First
    : Shape
  : Shape;

/** By call site: JavaScript gives a template the same strings object every time. */
const formulas = new WeakMap<TemplateStringsArray, Formula>();

/**
 * expr`${a} + ${b} * ${c}` is `a.add(b.mul(c))`: it consumes its tensors and fails with the same errors, and then
 * consumes nothing. From tight to loose: `**` (from the right), unary `-`, then `* / @` (matmul), then `+ -`.
 * Throws ERR_FORMAT for text that is no formula.
 */
export function expr<const V extends readonly Value[]>(
  strings: TemplateStringsArray,
  ...values: Agreeing<V>
): Tensor<
  First<V>['device'],
  First<V>['dtype'],
  ShapeOf<Extract<V[number], AnyTensor>['shape'], First<V>['shape']>
>;
export function expr(strings: TemplateStringsArray, ...values: unknown[]): Tensor<Device, DType> {
  let formula = formulas.get(strings);
  if (formula === undefined) formulas.set(strings, (formula = parseInfix(strings.raw)));
  const tensors = values.filter((value) => typeof value !== 'number');
  if (tensors.length === 0) throw new MiaError('ERR_SHAPE', 'expr', 'needs a tensor among its values');
  const build = (add: Recorder, nodes: Node[]): Node[] => {
    let next = 0;
    const held = values.map((value) => (typeof value === 'number' ? value : nodes[next++]));
    return [record(formula, held, nodes[0], add) as Node];
  };
  return recordAll('expr', tensors, build)[0] as Tensor<Device, DType>;
}

/** The node of a formula; what is made of numbers alone is computed here. `like` gives numbers their dtype. */
function record(
  formula: Formula,
  held: readonly (Node | number)[],
  like: Node,
  add: Recorder,
): Node | number {
  if (typeof formula === 'number') return formula;
  if ('hole' in formula) return held[formula.hole];
  const { op } = formula;
  const args = formula.args.map((arg) => record(arg, held, like, add));
  if (op === 'matmul') {
    const number = args.find((arg) => typeof arg === 'number');
    if (number !== undefined)
      throw new MiaError('ERR_DTYPE', op, {
        message: 'not a tensor',
        expected: 'a tensor',
        actual: String(number),
      });
  } else if (args.every((arg) => typeof arg === 'number')) {
    return opcode(op).js(...args);
  }
  return add(
    op,
    args.map((arg) => (typeof arg === 'number' ? scalar(op, like.device, like.dtype, arg) : arg)),
  );
}
