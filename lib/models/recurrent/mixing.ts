/** The two halves of a block of RWKV-7. All rows are [batch, rows, hidden]; `last` [batch, 1, hidden] is the row before them. */
import { linear } from '../layers/linear.js';
import type { Floats, Layer } from '../tensors.js';
import type { Weights } from '../weights.js';
import type { Rwkv7Sizes } from './rwkv7.js';

/** Of the norms of heads, whatever their size. */
const HEAD_EPS = 64e-5;
/** Keys are divided by their length, or by 1e-12 if they are shorter. */
const KEY_EPS = 1e-24;
/** Decays lie between exp(-exp(-1/2)) and 1. */
const DECAY = -Math.exp(-0.5);

/** A mixture of each row with the one before it for each of the weights, and the last row. */
function mixtures(x: Floats, last: Floats, weights: readonly Floats[]): [last: Floats, ...mixed: Floats[]] {
  const rows = x.shape[1];
  const before = rows === 1 ? last : last.concat([x.clone().slice([null, [0, rows - 1]])], 1);
  const change = before.sub(x.clone());
  const mixed = weights.map((weight) => x.clone().add(change.clone().mul(weight)));
  change.dispose();
  return [x.slice([null, [rows - 1, rows]]), ...mixed];
}

export type TimeMixing = (
  x: Floats,
  last: Floats,
  /** [batch, heads, size, size] */
  state: Floats,
  /** Those of the first layer; undefined in it. */
  values: Floats | undefined,
) => { y: Floats; last: Floats; state: Floats; values: Floats };

export function timeMixing(w: Weights, prefix: string, sizes: Rwkv7Sizes, first: boolean): TimeMixing {
  const { hidden, heads, ranks } = sizes;
  const size = hidden / heads;
  const row = (name: string): (() => Floats) => w.floats(prefix + name, 1, 1, hidden);
  const vector = (name: string): (() => Floats) => w.floats(prefix + name, hidden);
  const square = (name: string): Layer => linear(w, prefix + name, hidden, hidden);
  /** x W1 W2, with a function in between. */
  const small = (name: keyof typeof ranks, between: Layer = (x) => x): Layer => {
    const down = w.floats(`${prefix}${name}1`, hidden, ranks[name]);
    const up = w.floats(`${prefix}${name}2`, ranks[name], hidden);
    return (x) => between(x.matmul(down())).matmul(up());
  };
  const shares = ['x_r', 'x_w', 'x_k', 'x_v', 'x_a', 'x_g'].map(row);
  const [receptance, key, value, output] = ['receptance', 'key', 'value', 'output'].map(square);
  const decay = small('w', (x) => x.tanh());
  const rate = small('a');
  const gate = small('g', (x) => x.sigmoid());
  const share = first ? undefined : small('v');
  const [decayBias, rateBias] = [row('w0'), row('a0')];
  const shareBias = first ? undefined : row('v0');
  const [keyScale, keyRate] = [row('k_k'), row('k_a')];
  const bonus = w.floats(`${prefix}r_k`, heads, size);
  const [normWeight, normBias] = [vector('ln_x.weight'), vector('ln_x.bias')];

  const apart = (x: Floats): Floats => x.reshape([x.shape[0], x.shape[1], heads, size]);
  const together = (x: Floats): Floats => x.reshape([x.shape[0], x.shape[1], hidden]);

  return (x, last, state, values) => {
    const [after, xr, xw, xk, xv, xa, xg] = mixtures(x, last, shares.map((get) => get())); // prettier-ignore
    const r = apart(receptance(xr));
    const d = apart(decay(xw).add(decayBias()).sigmoid().mul(DECAY).exp());
    const rates = rate(xa).add(rateBias()).sigmoid();
    const keys = key(xk);
    const removed = apart(keys.clone().mul(keyScale())).l2Norm(KEY_EPS);
    const k = apart(keys.mul(rates.clone().sub(1).mul(keyRate()).add(1)));
    const own = value(xv.clone());
    let v = own;
    if (values && share && shareBias) {
      v = own.clone().add(values.clone().sub(own).mul(share(xv).add(shareBias()).sigmoid()));
    } else {
      xv.dispose();
      values = own.clone();
    }
    const heard = apart(v);
    const { y, state: next } = r
      .clone()
      .wkv7(d, k.clone(), heard.clone(), removed.clone().neg(), removed.mul(apart(rates)), state);
    const normed = together(y.layerNorm(undefined, undefined, HEAD_EPS))
      .mul(normWeight())
      .add(normBias());
    const extra = r.mul(k).mul(bonus()).sum(-1, { keepDims: true }).mul(heard);
    const out = output(normed.add(together(extra)).mul(gate(xg)));
    return { y: out, last: after, state: next, values };
  };
}

export type ChannelMixing = (x: Floats, last: Floats) => { y: Floats; last: Floats };

export function channelMixing(w: Weights, prefix: string, { hidden, inner }: Rwkv7Sizes): ChannelMixing {
  const share = w.floats(`${prefix}x_k`, 1, 1, hidden);
  const key = linear(w, `${prefix}key`, hidden, inner);
  const value = linear(w, `${prefix}value`, inner, hidden);
  return (x, last) => {
    const [after, mixed] = mixtures(x, last, [share()]);
    const k = key(mixed).relu();
    return { y: value(k.clone().mul(k)), last: after };
  };
}
