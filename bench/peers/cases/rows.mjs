import { maxError } from '../../harness.mjs';
import { atMost, compare } from '../report.mjs';
import { openMia, rows } from '../work.mjs';

export const title = 'row functions and activations, f32 [4096, 1024]';

export async function* run({ cpu, peers }) {
  const peer = 'onnxruntime-node';
  if (!peers[peer]) return;
  for (const op of ['softmax', 'layerNorm', 'gelu']) {
    const work = rows(op, 4096, 1024);
    const mine = await openMia(cpu, work);
    const theirs = await peers[peer].open(work);
    const error = maxError(await mine.run(), await theirs.run());
    yield compare(work.name, peer, mine, theirs, atMost('error', error, 1e-5), { gate: 1.5, aim: 2 });
    await mine.close();
    await theirs.close();
  }
}
