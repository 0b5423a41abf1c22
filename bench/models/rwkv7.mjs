/** An RWKV-7 of random weights as its checkpoints are: bf16, heads of 64. */
import { writeFileSync } from 'node:fs';
import { writeSafetensors } from '../../dist/ir/safetensors.js';
import { random } from '../harness.mjs';

const ranks = { w: 64, a: 64, v: 32, g: 128 };

export function writeRwkv7(path, { hidden = 768, layers = 12, vocab = 1024 } = {}) {
  const tensors = [];
  /** Values in [middle - scale, middle + scale). */
  const add = (name, shape, scale, middle = 0) => {
    const n = shape.reduce((a, b) => a * b, 1);
    const values = random(n, tensors.length + 1).map((x) => x * scale + middle);
    const halves = new Uint16Array(values.buffer).filter((_, i) => i % 2 === 1); // the upper half of each
    tensors.push([name, { dtype: 'bf16', shape, data: new Uint8Array(halves.buffer) }]);
  };
  const norm = (name) => {
    add(`${name}.weight`, [hidden], 0.1, 1);
    add(`${name}.bias`, [hidden], 0.1);
  };
  const matrix = (name, rows, columns) => add(name, [rows, columns], Math.sqrt(3 / columns));
  matrix('emb.weight', vocab, hidden);
  norm('blocks.0.ln0');
  for (let i = 0; i < layers; i++) {
    const [att, ffn] = [`blocks.${i}.att.`, `blocks.${i}.ffn.`];
    norm(`blocks.${i}.ln1`);
    norm(`blocks.${i}.ln2`);
    norm(`${att}ln_x`);
    for (const x of 'rwkvag') add(`${att}x_${x}`, [1, 1, hidden], 0.5, 0.5);
    for (const [name, rank] of Object.entries(ranks)) {
      if (name !== 'g') add(`${att}${name}0`, [1, 1, hidden], 1);
      add(`${att}${name}1`, [hidden, rank], Math.sqrt(3 / hidden));
      add(`${att}${name}2`, [rank, hidden], Math.sqrt(3 / rank));
    }
    add(`${att}k_k`, [1, 1, hidden], 0.2, 0.9);
    add(`${att}k_a`, [1, 1, hidden], 0.2, 1);
    add(`${att}r_k`, [hidden / 64, 64], 0.2);
    for (const name of ['receptance', 'key', 'value', 'output'])
      matrix(`${att}${name}.weight`, hidden, hidden);
    add(`${ffn}x_k`, [1, 1, hidden], 0.5, 0.5);
    matrix(`${ffn}key.weight`, 4 * hidden, hidden);
    matrix(`${ffn}value.weight`, hidden, 4 * hidden);
  }
  norm('ln_out');
  matrix('head.weight', vocab, hidden);
  writeFileSync(path, writeSafetensors(tensors));
}
