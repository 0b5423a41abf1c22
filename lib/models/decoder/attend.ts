import type { Device } from '../../device.js';
import type { DType } from '../../dtype.js';
import type { Tensor } from '../../tensor/tensor.js';
import type { Floats, Ints } from '../tensors.js';
import type { Attend, AttendOptions } from './decoder.js';

const optionsOf = ({ causal = true, window, scale, softcap }: AttendOptions) => ({
  causal,
  window,
  scale,
  softcap,
});

/** Heads first, as attention takes them: [rows, heads, size] -> [heads, rows, size], a view. */
const headsFirst = <T extends DType>(x: Tensor<Device, T>): Tensor<Device, T> => x.permute([1, 0, 2]);

/** The same of a batch: [batch, rows, heads, size] -> [batch, heads, rows, size]. */
const swap = <T extends DType>(x: Tensor<Device, T>): Tensor<Device, T> => x.permute([0, 2, 1, 3]);

/** Sequences of one length, rows [batch * length]. `mask` bool [batch, length]: keys that count. */
export function attendWhole(batch: number, mask?: Tensor<Device, 'bool'>): Attend {
  return (q, k, v, options) => {
    const apart = (x: Floats): Floats => swap(x.reshape([batch, -1, x.shape[1], x.shape[2]]));
    const keys = mask && { mask: mask.clone().reshape([batch, 1, 1, -1]) };
    const y = apart(q).attention(apart(k), apart(v), { ...optionsOf(options), ...keys });
    return swap(y).reshape([-1, q.shape[1], q.shape[2]]);
  };
}

/** Sequences of any lengths one after another; offsets i32 [sequences + 1]. */
export function attendRagged(offsets: Ints): Attend {
  return (q, k, v, options) => {
    const [a, b, c] = [q, k, v].map(headsFirst);
    return headsFirst(a.attention(b, c, { ...optionsOf(options), offsets: offsets.clone() }));
  };
}

/** Keys and values of a layer, [positions, kvHeads * headDim] each. */
export interface LayerCache {
  keys: Tensor<Device, DType>;
  values: Tensor<Device, DType>;
}

/** Writes rows [rows, kvHeads, headDim] at positions of the cache. */
function write(cache: LayerCache, positions: Ints, k: Floats, v: Floats): void {
  const [, kvHeads, size] = k.shape;
  const put = (into: Tensor<Device, DType>, rows: Floats): Tensor<Device, DType> => {
    const flat = rows.reshape([-1, kvHeads * size]);
    return into.scatter(positions.clone(), into.dtype === 'f32' ? flat : flat.to(into.dtype), 0);
  };
  cache.keys = put(cache.keys, k);
  cache.values = put(cache.values, v);
}

/**
 * One sequence that goes on: new keys and values are written at `positions` [rows] of the cache, whose first `length` (a
 * scalar) positions are valid then, and the rows are the last of those.
 */
export function attendCached(caches: readonly LayerCache[], positions: Ints, length: Ints): Attend {
  return (q, k, v, options) => {
    const cache = caches[options.layer];
    const [, kvHeads, size] = k.shape;
    write(cache, positions, k, v);
    const read = (t: Tensor<Device, DType>): Floats =>
      headsFirst(t.clone().reshape([-1, kvHeads, size])) as Floats;
    const y = headsFirst(q).attention(read(cache.keys), read(cache.values), {
      ...optionsOf(options),
      lengths: length.clone(),
    });
    return headsFirst(y);
  };
}

/** Where rows of several sequences, as many of each, are written and what they see. */
export interface Blocks {
  /** Positions of the cache, [rows]. */
  readonly places: Ints;
  /** [sequences, blocks of one] */
  readonly table: Ints;
  /** Positions that are valid then, [sequences]. */
  readonly lengths: Ints;
}

/** Sequences that go on, in blocks of `size` positions of one cache. */
export function attendBlocks(
  caches: readonly LayerCache[],
  size: number,
  { places, table, lengths }: Blocks,
): Attend {
  return (q, k, v, options) => {
    const cache = caches[options.layer];
    const [, kvHeads, features] = k.shape;
    write(cache, places, k, v);
    const read = (t: Tensor<Device, DType>): Floats =>
      swap(t.clone().reshape([-1, size, kvHeads, features])) as Floats;
    const apart = swap(q.reshape([lengths.shape[0], -1, q.shape[1], features]));
    const y = apart.attention(read(cache.keys), read(cache.values), {
      ...optionsOf(options),
      lengths: lengths.clone(),
      table: table.clone(),
    });
    return swap(y).reshape([-1, y.shape[1], features]);
  };
}
