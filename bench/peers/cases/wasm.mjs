import { maxError } from '../../harness.mjs';
import { atMost, compare } from '../report.mjs';
import { matmul, openMia, rows } from '../work.mjs';

export const title = 'the libraries that run in WebAssembly';

export async function* run({ cpu, peers }) {
  for (const work of [matmul(128, 384, 1536), matmul(512, 768, 3072), rows('softmax', 4096, 1024)]) {
    const mine = await openMia(cpu, work);
    for (const peer of ['onnxruntime-web', 'tfjs-wasm', 'jax-js']) {
      const theirs = await peers[peer]?.open(work);
      if (!theirs) continue;
      const error = maxError(await mine.run(), await theirs.run());
      yield await compare(work.name, peer, mine, theirs, atMost('error', error, 1e-5));
      await theirs.close();
    }
    await mine.close();
  }
}
