import { readFileSync } from 'node:fs';
import { duel, probe } from '../../harness.mjs';
import { llama1b, llamaGguf } from '../../models/llama-gguf.mjs';
import { storiesGguf } from '../../models/stories-gguf.mjs';
import { loadModel } from '../mia.mjs';
import { atMost } from '../report.mjs';

export const title =
  "Llama 1.1B's shape, random weights, GGUF: prompts of 512 tokens, and 32 tokens one by one";

const PROMPT = 512;
const WRITTEN = 32;
const CONTEXT = 4608;
const formats = [
  { format: 'q8_0', prefill: [2, 3], decode: [1.15, 1.4], stream: [0.8, 0.95] },
  { format: 'q4_0', prefill: [1.8, 2.8], decode: [1.4, 2] },
  { format: 'f16', prefill: [1.9, 2.3], decode: [1, 1.1] },
];

const idsOf = (count) => Array.from({ length: count }, (_, i) => 300 + ((i * 37) % 150));
const row = (name, mine, theirs, ratio, [gate, aim] = [], check) => ({
  name,
  peer: 'node-llama-cpp',
  mine,
  theirs,
  ratio,
  gate,
  aim,
  check,
});
const own = (name, ratio, [gate, aim] = []) => ({
  ...row(name, undefined, undefined, ratio, [gate, aim]),
  peer: '-',
});

export async function* run({ cpu, threads, peers }) {
  const peer = peers['node-llama-cpp'];
  if (!peer) return;
  for (const format of ['f32', 'f16', 'q8_0']) yield await sameTokens(cpu, peer, format);
  for (const { format, prefill, decode, stream } of formats) {
    const path = llamaGguf(format);
    const loads = await loading(cpu, peer, path);
    if (format === 'q8_0') yield row(`${format}, load to first token`, ...loads, loads[1] / loads[0], [1, 2]);
    const model = await loadModel(path, { device: cpu, contextLength: CONTEXT });
    const theirs = await peer.llama(path, CONTEXT);
    const mine = {
      prefill: (ids) => take(model, ids, 1),
      generate: (ids, count) => take(model, ids, count),
    };
    const [prompt, short] = [idsOf(PROMPT), idsOf(10)];
    const reading = await duel([() => mine.prefill(prompt), () => theirs.prefill(prompt)]);
    yield row(`${format}, prompt of ${PROMPT}`, ...reading.ms, reading.ratios[1], prefill);
    const writing = await duel([() => mine.generate(short, WRITTEN), () => theirs.generate(short, WRITTEN)]);
    yield row(`${format}, ${WRITTEN} tokens`, ...writing.ms, writing.ratios[1], decode);
    if (stream) {
      yield own(`${format}, bytes read / stream`, await ofStream(cpu, threads, model), stream);
      yield own(`${format}, speed at 4,000 / at 10`, await farOut(model), [0.6, 0.8]);
    }
    await theirs.close();
    await model.dispose();
  }
  const bf16 = await loadModel(llamaGguf('bf16'), { device: cpu, contextLength: CONTEXT });
  const f16 = await loadModel(llamaGguf('f16'), { device: cpu, contextLength: CONTEXT });
  const prompt = idsOf(PROMPT);
  const { ratios } = await duel([() => take(bf16, prompt, 1), () => take(f16, prompt, 1)]);
  yield own(`bf16, prompt of ${PROMPT} / own f16`, ratios[1], [1.5, 1.9]);
  await bf16.dispose();
  await f16.dispose();
}

async function take(model, ids, count) {
  const written = [];
  for await (const { id } of model.generate(ids, { maxTokens: count, ignoreEos: true })) written.push(id);
  return written;
}

const prompts = JSON.parse(
  readFileSync(new URL('../../../tests/fixtures/stories/expected.json', import.meta.url), 'utf8'),
).prompts.map(({ ids }) => ids);

/** Logits that lie closer than this are a tie, which the rounding of sums decides. */
const TIE = 0.05;

/**
 * Stories of the model that ships with Mia, token for token as the peer tells them. A token may differ where it is a tie: the
 * row's value is the largest lead that a token of ours had over one that the peer chose instead.
 */
async function sameTokens(cpu, peer, format) {
  const path = await storiesGguf(cpu, format);
  const model = await loadModel(path, { device: cpu, contextLength: 512 });
  const theirs = await peer.llama(path, 512);
  let [same, lead] = [0, 0];
  for (const prompt of prompts) {
    const told = await theirs.generate(prompt, 60);
    const ours = await take(model, prompt, 60);
    const at = told.findIndex((id, i) => id !== ours[i]);
    if (at < 0) same++;
    else lead = Math.max(lead, await leadOf(model, [...prompt, ...ours.slice(0, at)], ours[at], told[at]));
  }
  await theirs.close();
  await model.dispose();
  const name = `${format}, stories of a trained model that are the same`;
  const check = atMost('lead', lead, TIE);
  return { ...own(name, same / prompts.length), peer: 'node-llama-cpp', check };
}

/** By how much one token is likelier than another after a text, in logits. */
async function leadOf(model, ids, one, other) {
  const { logits } = await model.forward({
    input_ids: { data: Int32Array.from(ids), shape: [1, ids.length] },
  });
  const last = logits.data.subarray(-logits.shape[2]);
  return last[one] - last[other];
}

/** Milliseconds from nothing to the first token, ours and theirs, of the best of three. */
async function loading(cpu, peer, path) {
  const best = [Infinity, Infinity];
  for (let round = 0; round < 3; round++) {
    const start = performance.now();
    const model = await loadModel(path, { device: cpu, contextLength: CONTEXT });
    await take(model, idsOf(4), 1);
    best[0] = Math.min(best[0], performance.now() - start);
    await model.dispose();
    const then = performance.now();
    const theirs = await peer.llama(path, CONTEXT);
    await theirs.generate(idsOf(4), 1);
    best[1] = Math.min(best[1], performance.now() - then);
    await theirs.close();
  }
  return best;
}

/** Bytes of weights that decoding reads a second, over the stream of reads of the same minute. */
async function ofStream({ info }, threads, model) {
  const { hidden, layers, heads, kvHeads, ffn, vocab } = llama1b;
  const perLayer = hidden * (2 * hidden + 2 * (hidden / heads) * kvHeads + 3 * ffn);
  const bytes = ((layers * perLayer + vocab * hidden) * 34) / 32;
  const shares = [];
  for (let round = 0; round < 5; round++) {
    const stream = probe('read', info.isa, threads);
    const times = [];
    let last = 0;
    for await (const _ of model.generate(idsOf(10), { maxTokens: WRITTEN, ignoreEos: true })) {
      const now = performance.now();
      if (last) times.push(now - last);
      last = now;
    }
    const ms = times.sort((a, b) => a - b)[times.length >> 1];
    shares.push(bytes / ms / 1e6 / stream);
  }
  return shares.sort((a, b) => a - b)[shares.length >> 1];
}

/** Tokens a second after 4,000 positions over those after 10. */
async function farOut(model) {
  const perToken = async (prompt) => {
    const times = [];
    let last = 0;
    for await (const _ of model.generate(idsOf(prompt), { maxTokens: 40, ignoreEos: true })) {
      const now = performance.now();
      if (last) times.push(now - last);
      last = now;
    }
    return times.sort((a, b) => a - b)[times.length >> 1];
  };
  return (await perToken(10)) / (await perToken(4000));
}
