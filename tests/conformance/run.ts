/** Runs one case in one way against its reference. */
import { MiaError, Tensor, type Device } from '../../lib/index.js';
import { fillInput, type Case, type T } from './case.js';
import { difference, identical, LEAST } from './compare.js';
import { fromTyped, typedOf, type Ref } from './reference/array.js';
import type { RefType } from './reference/numbers.js';
import { inputOf, plain, type Way } from './ways.js';
import type { DeviceRow } from './webgpu.js';

/** Inputs and expected results of a case, made once for all devices and ways. */
export interface Prepared {
  readonly case: Case;
  readonly inputs: readonly Ref[];
  readonly expected: readonly Ref[];
}

const list = <V>(value: V | readonly V[]): readonly V[] =>
  Array.isArray(value) ? (value as readonly V[]) : [value as V];

/** `flushes`: for devices that take what is below normal f32 for zeros. */
export function prepare(c: Case, flushes = false): Prepared {
  const filled = c.inputs.map((input, i) => fillInput(`${c.name}/${i}`, input));
  const inputs = flushes ? filled.map(flushed) : filled;
  const given = flushes ? { ...c, tolerance: { ...c.tolerance, flushes } } : c;
  return { case: given, inputs, expected: list(c.expect([...inputs])) };
}

function flushed(x: Ref): Ref {
  if (x.dtype !== 'f32' && x.dtype !== 'bf16') return x;
  const isSmall = (v: number): boolean => Math.abs(v) < LEAST;
  return { ...x, data: (x.data as number[]).map((v) => (isSmall(v) ? (v < 0 ? -0 : 0) : v)) };
}

/** Runs cases one way; names those that fail, and says what is wrong with each. */
export async function failuresOf(
  device: Device,
  cases: readonly Prepared[],
  way: Way,
  row: DeviceRow,
): Promise<string[]> {
  const failures: string[] = [];
  for (const [turn, p] of cases.entries()) {
    const problem = await problemOf(device, p, way, turn, undefined, row.mayRefuse?.(p.case));
    if (problem) failures.push(`${p.case.name}: ${problem}`);
  }
  return failures;
}

/** Runs one case one way; says what is wrong, values or books. `lent`: the memory of inputs that are lent. */
export async function problemOf(
  device: Device,
  p: Prepared,
  way: Way,
  turn: number,
  lent = way.lends ? p.inputs.map((x) => typedOf(x).slice()) : [],
  mayRefuse = false,
): Promise<string | undefined> {
  if (p.case.large && !way.large) return undefined;
  const before = device.memory();
  const made: T[] = [];
  const hold = (t: T): T => made[made.push(t) - 1];
  let problem: string | undefined;
  let refused = false;
  try {
    const make = inputOf(way, p.case);
    const inputs: T[] = [];
    for (const [i, x] of p.inputs.entries())
      inputs.push(hold(way.lends ? plain(device, x, lent[i]) : await make(device, x, turn + i)));
    const kept = way.keeps ? inputs.map((t) => hold(t.clone())) : [];
    const results = list(p.case.run([...inputs], device)).map((y) => hold(way.output ? way.output(y) : y));
    problem = await check('', results, p.expected, p.case);
    problem ??= await check('an input that was kept changed: ', kept, p.inputs.slice(0, kept.length), {});
    const overwritten = lent.findIndex((array, i) => !identical(array, p.inputs[i]));
    if (overwritten >= 0) problem ??= `the memory lent for input ${overwritten} was written`;
  } catch (error) {
    if (isRefusal(error)) refused = true;
    problem = String((error as Error).stack ?? error)
      .split('\n')
      .slice(0, 3)
      .join(' | ');
  }
  for (const t of made) t.dispose();
  const left = books(device, before);
  return (refused && mayRefuse ? undefined : problem) ?? left;
}

const isRefusal = (error: unknown): boolean =>
  error instanceof MiaError && error.code === 'ERR_UNSUPPORTED' && !error.message.includes('compile');

async function check(
  prefix: string,
  results: readonly T[],
  expected: readonly Ref[],
  { tolerance }: Pick<Case, 'tolerance'>,
): Promise<string | undefined> {
  if (results.length !== expected.length)
    return `${prefix}${results.length} results, should be ${expected.length}`;
  const arrays = await Tensor.backAll(results);
  for (const [i, array] of arrays.entries()) {
    const { dtype, shape } = results[i];
    const wanted = expected[i];
    if (dtype === wanted.dtype && shape.join() === wanted.shape.join() && identical(array, wanted)) continue;
    const problem = difference(fromTyped(dtype as RefType, shape, array), wanted, tolerance);
    if (problem) return `${prefix}${results.length > 1 ? `result ${i}: ` : ''}${problem}`;
  }
  return undefined;
}

/** Whether a device holds what it held before. */
function books(device: Device, before: ReturnType<Device['memory']>): string | undefined {
  const { liveTensors, liveBytes } = device.memory();
  if (liveTensors === before.liveTensors && liveBytes === before.liveBytes) return undefined;
  return `afterwards ${liveTensors - before.liveTensors} tensors and ${liveBytes - before.liveBytes} bytes more are live`;
}
