import { geomean, maxError } from '../../harness.mjs';
import { atMost, compare } from '../report.mjs';
import { matmul, openMia } from '../work.mjs';

export const title = 'matmul f32 [M, K] x [K, N], constant weights, over the shapes of transformers';

/** Widths of MiniLM, BERT and Llama-1B: projections and both sides of their feed-forward layers. */
const widths = [
  [384, 384],
  [384, 1536],
  [1536, 384],
  [768, 768],
  [768, 3072],
  [3072, 768],
  [2048, 2048],
  [2048, 5632],
  [5632, 2048],
];
const heights = [128, 512, 4096];
/** Beyond this many multiplications a product is measured at fewer rows only. */
const MOST = 2e10;

export async function* run({ cpu, peers }) {
  const shapes = heights
    .flatMap((m) => widths.map(([k, n]) => [m, k, n]))
    .filter(([m, k, n]) => m * k * n < MOST);
  yield* products({ cpu, peers }, shapes, { gate: 1.1, aim: 1.25 }, 'geometric mean');
}

/** A row for each shape against onnxruntime-node, then their geometric mean with its gate. */
export async function* products({ cpu, peers }, shapes, wanted, name, make = matmul) {
  const peer = 'onnxruntime-node';
  if (!peers[peer]) return;
  const ratios = [];
  for (const shape of shapes) {
    const work = make(...shape);
    const mine = await openMia(cpu, work);
    const theirs = await peers[peer].open(work);
    const check = atMost('error', maxError(await mine.run(), await theirs.run()), 1e-5);
    const row = await compare(work.name, peer, mine, theirs, check);
    ratios.push(row.ratio);
    yield row;
    await mine.close();
    await theirs.close();
  }
  yield { name, peer, ratio: geomean(ratios), ...wanted };
}
