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

/** Sequences of one length, rows [batch * length]. `mask` bool [batch, length]: keys that count. */
export function attendWhole(batch: number, mask?: Tensor<Device, 'bool'>): Attend {
  return (q, k, v, options) => {
    const apart = (x: Floats): Floats => x.reshape([batch, -1, x.shape[1], x.shape[2]]).permute([0, 2, 1, 3]);
    const keys = mask && { mask: mask.clone().reshape([batch, 1, 1, -1]) };
    const y = apart(q).attention(apart(k), apart(v), { ...optionsOf(options), ...keys });
    return y.permute([0, 2, 1, 3]).reshape([-1, q.shape[1], q.shape[2]]);
  };
}

/** Sequences of any lengths one after another; offsets i32 [sequences + 1]. */
export function attendRagged(offsets: Ints): Attend {
  return (q, k, v, options) => {
    const [a, b, c] = [q, k, v].map(headsFirst);
    return headsFirst(a.attention(b, c, { ...optionsOf(options), offsets: offsets.clone() }));
  };
}

/** Keys and values of a layer, [capacity, kvHeads * headDim] each. */
export interface LayerCache {
  keys: Tensor<Device, DType>;
  values: Tensor<Device, DType>;
}

/**
 * One sequence that goes on: new keys and values are written at `positions` [rows] of the cache, whose first `length` (a
 * scalar) positions are valid then, and the rows are the last of those.
 */
export function attendCached(caches: readonly LayerCache[], positions: Ints, length: Ints): Attend {
  return (q, k, v, options) => {
    const cache = caches[options.layer];
    const [, kvHeads, size] = k.shape;
    const write = (into: Tensor<Device, DType>, rows: Floats): Tensor<Device, DType> => {
      const flat = rows.reshape([-1, kvHeads * size]);
      return into.scatter(positions.clone(), into.dtype === 'f32' ? flat : flat.to(into.dtype), 0);
    };
    cache.keys = write(cache.keys, k);
    cache.values = write(cache.values, v);
    const read = (t: Tensor<Device, DType>): Floats =>
      headsFirst(t.clone().reshape([-1, kvHeads, size])) as Floats;
    const y = headsFirst(q).attention(read(cache.keys), read(cache.values), {
      ...optionsOf(options),
      lengths: length.clone(),
    });
    return headsFirst(y);
  };
}
