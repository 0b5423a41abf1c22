/** What the page's charts compute of two readings of /metrics. */
import { join } from 'node:path';
import { expect, test } from 'vitest';

interface Reading {
  time: number;
}
interface Page {
  parse(text: string): Reading;
  gauge(now: Reading, name: string): number;
  rate(before: Reading, now: Reading, name: string): number;
  mean(before: Reading, now: Reading, name: string): number | undefined;
  quantile(before: Reading, now: Reading, name: string, q: number): number | undefined;
}
const file = join(import.meta.dirname, '../../../lib/serve/page/metrics.js');
const { parse, gauge, rate, mean, quantile } = (await import(file)) as Page;

/** A reading: a counter of two models, and a histogram with so many up to 1, up to 2 and in all. */
const reading = (time: number, count: number, [one, two, all]: number[], sum: number): Reading => ({
  ...parse(
    [
      '# HELP tokens Tokens',
      `tokens{model="a"} ${count}`,
      `tokens{model="b"} ${count}`,
      'delay{quantile="0.5"} 0.25',
      `s_bucket{le="1",model="a"} ${one}`,
      `s_bucket{le="2",model="a"} ${two}`,
      `s_bucket{le="+Inf",model="a"} ${all}`,
      `s_sum{model="a"} ${sum}`,
      `s_count{model="a"} ${all}`,
    ].join('\n'),
  ),
  time,
});

test('sums over labels, quantiles by name, growth a second', () => {
  const [a, b] = [reading(10, 100, [0, 0, 0], 0), reading(12, 150, [0, 0, 0], 0)];
  expect(gauge(b, 'tokens')).toBe(300);
  expect(gauge(b, 'delay 0.5')).toBe(0.25);
  expect(gauge(b, 'nothing')).toBe(0);
  expect(rate(a, b, 'tokens')).toBe(50);
});

test('means and quantiles of what came between', () => {
  const [a, b] = [reading(0, 0, [5, 5, 5], 2), reading(1, 0, [6, 9, 9], 8)]; // one up to 1, three between 1 and 2
  expect(mean(a, b, 's')).toBe(1.5);
  expect(quantile(a, b, 's', 0.25)).toBe(1);
  expect(quantile(a, b, 's', 0.625)).toBe(1.5);
  expect(quantile(a, b, 's', 1)).toBe(2);
  expect(mean(b, b, 's')).toBeUndefined();
  expect(quantile(b, b, 's', 0.5)).toBeUndefined();
});
