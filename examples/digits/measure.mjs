const WARM_UP_RUNS = 50;

/** Items per second of `run`, which handles `items` a call, over calls one after the other for `seconds`. */
export async function throughput(run, items, seconds = 1) {
  for (let i = 0; i < WARM_UP_RUNS; i++) await run();
  const start = performance.now();
  const end = start + seconds * 1000;
  let done = 0;
  let now = start;
  while (now < end) {
    await run();
    done += items;
    now = performance.now();
  }
  return (done * 1000) / (now - start);
}

/** Percentiles, in milliseconds, of how long `run(i)` takes from call to result. */
export async function latency(run, runs = 2000) {
  for (let i = 0; i < WARM_UP_RUNS; i++) await run(i);
  const times = new Float64Array(runs);
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    await run(i);
    times[i] = performance.now() - start;
  }
  times.sort();
  const percentile = (p) => times[Math.ceil((p / 100) * runs) - 1];
  return { p50: percentile(50), p95: percentile(95), p99: percentile(99) };
}
