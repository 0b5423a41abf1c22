import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cpu } from 'mia';
import { loadModel } from 'mia/models';
import { median, now } from '../harness.mjs';
import { writeRwkv7 } from '../models/rwkv7.mjs';

const FAR = 4000;
const NEAR = 10;
const TOKENS = 100;

/** RWKV-7 of 768 x 12 by q8_0: what a token costs far into a sequence, and near its beginning, in turn. */
export async function run() {
  const folder = mkdtempSync(join(tmpdir(), 'mia-bench-'));
  const device = await Cpu.create({ threads: 2 });
  try {
    const file = join(folder, 'model.safetensors');
    writeRwkv7(file);
    const model = await loadModel(file, { device, weights: 'q8_0' });
    const begin = async (position) => {
      const prompt = Int32Array.from({ length: position }, (_, i) => (i * 367) % 1024);
      const tokens = model.generate(prompt, { maxTokens: TOKENS + 10, ignoreEos: true });
      for (let i = 0; i < 5; i++) await tokens.next();
      return { tokens, ms: [] };
    };
    const near = await begin(NEAR);
    const start = now();
    const far = await begin(FAR);
    const prefill = now() - start;
    for (let i = 0; i < TOKENS; i++) {
      for (const side of i % 2 ? [near, far] : [far, near]) {
        const start = now();
        await side.tokens.next();
        side.ms.push(now() - start);
      }
    }
    await Promise.all([near, far].map(({ tokens }) => tokens.return()));
    await model.dispose();
    const [early, late] = [near, far].map(({ ms }) => median(ms));
    return [
      { name: 'RWKV-7 768 x 12 q8_0, prefill of 4000', value: (FAR / prefill) * 1000, unit: 'tokens/s' },
      { name: 'a token at position 4000', value: late, unit: 'ms' },
      { name: 'over one at position 10', value: late / early, unit: 'times', most: 1.05 },
    ];
  } finally {
    await device.close();
    rmSync(folder, { recursive: true });
  }
}
