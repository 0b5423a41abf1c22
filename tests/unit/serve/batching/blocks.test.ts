/** Blocks of a cache: who has them, and what they are remembered by. */
import { expect, test } from 'vitest';
import { BlockPool } from '../../../../lib/serve/batching/blocks.js';

const ids = [1, 2, 3, 4, 5, 6, 7, 8];

/** Blocks filled with as many ids as they hold, one after another; released from the last on. */
function fill(pool: BlockPool, text: readonly number[]): number[] {
  const count = text.length / pool.span;
  expect(pool.promise(count)).toBe(true);
  let chain = 0;
  const blocks = Array.from({ length: count }, (_, i) => {
    const number = pool.take();
    chain = pool.publish(number, chain, text, i * pool.span);
    return number;
  });
  for (const block of blocks.toReversed()) pool.release(block);
  return blocks;
}

/** Blocks that are known of a text's beginning. */
function known(pool: BlockPool, text: readonly number[]): number[] {
  const found: number[] = [];
  for (let at = 0, chain = 0; at < text.length; at += pool.span) {
    if (!pool.promise(1)) break;
    const next = pool.find(chain, text, at);
    if (!next) {
      pool.forgo(1);
      break;
    }
    found.push(next.number);
    chain = next.chain;
  }
  for (const block of found.toReversed()) pool.release(block);
  return found;
}

test('no more are promised than there are', () => {
  const pool = new BlockPool(3, 2);
  expect(pool.promise(2)).toBe(true);
  expect(pool.promise(2)).toBe(false);
  const [a, b] = [pool.take(), pool.take()];
  expect(new Set([a, b]).size).toBe(2);
  expect([a, b].every((n) => n >= 1 && n <= 3)).toBe(true);
  expect(pool.used).toBe(2);
  expect(pool.promise(2)).toBe(false);
  pool.release(a);
  expect(pool.promise(2)).toBe(true);
  pool.forgo(2);
  pool.release(b);
  expect(pool.used).toBe(0);
});

test('a beginning is found by all its ids, not by those of one block', () => {
  const pool = new BlockPool(8, 2);
  const blocks = fill(pool, ids);
  expect(known(pool, ids)).toEqual(blocks);
  expect(known(pool, [1, 2, 3, 4, 9, 9])).toEqual(blocks.slice(0, 2));
  expect(known(pool, [9, 9, 3, 4])).toEqual([]);
  expect(known(pool, [12, 3, 4, 5])).toEqual([]);
});

test('what is shared stays until the last user is gone', () => {
  const pool = new BlockPool(2, 2);
  const [block] = fill(pool, [1, 2]);
  pool.promise(2);
  const [a, b] = [pool.find(0, [1, 2], 0), pool.find(0, [1, 2], 0)];
  expect([a?.number, b?.number]).toEqual([block, block]);
  expect(pool.used).toBe(1);
  pool.release(block);
  expect(pool.promise(2)).toBe(false);
  pool.release(block);
  expect(pool.promise(2)).toBe(true);
});

test('the least recently used is forgotten first, and the end of a text before its beginning', () => {
  const pool = new BlockPool(4, 2);
  fill(pool, [1, 2, 3, 4]);
  fill(pool, [5, 6, 7, 8]);
  expect(known(pool, [1, 2])).toHaveLength(1); // used again
  fill(pool, [9, 9]);
  expect(known(pool, [1, 2, 3, 4])).toHaveLength(1);
  fill(pool, [9, 8]);
  expect(known(pool, [5, 6, 7, 8])).toHaveLength(1);
  expect(known(pool, [9, 9])).toHaveLength(1);
});

test('the same ids filled twice: the first block is the known one', () => {
  const pool = new BlockPool(2, 2);
  pool.promise(2);
  const [a, b] = [pool.take(), pool.take()];
  const chain = pool.publish(a, 0, [1, 2], 0);
  expect(pool.publish(b, 0, [1, 2], 0)).toBe(chain);
  pool.release(a);
  pool.release(b);
  expect(known(pool, [1, 2])).toEqual([a]);
  expect(pool.used).toBe(0);
});
