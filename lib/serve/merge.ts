/** Values of several iterables as they come, each with the index of its own. */
export async function* merge<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<[number, T]> {
  const iterators = sources.map((source) => source[Symbol.asyncIterator]());
  const step = async (i: number): Promise<[number, IteratorResult<T>]> => [i, await iterators[i].next()];
  const pending = new Map(iterators.map((_, i) => [i, step(i)]));
  try {
    while (pending.size > 0) {
      const [i, result] = await Promise.race(pending.values());
      pending.delete(i);
      if (result.done) continue;
      pending.set(i, step(i));
      yield [i, result.value];
    }
  } finally {
    // Those that were asked and not heard end by themselves, or by their signal.
    for (const promise of pending.values()) promise.catch(() => {});
  }
}
