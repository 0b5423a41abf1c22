import { text as readAll } from 'node:stream/consumers';
import { modelOptions, UsageError, type Command } from '../command.js';
import { withModel } from '../model.js';

const poolings = ['mean', 'cls', 'last'] as const;

/** Texts as vectors. */
export const embed: Command = {
  name: 'embed',
  args: 'MODEL [TEXT...]',
  doc: [
    'Texts as vectors, one a line; with --json as objects.',
    'Without TEXT: the lines of standard input.',
  ].join('\n'),
  count: [1, Infinity],
  options: {
    ...modelOptions,
    pooling: { value: 'WAY', doc: 'mean, cls or last (default: what the model folder says, else mean)' },
    raw: { doc: 'leave the length of vectors as it is, whatever the model folder says' },
    similarity: { doc: 'print the cosines of all pairs instead' },
  },
  async run(call) {
    const [path, ...given] = call.args;
    const pooling = call.word('pooling', poolings);
    const lines = async (): Promise<string[]> =>
      (await readAll(process.stdin)).split(/\r?\n/).filter((line) => line !== '');
    const texts = given.length > 0 ? given : process.stdin.isTTY ? [] : await lines();
    if (texts.length === 0)
      throw new UsageError('mia embed needs texts, as arguments or lines of standard input');
    await withModel(call, path, async (model) => {
      const options = { ...(pooling && { pooling }), ...(call.flag('raw') && { normalize: false }) };
      const vectors = await model.embed(texts, options);
      const { output } = call;
      if (call.flag('similarity')) {
        const cosines = vectors.map((a) => vectors.map((b) => cosine(a, b)));
        if (output.json) return output.value({ texts, cosines });
        return cosines.forEach((row) => output.line(row.map((c) => c.toFixed(4)).join(' ')));
      }
      vectors.forEach((vector, i) => {
        if (output.json) output.value({ text: texts[i], embedding: Array.from(vector) });
        else output.line(Array.from(vector, (v) => String(Math.fround(v))).join(' '));
      });
    });
  },
};

function cosine(a: Float32Array, b: Float32Array): number {
  const dot = (x: Float32Array, y: Float32Array): number => x.reduce((sum, v, i) => sum + v * y[i], 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
}
