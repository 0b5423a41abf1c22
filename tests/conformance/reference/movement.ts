/** Ops that move elements without changing them. */
import { at, broadcastTo, build, front, sizeOf, view, type Ref } from './array.js';

export function reshape(x: Ref, shape: readonly number[]): Ref {
  const known = sizeOf(shape.filter((n) => n !== -1));
  return { ...x, shape: shape.map((n) => (n === -1 ? x.data.length / known : n)) };
}

/** Axis d of the result is axis axes[d] of x. */
export function permute(x: Ref, axes: readonly number[]): Ref {
  const from = axes.map((a) => front(a, x.shape));
  return view(
    x,
    from.map((a) => x.shape[a]),
    (index) => x.shape.map((_, d) => index[from.indexOf(d)]),
  );
}

export function transpose(x: Ref, i = -2, j = -1): Ref {
  const axes = x.shape.map((_, d) => d);
  const [a, b] = [front(i, x.shape), front(j, x.shape)];
  return permute(x, axes.with(a, b).with(b, a));
}

export type Entry =
  number | null | readonly [start?: number | null, end?: number | null, step?: number | null];

/** The positions that Python's range semantics give for start:end:step. */
function positions(entry: Entry, size: number): number[] {
  if (typeof entry === 'number') return [entry < 0 ? entry + size : entry];
  const [start, end, step = 1] = (entry ?? []).map((n) => n ?? undefined);
  const bound = (n: number | undefined, otherwise: number): number =>
    n === undefined ? otherwise : n < 0 ? n + size : n;
  const found: number[] = [];
  if (step > 0) {
    const [first, last] = [Math.max(bound(start, 0), 0), Math.min(bound(end, size), size)];
    for (let i = first; i < last; i += step) found.push(i);
  } else {
    const [first, last] = [Math.min(bound(start, size - 1), size - 1), Math.max(bound(end, -1), -1)];
    for (let i = first; i > last; i += step) found.push(i);
  }
  return found;
}

export function slice(x: Ref, entries: readonly Entry[]): Ref {
  const lists = x.shape.map((n, d) => positions(entries[d] ?? null, n));
  const whole = view(
    x,
    lists.map((l) => l.length),
    (index) => index.map((i, d) => lists[d][i]),
  );
  return { ...whole, shape: whole.shape.filter((_, d) => typeof entries[d] !== 'number') };
}

export const squeeze = (x: Ref, axis?: number | readonly number[]): Ref => {
  const gone = axis === undefined ? undefined : [axis].flat().map((a) => front(a, x.shape));
  return { ...x, shape: x.shape.filter((n, d) => (gone ? !gone.includes(d) : n !== 1)) };
};
export const unsqueeze = (x: Ref, axis: number): Ref => ({
  ...x,
  shape: x.shape.toSpliced(axis < 0 ? axis + x.shape.length + 1 : axis, 0, 1),
});

export function flip(x: Ref, axes?: number | readonly number[]): Ref {
  const turned = axes === undefined ? x.shape.map((_, d) => d) : [axes].flat().map((a) => front(a, x.shape));
  return view(x, x.shape, (index) => index.map((i, d) => (turned.includes(d) ? x.shape[d] - 1 - i : i)));
}

export function concat(parts: readonly Ref[], axis = 0): Ref {
  const [first] = parts;
  const d = front(axis, first.shape);
  const owners = parts.flatMap((p) => Array.from({ length: p.shape[d] }, (_, i) => ({ part: p, i })));
  return build(first.dtype, first.shape.with(d, owners.length), (index) => {
    const { part, i } = owners[index[d]];
    return at(part, index.with(d, i));
  });
}

export const stack = (parts: readonly Ref[], axis = 0): Ref =>
  concat(
    parts.map((p) => unsqueeze(p, axis)),
    axis,
  );

export function split(x: Ref, sizesOrCount: number | readonly number[], axis = 0): Ref[] {
  const d = front(axis, x.shape);
  const sizes =
    typeof sizesOrCount === 'number'
      ? Array<number>(sizesOrCount).fill(x.shape[d] / sizesOrCount)
      : sizesOrCount;
  let start = 0;
  return sizes.map((n) => {
    const from = start;
    start += n;
    return view(x, x.shape.with(d, n), (index) => index.with(d, index[d] + from));
  });
}

export function pad(x: Ref, pairs: readonly (readonly [number, number])[], value: Ref): Ref {
  const shape = x.shape.map((n, d) => n + pairs[d][0] + pairs[d][1]);
  return build(x.dtype, shape, (index) => {
    const inner = index.map((i, d) => i - pairs[d][0]);
    return inner.every((i, d) => i >= 0 && i < x.shape[d]) ? at(x, inner) : value.data[0];
  });
}

export function tile(x: Ref, repeats: readonly number[]): Ref {
  const rank = Math.max(repeats.length, x.shape.length);
  const fill = (list: readonly number[]): number[] => [...Array<number>(rank - list.length).fill(1), ...list];
  const [own, times] = [fill(x.shape), fill(repeats)];
  return view(
    { ...x, shape: own },
    own.map((n, d) => n * times[d]),
    (index) => index.map((i, d) => i % own[d]),
  );
}

export { broadcastTo };
