// Prometheus text as numbers, and what happened between two readings.

/** Sums of samples by name; buckets of histograms by their upper edge. */
export function parse(text) {
  const sums = new Map();
  const buckets = new Map();
  for (const line of text.split('\n')) {
    const match = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (!match) continue;
    const [, name, labels = '', value] = match;
    const edge = /(?:^|,)le="([^"]+)"/.exec(labels)?.[1];
    if (edge === undefined) {
      const quantile = /quantile="([^"]+)"/.exec(labels)?.[1];
      const key = quantile ? `${name} ${quantile}` : name;
      sums.set(key, (sums.get(key) ?? 0) + Number(value));
      continue;
    }
    if (!buckets.has(name)) buckets.set(name, new Map());
    const edges = buckets.get(name);
    const upper = edge === '+Inf' ? Infinity : Number(edge);
    edges.set(upper, (edges.get(upper) ?? 0) + Number(value));
  }
  return { time: performance.now() / 1000, sums, buckets };
}

export const gauge = (now, name) => now.sums.get(name) ?? 0;

/** A counter's growth a second. */
export const rate = (before, now, name) =>
  Math.max(0, (gauge(now, name) - gauge(before, name)) / (now.time - before.time));

/** Mean of what a histogram saw between two readings; undefined for nothing. */
export function mean(before, now, name) {
  const grown = (part) => gauge(now, `${name}_${part}`) - gauge(before, `${name}_${part}`);
  return grown('count') > 0 ? grown('sum') / grown('count') : undefined;
}

/** A quantile of what a histogram saw between two readings, linear within a bucket. */
export function quantile(before, now, name, q) {
  const edges = [...(now.buckets.get(`${name}_bucket`) ?? [])].sort(([a], [b]) => a - b);
  const old = before.buckets.get(`${name}_bucket`);
  const counts = edges.map(([edge, count]) => [edge, count - (old?.get(edge) ?? 0)]);
  const total = counts.at(-1)?.[1] ?? 0;
  if (total <= 0) return undefined;
  let [lower, below] = [0, 0];
  for (const [edge, count] of counts) {
    if (count >= q * total)
      return edge === Infinity
        ? lower
        : lower + ((edge - lower) * (q * total - below)) / (count - below || 1);
    [lower, below] = [edge, count];
  }
  return lower;
}
