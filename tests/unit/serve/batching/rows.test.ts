/** Requests that are gathered into runs. */
import { setTimeout as later } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Cpu } from '../../../../lib/index.js';
import { loadModel } from '../../../../lib/models/index.js';
import { RowsQueue } from '../../../../lib/serve/batching/rows.js';
import { folderOf } from '../../models/fixtures.js';

const limits = { maxQueue: 100, maxDelayMs: 50, budget: 100 };

/** Doubles numbers, a run at a time, each of which ends when it is told to; negative ones fail. */
function doubling(given: Partial<typeof limits> = {}) {
  const runs: { inputs: readonly number[]; signal: AbortSignal; end(): void }[] = [];
  const queue = new RowsQueue<number, number>(
    'double',
    async (inputs, signal) => {
      await new Promise<void>((end) => runs.push({ inputs, signal, end }));
      if (inputs.some((n) => n < 0)) throw new Error(`a negative among ${inputs.join()}`);
      return inputs.map((n) => 2 * n);
    },
    { ...limits, ...given },
  );
  const run = async (i: number) => {
    while (runs.length <= i) await later(1);
    return runs[i];
  };
  return { queue, runs, run };
}

test('what waits while a run goes on is one run, up to the budget', async () => {
  const { queue, runs, run } = doubling();
  const first = queue.submit([1], 10);
  (await run(0)).end();
  expect(await first).toEqual([2]);
  const alone = queue.submit([2], 10);
  await run(1);
  const rest = [3, 4, 5].map((n) => queue.submit([n, 10 * n], 40));
  expect(queue.stats()).toEqual({ active: 1, waiting: 3 });
  runs[1].end();
  expect(await alone).toEqual([4]);
  expect((await run(2)).inputs).toEqual([3, 30, 4, 40]);
  runs[2].end();
  expect(await Promise.all(rest.slice(0, 2))).toEqual([[6, 60], [8, 80]]); // prettier-ignore
  expect((await run(3)).inputs).toEqual([5, 50]);
  runs[3].end();
  expect(await rest[2]).toEqual([10, 100]);
});

test('as many as last time are waited for, so long as the delay lasts; one who is alone is not held up', async () => {
  const { queue, runs, run } = doubling({ maxDelayMs: 300 });
  const together = [1, 2, 3].map((n) => queue.submit([n], 1));
  (await run(0)).end();
  await Promise.all(together);
  const began = performance.now();
  const again = [4, 5].map((n) => queue.submit([n], 1));
  await later(20);
  expect(runs).toHaveLength(1);
  again.push(queue.submit([6], 1));
  expect((await run(1)).inputs).toEqual([4, 5, 6]);
  expect(performance.now() - began).toBeLessThan(250);
  runs[1].end();
  await Promise.all(again);
  const fewer = queue.submit([7], 1);
  const before = performance.now();
  (await run(2)).end();
  await fewer;
  expect(performance.now() - before).toBeGreaterThan(250);
  const single = queue.submit([8], 1);
  const start = performance.now();
  (await run(3)).end();
  await single;
  expect(performance.now() - start).toBeLessThan(200);
});

test('one that fails does not spoil the others', async () => {
  const { queue, run } = doubling();
  const all = [1, -2, 3].map((n) => queue.submit([n], 1));
  const settled = Promise.allSettled(all);
  for (let i = 0; i < 4; i++) (await run(i)).end();
  const [first, second, third] = await settled;
  expect(first).toEqual({ status: 'fulfilled', value: [2] });
  expect(second).toMatchObject({ status: 'rejected', reason: { message: 'a negative among -2' } });
  expect(third).toEqual({ status: 'fulfilled', value: [6] });
});

test('those who leave: from the queue at once, and a run that nobody waits for is told', async () => {
  const { queue, run } = doubling();
  const [a, b, c] = [1, 2, 3].map(() => new AbortController());
  const running = [a, b].map(({ signal }, i) => queue.submit([i], 1, signal));
  const { signal, end } = await run(0);
  const waiting = queue.submit([3], 1, c.signal);
  c.abort();
  await expect(waiting).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  a.abort();
  await expect(running[0]).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  expect(signal.aborted).toBe(false);
  b.abort();
  await expect(running[1]).rejects.toMatchObject({ code: 'ERR_ABORTED' });
  expect(signal.aborted).toBe(true);
  end();
  await queue.close();
  expect(queue.stats()).toEqual({ active: 0, waiting: 0 });
  await expect(queue.submit([1], 1, a.signal)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
});

test('more than may wait are refused; closing refuses what waits', async () => {
  const { queue, run } = doubling({ maxQueue: 1 });
  const first = queue.submit([1], 1);
  const { end } = await run(0);
  const second = queue.submit([2], 1);
  await expect(queue.submit([3], 1)).rejects.toMatchObject({ code: 'ERR_BUSY' });
  const closing = queue.close();
  await expect(second).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  end();
  await closing;
  expect(await first).toEqual([2]);
});

test('embeddings of texts that run together are those of each alone', async () => {
  await using device = await Cpu.create();
  await using model = await loadModel(folderOf('bert'), { device });
  const sizes: number[] = [];
  const queue = new RowsQueue(
    'embed',
    (inputs: readonly Int32Array[], signal) => {
      sizes.push(inputs.length);
      return model.embed(inputs, { signal });
    },
    { ...limits, budget: 2048 },
  );
  const texts = [1, 3, 8, 5, 12].map((n) => Int32Array.from({ length: n }, (_, i) => 5 + ((i * n) % 90)));
  const all = await Promise.all(texts.map((ids) => queue.submit([ids], ids.length)));
  expect(sizes).toEqual([5]);
  for (const [i, ids] of texts.entries()) {
    const [alone] = await model.embed([ids]);
    all[i][0].forEach((x, j) => expect(x).toBeCloseTo(alone[j], 4));
  }
  await queue.close();
});
