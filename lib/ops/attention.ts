/** Scaled dot-product attention (Vaswani et al. 2017), grouped heads and all, as one routine. */
import type { DType, Kind } from '../dtype.js';
import { MiaError, show } from '../errors.js';
import type { Attrs, Meta, RoutineRecord } from '../ir/op.js';
import { Layout } from '../layout/index.js';
import { checkInteger, checkKinds, float, sameShape, shapeError, shapeText, sizeOf } from './rules.js';

const floats: readonly Kind[] = ['float'];
/** What may come after [q, k, v]; attrs.given names those that do, in this order. */
export const extras = ['mask', 'lengths', 'offsets', 'table'] as const;
type Extra = (typeof extras)[number];
/** Of features of a head: blocks of keys and of queries must fit the kernels' scratch. */
const MAX_HEAD = 2048;

/** Bits of the kernel's flags. */
const flags = { causal: 1, mask: 2, lengths: 4, offsets: 8, table: 16 } as const;

/**
 * attrs: `causal`, `scale`, `window` and `softcap` (0: none), `given`. Queries are the last T positions of the keys'
 * sequence, which has S positions, or lengths[batch]; with offsets sequence i is rows [offsets[i], offsets[i + 1]) of both.
 * With a table [..., n] keys lie in blocks, k [N, Hkv, P, D] and v [N, Hkv, P, Dv]: those of a batch entry are blocks
 * table[batch, 0] and so on, and S is n P.
 * Query p sees key j if j <= p (causal), |p - j| < window, and mask[..., p, j]; the scores of those it sees are
 * softcap tanh(q k scale / softcap) + mask. A query that sees nothing gives zeros.
 */
export const attention: RoutineRecord = {
  name: 'attention',
  kind: 'routine',
  form: 'axes',
  kernel: 'attention',
  typed: true,
  doc: 'softmax(q k^T scale + mask) v by heads; q [..., H, T, D], k [..., Hkv, S, D], v [..., Hkv, S, Dv] -> [..., H, T, Dv]',
  takes: floats,
  infer(inputs, attrs) {
    const [q, k, v, ...rest] = inputs;
    const given = givenOf(attrs);
    if (rest.length !== given.length || !v)
      throw shapeError('attention', 'takes q, k, v and what `given` names', `${3 + given.length} inputs`, String(inputs.length)); // prettier-ignore
    checkDTypes(q, k, v);
    const table = given.includes('table') ? rest.at(-1) : undefined;
    checkShapes(q, k, v, table);
    given.forEach((name, i) => checkExtra(name, rest[i], q, k));
    if (given.includes('offsets') && given.length > 1)
      throw shapeError('attention', 'offsets exclude mask, lengths and table', undefined, given.join(', '));
    if (table && given.includes('mask'))
      throw shapeError('attention', 'a table excludes a mask', undefined, given.join(', '));
    if (typeof attrs.causal !== 'boolean')
      throw shapeError('attention', 'bad causal', 'true or false', show(attrs.causal));
    checkInteger('attention', 'window', attrs.window, 0);
    float(attrs, 'scale');
    if (!(float(attrs, 'softcap') >= 0))
      throw shapeError('attention', 'bad softcap', 'a number >= 0', show(attrs.softcap));
    return { dtype: q.dtype, shape: [...q.shape.slice(0, -1), v.shape.at(-1)!] };
  },
  ints([q, k, v, ...rest], attrs) {
    const [heads, rows, size] = q.shape.slice(-3);
    const [groups, span] = k.shape.slice(-3);
    const given = givenOf(attrs);
    const keys = given.includes('table') ? rest.at(-1)!.shape.at(-1)! * span : span;
    const set = [...given, ...(attrs.causal ? ['causal' as const] : [])];
    const bits = set.reduce((all, name) => all | flags[name], 0);
    const batch = sizeOf(q.shape.slice(0, -3));
    return [batch, heads, groups, rows, keys, size, v.shape.at(-1)!, bits, attrs.window as number];
  },
  floats: (attrs) => [float(attrs, 'scale'), float(attrs, 'softcap')],
  /** Heads side by side, [..., T, H, Dv], as the projection after it reads them: no copy lies between. */
  layout(shape) {
    const swap = <T>(list: readonly T[]): T[] => [
      ...list.slice(0, -3),
      list.at(-2)!,
      list.at(-3)!,
      list.at(-1)!,
    ];
    return new Layout([...shape], swap(Layout.rowMajor(swap(shape)).stride as number[]));
  },
};

