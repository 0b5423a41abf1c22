/**
 * `node bench/serve/batching.mjs MODEL [TOKENS]`: texts written one at a time and together, in the same run; the first token
 * after a beginning that is known; how long a long prompt holds the others up; delays of the event loop.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { loadModel } from 'mia/models';
import { GenerationQueue } from '../../dist/serve/batching/generation.js';

const [path, tokens = '48'] = process.argv.slice(2);
const model = await loadModel(path);
const vocab = Number(model.config.vocab_size);
const maxTokens = Math.min(4096, model.contextLength);
const queue = new GenerationQueue(model, { maxBatch: 16, maxQueue: 64, maxTokens });

let seed = 1;
const promptOf = (length) =>
  Int32Array.from({ length }, () => 3 + ((seed = (seed * 48271) % 2147483647) % (vocab - 3)));

/** When each token came. */
async function times(ids, count) {
  const at = [performance.now()];
  for await (const _ of queue.submit(ids, { maxTokens: count, ignoreEos: true })) at.push(performance.now());
  return at;
}

async function throughput(texts, count) {
  const began = performance.now();
  await Promise.all(Array.from({ length: texts }, () => times(promptOf(16), count)));
  return (texts * count) / ((performance.now() - began) / 1000);
}

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1];
const say = (name, value) => console.log(name.padEnd(52), value);

const began = performance.now();
await queue.prepare();
say('plans, s', ((performance.now() - began) / 1000).toFixed(2));
for (const texts of [16, 1]) await throughput(texts, 4); // packed weights
const loop = monitorEventLoopDelay({ resolution: 1 });
loop.enable();
const rates = {};
for (const texts of [1, 4, 8, 16, 1, 8, 16])
  rates[texts] = Math.max(rates[texts] ?? 0, await throughput(texts, Number(tokens)));
loop.disable();
for (const [texts, rate] of Object.entries(rates))
  say(`${texts} at once, tokens/s (over one)`, `${rate.toFixed(1)} (${(rate / rates[1]).toFixed(2)})`);
say('event loop delay beside a 1 ms timer, p99, ms', ((loop.percentile(99) - 1e6) / 1e6).toFixed(2));

const start = promptOf(512);
const prefixed = () => Int32Array.from([...start, ...promptOf(16)]);
const first = async () => {
  const [sent, came] = await times(prefixed(), 1);
  return came - sent;
};
await times(promptOf(528), 1);
const [cold, warm] = [await first(), median([await first(), await first(), await first()])];
say('first token after a known 512, ms (over unknown)', `${warm.toFixed(1)} of ${cold.toFixed(1)} (${(warm / cold).toFixed(3)})`); // prettier-ignore

const long = Math.min(4000, maxTokens - 96);
const over = new AbortController();
const at = Array.from({ length: 8 }, () => []);
const writing = at.map(async (list) => {
  const options = { maxTokens: maxTokens - 16, ignoreEos: true, signal: over.signal };
  for await (const _ of queue.submit(promptOf(16), options)) list.push(performance.now());
});
const settled = Promise.allSettled(writing);
while (at[7].length < 60) await new Promise((resolve) => setTimeout(resolve, 5));
const [sent, read] = await times(promptOf(long), 1);
over.abort();
await settled;
const all = at
  .flatMap((list) => list.slice(1).map((t, i) => [list[i], t - list[i]]))
  .toSorted((x, y) => x[0] - y[0]);
const normal = all
  .filter(([t, gap]) => t + gap < sent)
  .slice(8 * 8)
  .map(([, gap]) => gap); // after the first steps
const during = all.filter(([t, gap]) => t + gap >= sent && t < read).map(([, gap]) => gap);
const figures = (list) => [0.5, 0.95, 0.999].map((q) => list.toSorted((x, y) => x - y)[Math.floor(q * list.length)].toFixed(0)).join(', '); // prettier-ignore
say(`a prompt of ${long}: seconds until its first token`, ((read - sent) / 1000).toFixed(2));
say('gaps of 8 others, ms: median, p95, p99.9', figures(normal));
say('meanwhile', figures(during));
console.log(queue.stats());
await queue.close();
await model.dispose();
