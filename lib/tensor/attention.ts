/** Arguments of attention(), rope() and wkv7(): which tensors came, and attributes for the rest. */
import type { Node } from '../ir/node.js';
import type { Attrs } from '../ir/op.js';
import { extras } from '../ops/attention.js';
import { checkInteger, checkNumber, shapeError } from '../ops/rules.js';
import { finiteOf, flagOf, optionsOf } from './arguments.js';
import { asHandle, type Handle } from './handle.js';
import { record, recordAll } from './record.js';

/** What was left out, as undefined. */
const orNothing = (value: unknown): unknown => value ?? undefined;

export function attention(self: Handle, k: unknown, v: unknown, options: unknown): Handle {
  const known = ['causal', 'scale', 'window', 'softcap', ...extras];
  const given = optionsOf('attention', options, ...known);
  const names = extras.filter((name) => orNothing(given[name]) !== undefined);
  const { shape } = asHandle('attention', self);
  const features = shape.at(-1) ?? 1;
  const positive = (name: string, value: number): number => {
    if (value > 0) return value;
    throw shapeError('attention', `bad ${name}`, 'a number > 0', String(value));
  };
  const attrs: Attrs = {
    causal: flagOf('attention', 'causal', given.causal ?? false),
    scale: finiteOf('attention', 'scale', given.scale ?? 1 / Math.sqrt(features || 1)),
    window: orNothing(given.window) === undefined ? 0 : checkInteger('attention', 'window', given.window, 1),
    softcap:
      orNothing(given.softcap) === undefined
        ? 0
        : positive('softcap', finiteOf('attention', 'softcap', given.softcap)),
    given: names,
  };
  const inputs = [self, k, v, ...names.map((name) => given[name])];
  return recordAll('attention', inputs, (add, [q, keys, values, ...rest]) => {
    const at = names.indexOf('mask');
    if (at < 0) return [add('attention', [q, keys, values, ...rest], attrs)];
    const scores = [...q.shape.slice(0, -1), keys.shape.at(-2) ?? 1];
    const mask = add('broadcastTo', [rest[at]], { shape: scores });
    return [add('attention', [q, keys, values, ...rest.with(at, mask)], attrs)];
  })[0];
}

export function rope(self: Handle, positions: unknown, options: unknown): Handle {
  const { base = 10000, dims, interleaved = false, frequencies, factor = 1 } =
    optionsOf('rope', options, 'base', 'dims', 'interleaved', 'frequencies', 'factor'); // prettier-ignore
  const attrs: Attrs = {
    base: finiteOf('rope', 'base', base),
    dims: checkNumber('rope', 'dims', dims ?? asHandle('rope', self).shape.at(-1) ?? 0),
    interleaved: flagOf('rope', 'interleaved', interleaved),
    factor: finiteOf('rope', 'factor', factor),
  };
  const inputs = [self, positions, orNothing(frequencies)];
  return record('rope', inputs.filter((x, i) => i < 2 || x !== undefined), attrs); // prettier-ignore
}

/** The rows and the state that one result holds. */
export function wkv7(self: Handle, inputs: readonly unknown[]): { y: Handle; state: Handle } {
  const [y, state] = recordAll('wkv7', [self, ...inputs], (add, nodes) => {
    const both = add('wkv7', nodes);
    const { shape } = nodes[0];
    const [at, rows, size] = [shape.length - 3, shape.at(-3)!, shape.at(-1)!];
    const part = (start: number, count: number): Node => {
      const ranges = both.shape.map((n, i) => (i === at ? [start, count, 1] : [0, n, 1]));
      return add('slice', [both], { ranges });
    };
    return [part(0, rows), add('reshape', [part(rows, size)], { shape: nodes.at(-1)!.shape })];
  });
  return { y, state };
}
