/** Attention and rotary embedding by their definitions, in float64. */
import { at, broadcastTo, build, indicesOf, type Ref } from './array.js';
import type { Num } from './numbers.js';

export interface Attending {
  readonly causal?: boolean;
  readonly scale?: number;
  readonly window?: number;
  readonly softcap?: number;
  readonly mask?: Ref;
  readonly lengths?: Ref;
  readonly offsets?: Ref;
  readonly table?: Ref;
}

/** Keys or values of each batch entry, from blocks [N, groups, span, size]. */
function inOrder(x: Ref, table: Ref): Ref {
  const [, groups, span, size] = x.shape;
  const shape = [...table.shape.slice(0, -1), groups, table.shape.at(-1)! * span, size];
  return build(x.dtype, shape, (index) => {
    const [group, j, d] = index.slice(-3);
    const block = Number(at(table, [...index.slice(0, -3), Math.floor(j / span)]));
    return at(x, [block, group, j % span, d]);
  });
}

export function attention(q: Ref, k: Ref, v: Ref, { table, ...how }: Attending = {}): Ref {
  if (table) return attention(q, inOrder(k, table), inOrder(v, table), how);
  const [rows, features] = q.shape.slice(-2) as [number, number];
  const [groups, keys] = k.shape.slice(-3) as [number, number];
  const share = q.shape.at(-3)! / groups;
  const scale = how.scale ?? 1 / Math.sqrt(features);
  const mask = how.mask && broadcastTo(how.mask, [...q.shape.slice(0, -1), keys]);
  const starts = how.offsets?.data.map(Number);

  /** The keys of the sequence that query t belongs to, and the key beside which it stands. */
  const sequence = (batch: readonly number[], t: number): [first: number, last: number, place: number] => {
    if (!starts) {
      const length = how.lengths ? Number(at(how.lengths, batch)) : keys;
      return [0, length, length - rows + t];
    }
    const i = starts.findIndex((start, n) => start <= t && t < (starts[n + 1] ?? -1));
    return i < 0 ? [0, 0, t] : [starts[i], starts[i + 1], t];
  };
  const sees = (place: number, j: number): boolean =>
    (!how.causal || j <= place) && (!how.window || Math.abs(place - j) < how.window);
  /** The score of query t for key j, or nothing where it may not look. */
  const score = (index: readonly number[], j: number): number | undefined => {
    const group = [...index.slice(0, -2), Math.floor(index.at(-2)! / share), j];
    let sum = 0;
    for (let d = 0; d < features; d++) sum += Number(at(q, [...index, d])) * Number(at(k, [...group, d]));
    sum *= scale;
    if (how.softcap) sum = how.softcap * Math.tanh(sum / how.softcap);
    if (!mask) return sum;
    const m = at(mask, [...index, j]);
    return mask.dtype !== 'bool' ? sum + Number(m) : m ? sum : undefined;
  };

  const row = (index: readonly number[]): Num[] => {
    const [first, last, place] = sequence(index.slice(0, -2), index.at(-1)!);
    const seen: [j: number, score: number][] = [];
    for (let j = first; j < last; j++) {
      const s = sees(place, j) ? score([...index.slice(0, -2), index.at(-2)!, index.at(-1)!], j) : undefined;
      if (s !== undefined && s !== -Infinity) seen.push([j, s]);
    }
    const top = seen.reduce((m, [, s]) => Math.max(m, s), -Infinity);
    const weights = seen.map(([j, s]) => [j, Math.exp(s - top)] as const);
    const total = weights.reduce((sum, [, w]) => sum + w, 0);
    const head = [...index.slice(0, -2), Math.floor(index.at(-2)! / share)];
    return Array.from({ length: v.shape.at(-1)! }, (_, d) =>
      seen.length === 0
        ? 0
        : weights.reduce((sum, [j, w]) => sum + w * Number(at(v, [...head, j, d])), 0) / total,
    );
  };
  const results = new Map([...indicesOf(q.shape.slice(0, -1))].map((index) => [index.join(), row(index)]));
  return build(q.dtype, [...q.shape.slice(0, -1), v.shape.at(-1)!], (index) => results.get(index.slice(0, -1).join())![index.at(-1)!]); // prettier-ignore
}

export interface Turning {
  readonly base?: number;
  readonly dims?: number;
  readonly interleaved?: boolean;
  readonly factor?: number;
  readonly frequencies?: Ref;
}

export function rope(x: Ref, positions: Ref, how: Turning = {}): Ref {
  const { base = 10000, dims = x.shape.at(-1)!, interleaved = false, factor = 1, frequencies } = how;
  const places = broadcastTo(positions, x.shape.slice(0, -1));
  return build(x.dtype, x.shape, (index) => {
    const d = index.at(-1)!;
    if (d >= dims) return at(x, index);
    const half = dims / 2;
    const pair = interleaved ? d >> 1 : d % half;
    const second = interleaved ? d % 2 === 1 : d >= half;
    const other = interleaved ? d ^ 1 : second ? d - half : d + half;
    const frequency = frequencies ? Number(at(frequencies, [pair])) : base ** (-pair / half);
    const angle = Number(at(places, index.slice(0, -1))) * frequency;
    const [own, beside] = [Number(at(x, index)), Number(at(x, [...index.slice(0, -1), other]))];
    return factor * (own * Math.cos(angle) + (second ? beside : -beside) * Math.sin(angle));
  });
}
