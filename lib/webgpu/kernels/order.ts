import type { Word } from '../scalars.js';

/** A WGSL function `better(a, b)`: whether a comes before b, the largest or the smallest first; NaN first or last. */
export function betterOf(type: Word, largest: boolean, nan: 'first' | 'last'): string {
  const [x, y] = largest ? ['b', 'a'] : ['a', 'b'];
  if (type !== 'f32') return `fn better(a: ${type}, b: ${type}) -> bool { return ${x} < ${y}; }`;
  const [early, late] = nan === 'first' ? ['a', 'b'] : ['b', 'a'];
  return `fn better(a: f32, b: f32) -> bool {
  return mia_lt(${x}, ${y}) || (mia_isnan(${early}) && !mia_isnan(${late}));
}`;
}
