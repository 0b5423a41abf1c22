import { flatten, formatTuple, type IntTuple } from './int-tuple.js';

/** What the algebra works on: a shape and a congruent stride. A `Layout` is one; so are the plain pairs it makes. */
export interface LayoutLike {
  readonly shape: IntTuple;
  readonly stride: IntTuple;
}

/** The leaves of a layout, fastest first unless said otherwise. */
export interface FlatModes {
  readonly shape: readonly number[];
  readonly stride: readonly number[];
}

/** `Tiler` (see layout.ts), for any kind of layout. */
export type TilerLike = number | LayoutLike | null | readonly TilerLike[];

/** The number of top-level modes; an integer is one mode. */
export function rankOf(shape: IntTuple): number {
  return typeof shape === 'number' ? 1 : shape.length;
}

/** The top-level modes, each a layout. */
export function modesOf(layout: LayoutLike): LayoutLike[] {
  const { shape, stride } = layout;
  if (typeof shape === 'number') return [layout];
  return shape.map((s, i) => ({ shape: s, stride: (stride as readonly IntTuple[])[i] }));
}

/** A layout with the given layouts as its modes. */
export function join(modes: readonly LayoutLike[]): LayoutLike {
  return { shape: modes.map((m) => m.shape), stride: modes.map((m) => m.stride) };
}

/** A layout from leaves; a single leaf is not wrapped in a tuple. */
export function unflatten({ shape, stride }: FlatModes): LayoutLike {
  return shape.length === 1 ? { shape: shape[0], stride: stride[0] } : { shape, stride };
}

/** One more than the farthest offset from 0 in either direction. */
export function cosizeOf(layout: LayoutLike): number {
  const { shape, stride } = loopOrder(layout);
  let farthest = 0;
  for (let i = 0; i < shape.length; i++) farthest += (shape[i] - 1) * Math.abs(stride[i]);
  return farthest + 1;
}

/**
 * The leaves in the order of loops that visit the top-level modes row-major: slowest first. A nested mode is
 * colexicographic inside, so its leaves come last to first.
 */
export function loopOrder({ shape, stride }: LayoutLike): FlatModes {
  const sizes = typeof shape === 'number' ? [shape] : shape;
  const strides = typeof stride === 'number' ? [stride] : stride;
  const leaf = (v: IntTuple): boolean => typeof v === 'number';
  if (sizes.every(leaf)) return { shape: sizes as readonly number[], stride: strides as readonly number[] };
  return { shape: sizes.flatMap(slowestFirst), stride: strides.flatMap(slowestFirst) };
}

function slowestFirst(mode: IntTuple): readonly number[] {
  return [...flatten(mode)].reverse();
}

/** `(2,3):(1,2)`, as CuTe prints it. */
export function formatLayout({ shape, stride }: LayoutLike): string {
  return `${formatTuple(shape)}:${formatTuple(stride)}`;
}
