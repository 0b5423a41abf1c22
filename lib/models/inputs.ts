/** Named inputs of `model.forward`, checked against what a network takes. */
import { MiaError, show } from '../errors.js';
import type { NamedArray } from './forward.js';
import type { NetworkInput } from './network.js';

/** The inputs that matter, in the network's order and dtypes. */
export function checkInputs(
  known: Readonly<Record<string, NetworkInput>>,
  inputs: Readonly<Record<string, NamedArray>>,
): Record<string, NamedArray> {
  const stranger = Object.keys(inputs ?? {}).find((name) => !Object.hasOwn(known, name));
  if (stranger !== undefined) throw badInput('no such input', Object.keys(known).join(', '), show(stranger));
  const given: Record<string, NamedArray> = {};
  for (const [name, input] of Object.entries(known)) {
    const value = inputs?.[name];
    if (value === undefined && input.optional) continue;
    if (value === undefined) throw badInput(`input '${name}' is missing`);
    const checked = checkInput(name, input, value);
    // A mask of ones says nothing, and costs.
    if (input.dtype === 'bool' && input.optional && (checked.data as Uint8Array).every((v) => v === 1))
      continue;
    given[name] = checked;
  }
  return given;
}

export function badInput(message: string, expected?: string, actual?: string): MiaError {
  return new MiaError('ERR_SHAPE', 'forward', { message, expected, actual });
}

function checkInput(name: string, { dtype, rank, below }: NetworkInput, value: NamedArray): NamedArray {
  const { data, shape } = value ?? {};
  if (!ArrayBuffer.isView(data) || data instanceof DataView || !Array.isArray(shape))
    throw badInput(`input '${name}'`, '{ data: a typed array, shape }', show(value));
  const good = shape.length === rank && shape.every((n) => Number.isSafeInteger(n) && n > 0);
  if (!good || shape.reduce((a, b) => a * b, 1) !== data.length)
    throw badInput(`input '${name}' does not fit`, `${rank} sizes for ${data.length} elements`, show(shape));
  if (dtype === 'f32') {
    if (data instanceof Float32Array) return { data, shape };
    throw new MiaError('ERR_DTYPE', 'forward', {
      message: `input '${name}'`,
      expected: 'a Float32Array',
      actual: show(data),
    });
  }
  if (dtype === 'bool')
    return { data: Uint8Array.from(data as ArrayLike<unknown>, (v) => (v ? 1 : 0)), shape };
  return { data: checkIds('forward', `input '${name}'`, data, below), shape };
}

/** Integers in [0, below) as i32. */
export function checkIds(
  op: string,
  what: string,
  data: ArrayLike<number | bigint>,
  below = Infinity,
): Int32Array {
  const ids = data instanceof Int32Array ? data : Float64Array.from(data as ArrayLike<number>, Number);
  const stray = (ids as Float64Array).find((v) => !Number.isInteger(v) || v < 0 || v >= below);
  if (stray !== undefined)
    throw new MiaError('ERR_SHAPE', op, {
      message: `${what} has an id out of range`,
      expected: `[0, ${below})`,
      actual: String(stray),
    });
  return ids instanceof Int32Array ? ids : Int32Array.from(ids);
}
