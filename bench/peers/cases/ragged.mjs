import { maxError } from '../../harness.mjs';
import { bert, bertWeights, loadBert, miniLM } from '../../models/bert.mjs';
import { compile, spec } from '../mia.mjs';
import { bertModel } from '../models/bert.mjs';
import { atMost, compare } from '../report.mjs';

export const title =
  'MiniLM-L6 f32, 32 texts of 8 to 128 tokens: rows one after another beside padding and a mask';

const [TEXTS, LEAST, MOST] = [32, 8, 128];
/** Uniform over the range, in an order that is not sorted. */
const lengths = Array.from({ length: TEXTS }, (_, i) =>
  Math.round(LEAST + ((MOST - LEAST) * ((i * 11) % TEXTS)) / (TEXTS - 1)),
);

export async function* run({ cpu, peers }) {
  const ort = peers['onnxruntime-node'];
  if (!ort) return;
  const weights = bertWeights();
  const longest = Math.max(...lengths);
  const offsets = Int32Array.from(
    [0, ...lengths].map(
      (
        (sum) => (n) =>
          (sum += n)
      )(0),
    ),
  );
  const total = offsets.at(-1);
  const places = lengths.flatMap((n, text) => Array.from({ length: n }, (_, i) => [text, i]));
  const ids = Int32Array.from({ length: total }, (_, i) => (i * 7919) % miniLM.vocab);
  const positions = Int32Array.from(places, ([, i]) => i);

  const padded = new BigInt64Array(TEXTS * longest);
  const mask = new Float32Array(TEXTS * longest);
  places.forEach(([text, i], row) => {
    padded[text * longest + i] = BigInt(ids[row]);
    mask[text * longest + i] = 1;
  });
  const shape = [TEXTS, longest];
  const theirs = await ort.session(
    bertModel(weights, TEXTS, longest, { mask: true }),
    { input_ids: { data: padded, shape }, attention_mask: { data: mask, shape } },
    [...shape, miniLM.hidden],
  );

  const tensors = await loadBert(cpu, weights);
  const rows = spec('i32', [null]);
  const program = await compile(cpu, { ids: rows, positions: rows, offsets: rows }, (inputs) => ({
    y: bert(tensors, inputs),
  }));
  const into = { y: new Float32Array(total * miniLM.hidden) };
  const mine = { run: async () => (await program.run({ ids, positions, offsets }, { into })).y };

  const all = await theirs.run();
  const reference = new Float32Array(total * miniLM.hidden);
  places.forEach(([text, i], row) => {
    const from = (text * longest + i) * miniLM.hidden;
    reference.set(all.subarray(from, from + miniLM.hidden), row * miniLM.hidden);
  });
  const check = atMost('error', maxError(await mine.run(), reference), 1e-4);
  const name = `ragged, ${total} tokens of ${TEXTS * longest}`;
  yield await compare(name, 'onnxruntime-node', mine, theirs, check, { gate: 2, aim: 2.5 });
  await program.dispose();
  for (const t of Object.values(tensors)) t.dispose();
  await theirs.close();
}
