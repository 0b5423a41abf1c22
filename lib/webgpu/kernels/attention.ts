/** attention.f32, as native/kernels/attention.inl describes it. */
import { unsupported } from '../scalars.js';
import { gridOf, type Kernel } from './kernel.js';

const flags = { causal: 1, mask: 2, lengths: 4, offsets: 8, table: 16 };

export const attention: Kernel = (step, cx) => {
  if (step.kernel !== 'attention.f32') throw unsupported(step.op, 'arithmetic of f64');
  const [batch, heads, groups, rows, keys, features, values, bits, window] = step.ints;
  const [scale, softcap] = step.floats;
  const [out, q, k, v, ...rest] = step.operands;
  const extra = (flag: number): (typeof rest)[number] | undefined => (bits & flag ? rest.shift() : undefined);
  const [mask, lengths, offsets] = [extra(flags.mask), extra(flags.lengths), extra(flags.offsets)];
  const table = extra(flags.table);
  const [blocks, , span] = k.sizes; // where there is a table
  const shader = cx.shader();
  const read = (o?: (typeof rest)[number]): string => (o ? shader.load(o) : '');
  shader.kernel('attention', {
    PARTS: Math.ceil(values / 64),
    CAUSAL: (bits & flags.causal) !== 0,
    WINDOW: window > 0,
    LENGTHS: lengths !== undefined,
    OFFSETS: offsets !== undefined,
    TABLE: table !== undefined,
    CAPPED: softcap > 0,
    MASK_BOOL: mask?.dtype === 'bool',
    MASK_ADDED: mask !== undefined && mask.dtype !== 'bool',
    batch: shader.uint(batch),
    heads: shader.uint(heads),
    kv_heads: shader.uint(groups),
    rows: shader.uint(rows),
    keys: shader.uint(keys),
    features: shader.uint(features),
    values: shader.uint(values),
    window: shader.uint(window),
    sequences: shader.uint(offsets?.sizes.reduce((a, b) => a * b, 1) ?? 0),
    scale: shader.float(scale),
    cap: shader.float(softcap),
    lowest: shader.float(-Infinity),
    span: shader.uint(table ? span : keys),
    blocks: shader.uint(table ? blocks : 0),
    fail: lengths || offsets || table ? shader.fail(cx.index) : '',
    mask: read(mask),
    lengths: read(lengths),
    offsets: read(offsets),
    table: read(table),
    q: shader.load(q),
    k: shader.load(k),
    v: shader.load(v),
    out: shader.store(out),
  });
  return { program: shader.finish(), grid: gridOf(batch * heads * rows) };
};
