import { modelOptions, type Call, type Command } from '../command.js';
import { defaultModel, withModel } from '../model.js';
import type { Model } from '../../models/model.js';
import { table } from '../../table.js';

interface Row {
  readonly test: string;
  readonly tokensPerSecond: number;
  readonly ms: number;
}

/** How fast a model is here. */
export const bench: Command = {
  name: 'bench',
  args: '[MODEL]',
  doc: 'Tokens a second: reading a prompt and writing after it, or embedding texts. Without MODEL: the one that ships with Mia.',
  count: [0, 1],
  options: {
    ...modelOptions,
    prompt: { value: 'N', doc: 'tokens of the prompt (512), or of each text' },
    generate: { value: 'N', doc: 'tokens to write (64)' },
    repeat: { value: 'N', doc: 'rounds, of which the median counts (5)' },
  },
  async run(call) {
    const [path = defaultModel] = call.args;
    await withModel(call, path, async (model) => {
      const rows = model.writes ? await decoding(call, model) : await embedding(call, model);
      const { output } = call;
      if (output.json) return output.value({ model: path, ...model.device.info, rows });
      const text = rows.map((r) => [r.test, r.tokensPerSecond.toFixed(1), r.ms.toFixed(1)]);
      output.line(table(['test', 'tokens/s', 'ms'], text));
    });
  },
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1];

/** Ids from all over the vocabulary. */
const idsOf = (model: Model, count: number, seed = 0): number[] => {
  const vocab = Number(model.config.vocab_size ?? 256);
  return Array.from({ length: count }, (_, i) => ((i + seed) * 7919 + 17) % vocab);
};

async function decoding(call: Call, model: Model): Promise<Row[]> {
  const generate = call.number('generate') ?? 64;
  const prompt = Math.min(call.number('prompt') ?? 512, model.contextLength - generate);
  const rounds = call.number('repeat') ?? 5;
  const [reading, writing]: [number[], number[]] = [[], []];
  for (let round = 0; round <= rounds; round++) {
    const start = performance.now();
    let first = 0;
    for await (const _ of model.generate(idsOf(model, prompt, round), {
      maxTokens: generate + 1,
      ignoreEos: true,
    }))
      if (first === 0) first = performance.now();
    if (round === 0) continue; // weights were packed meanwhile
    reading.push(first - start);
    writing.push(performance.now() - first);
  }
  const row = (test: string, tokens: number, times: number[]): Row => ({
    test,
    tokensPerSecond: (tokens * 1000) / median(times),
    ms: median(times),
  });
  return [row(`prompt ${prompt}`, prompt, reading), row(`write ${generate}`, generate, writing)];
}

async function embedding(call: Call, model: Model): Promise<Row[]> {
  const length = Math.min(call.number('prompt') ?? 128, Number(model.config.max_position_embeddings ?? 512));
  const rounds = call.number('repeat') ?? 5;
  const rows: Row[] = [];
  for (const batch of [1, 32]) {
    const texts = Array.from({ length: batch }, (_, i) => idsOf(model, length, i));
    const times: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const start = performance.now();
      await model.embed(texts);
      if (round > 0) times.push(performance.now() - start);
    }
    const ms = median(times);
    rows.push({ test: `embed ${batch} x ${length}`, tokensPerSecond: (batch * length * 1000) / ms, ms });
  }
  return rows;
}
