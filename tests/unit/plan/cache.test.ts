import { expect, test } from 'vitest';
import { LruCache } from '../../../lib/plan/cache.js';

test('the least recently used entry goes first, and is told', () => {
  const dropped: number[] = [];
  const cache = new LruCache<number>(2, (v) => dropped.push(v));
  cache.set('a', 1);
  cache.set('b', 2);
  expect(cache.get('a')).toBe(1);
  cache.set('c', 3);
  expect(dropped).toEqual([2]);
  expect(cache.get('b')).toBeUndefined();
  expect(cache.size).toBe(2);
  cache.clear();
  expect(dropped).toEqual([2, 1, 3]);
});