function givenOf(attrs: Attrs): Extra[] {
  const { given } = attrs;
  const known = Array.isArray(given) ? extras.filter((name) => given.includes(name)) : [];
  if (Array.isArray(given) && known.join() === given.join()) return known;
  throw shapeError('attention', 'bad given', `names of ${extras.join(', ')}, in order`, show(given));
}

function checkDTypes(q: Meta, k: Meta, v: Meta): void {
  checkKinds('attention', [q, k, v], floats);
  const allowed: readonly DType[] = q.dtype === 'f32' ? ['f32', 'f16', 'bf16'] : [q.dtype];
  if (k.dtype === v.dtype && allowed.includes(k.dtype)) return;
  throw new MiaError('ERR_DTYPE', 'attention', {
    message: `k and v do not go with q of ${q.dtype}; convert with .to()`,
    expected: `both ${allowed.join(' or both ')}`,
    actual: `${k.dtype} and ${v.dtype}`,
  });
}

function checkShapes(q: Meta, k: Meta, v: Meta, table: Meta | undefined): void {
  const texts = [q, k, v].map(({ shape }) => shapeText(shape)).join(', ');
  const fail = (message: string, expected?: string): never => {
    throw shapeError('attention', message, expected, texts);
  };
  const rank = q.shape.length;
  const batch = (x: Meta): readonly number[] => x.shape.slice(0, -3);
  if (table) {
    const fits = rank >= 3 && k.shape.length === 4 && v.shape.length === 4 && k.shape[2] > 0;
    if (!fits || k.shape[0] !== v.shape[0])
      fail('with a table k and v are blocks', '[..., H, T, D], [N, Hkv, P, D], [N, Hkv, P, Dv]');
  } else {
    if (rank < 3 || k.shape.length !== rank || v.shape.length !== rank)
      fail('q, k and v need the same axes', '[..., heads, positions, features]');
    if (!sameShape(batch(q), batch(k)) || !sameShape(batch(q), batch(v))) fail('batch axes differ');
  }
  if (!sameShape(k.shape.slice(0, -1), v.shape.slice(0, -1))) fail('k and v differ in heads or positions');
  if (q.shape.at(-1) !== k.shape.at(-1)) fail('q and k differ in features');
  const [heads, groups] = [q.shape.at(-3)!, k.shape.at(-3)!];
  if (groups === 0 ? heads !== 0 : heads % groups !== 0)
    fail(`${groups} heads of k do not divide ${heads} of q`);
  for (const x of [k, v]) {
    const size = x.shape.at(-1)!;
    if (size < 1 || size > MAX_HEAD) fail('bad number of features', `from 1 to ${MAX_HEAD}`);
  }
}

function checkExtra(name: Extra, x: Meta, q: Meta, k: Meta): void {
  const [batch, keys] = [q.shape.slice(0, -3), k.shape.at(-2)!];
  if (name === 'mask') {
    if (x.dtype !== 'bool' && x.dtype !== q.dtype) badDType('mask', `bool or ${q.dtype}`, x.dtype);
    const wanted = [...q.shape.slice(0, -1), keys];
    if (!sameShape(x.shape, wanted)) badShape('mask', wanted, x.shape);
    return;
  }
  if (x.dtype !== 'i32') badDType(name, 'i32', x.dtype);
  if (name === 'lengths') {
    if (!sameShape(x.shape, batch)) badShape('lengths', batch, x.shape);
    return;
  }
  if (name === 'table') {
    const n = x.shape.at(-1) ?? 0;
    if (!sameShape(x.shape, [...batch, n])) badShape('table', [...batch, n], x.shape);
    return;
  }
  if (x.shape.length !== 1 || x.shape[0] < 1 || batch.length > 0 || q.shape[1] !== keys)
    throw shapeError('attention', 'offsets do not fit', 'offsets [n + 1], q [H, total, D], k and v [Hkv, total, D]', `${shapeText(x.shape)}, ${shapeText(q.shape)}, ${shapeText(k.shape)}`); // prettier-ignore
}

function badDType(name: Extra, expected: string, actual: DType): never {
  throw new MiaError('ERR_DTYPE', 'attention', { message: `${name} has another dtype`, expected, actual });
}
function badShape(name: Extra, expected: readonly number[], actual: readonly number[]): never {
  throw shapeError('attention', `${name} does not fit`, shapeText(expected), shapeText(actual));
}
