import { cosine, maxError } from '../../harness.mjs';
import { bert, bertWeights, loadBert, miniLM } from '../../models/bert.mjs';
import { compile, spec } from '../mia.mjs';
import { bertModel } from '../models/bert.mjs';
import { atLeast, atMost, compare } from '../report.mjs';

export const title = 'MiniLM-L6 (h384, 12 heads), random weights; activations are f32 everywhere';

/** i8 columns with one scale each: the other way to store bytes. */
function columns(w) {
  const scale = w
    .clone()
    .abs()
    .max(1)
    .mul(1 / 127);
  const bytes = w.div(scale.clone().unsqueeze(1)).round().to('i8');
  return { w: bytes, scale };
}

/** How Mia stores the matrices of the layers; each is measured against f32 of the peer. */
const stores = [
  { name: 'f32', store: undefined, gate: 1.1, aim: 1.3 },
  { name: 'bf16', store: (w) => ({ w: w.to('bf16') }), gate: 1.7, aim: 2.2, least: 0.9995 },
  { name: 'q8_0', store: (w) => ({ w: w.to('q8_0') }), gate: 2.2, aim: 3.5, least: 0.999 },
  { name: 'i8', store: columns, gate: 2.2, aim: 3.5, least: 0.999 },
];

export async function* run({ cpu, peers }) {
  const ort = peers['onnxruntime-node'];
  if (!ort) return;
  const weights = bertWeights();
  for (const [batch, length] of [
    [1, 128],
    [32, 128],
  ]) {
    const tokens = Int32Array.from({ length: batch * length }, (_, i) => (i * 7919) % miniLM.vocab);
    const inputs = { input_ids: { data: BigInt64Array.from(tokens, BigInt), shape: [batch, length] } };
    const open = (options) =>
      ort.session(bertModel(weights, batch, length, options), inputs, [batch, length, miniLM.hidden]);
    const theirs = await open();
    const reference = (await theirs.run()).slice();
    const bytes = await open({ int8: true });
    for (const { name, store, gate, aim, least } of stores) {
      const mine = await openMia(cpu, weights, store, tokens, batch, length);
      const got = await mine.run();
      const check = least
        ? atLeast('cosine', cosine(got, reference), least)
        : atMost('error', maxError(got, reference), 1e-4);
      const label = `${batch}x${length} ${name}`;
      yield await compare(label, 'onnxruntime-node', mine, theirs, check, { gate, aim });
      if (name === 'q8_0' || name === 'i8') {
        const other = atLeast('cosine', cosine(got, await bytes.run()), least);
        yield await compare(`${label}, peer int8`, 'onnxruntime-node', mine, bytes, other);
      }
      await mine.close();
    }
    await theirs.close();
    await bytes.close();
  }
}

async function openMia(cpu, weights, store, ids, batch, length) {
  const tensors = await loadBert(cpu, weights, store);
  const rows = spec('i32', [batch * length]);
  const program = await compile(cpu, { ids: rows, positions: rows }, ({ ids, positions }) => ({
    y: bert(tensors, { ids, positions, batch }),
  }));
  const positions = ids.map((_, i) => i % length);
  const into = { y: new Float32Array(ids.length * miniLM.hidden) };
  return {
    run: async () => (await program.run({ ids, positions }, { into })).y,
    async close() {
      await program.dispose();
      for (const t of Object.values(tensors)) t.dispose();
    },
  };
}
