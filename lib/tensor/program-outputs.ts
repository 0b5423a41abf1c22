import type { TypedArray } from '../dtype.js';
import { lengthFor } from '../dtype.js';
import { MiaError, show } from '../errors.js';
import type { Meta } from '../ir/op.js';
import { sizeOf } from '../ops/rules.js';
import { checkMemory, overlaps } from './memory.js';
import { arrayFor } from './program-inputs.js';

/** Arrays of the caller's that take outputs, by output: checked against what the program makes and reads. */
export function bindOutputs(
  names: readonly string[],
  outputs: readonly Meta[],
  into: Readonly<Record<string, unknown>>,
  inputs: readonly TypedArray[],
): (TypedArray | undefined)[] {
  const stranger = Object.keys(into).find((name) => !names.includes(name));
  if (stranger !== undefined) {
    throw new MiaError('ERR_SHAPE', 'run', {
      message: 'no such output',
      expected: names.join(', '),
      actual: show(stranger),
    });
  }
  const taken = [...inputs];
  return names.map((name, i) => {
    if (into[name] === undefined) return undefined;
    const label = `run: output '${name}'`;
    const { dtype, shape } = outputs[i];
    const target = arrayFor(label, dtype, into[name]);
    const length = lengthFor(dtype, sizeOf(shape));
    if (target.length !== length) {
      throw new MiaError('ERR_SHAPE', label, {
        message: 'the array does not fit',
        expected: `${length} elements`,
        actual: String(target.length),
      });
    }
    checkMemory(label, 'the buffer of the array', target);
    if (taken.some((other) => overlaps(other, target))) {
      throw new MiaError('ERR_LAYOUT', label, 'the array shares memory with an input or another output');
    }
    taken.push(target);
    return target;
  });
}
