/** RWKV-7 "Goose" (Peng et al. 2025, arXiv 2503.14456), by the names that its checkpoints have. */
import { linear } from '../layers/linear.js';
import { layerNorm } from '../layers/norm.js';
import { rowsOf } from '../layers/table.js';
import type { Floats, Ints, Layer } from '../tensors.js';
import type { Weights } from '../weights.js';
import { channelMixing, timeMixing, type ChannelMixing, type TimeMixing } from './mixing.js';
import type { Memory, Recurrent } from './recurrent.js';

export interface Rwkv7Sizes {
  readonly vocab: number;
  readonly hidden: number;
  readonly layers: number;
  readonly heads: number;
  /** In the middle of channel mixing. */
  readonly inner: number;
  /** In the middle of the small products for decay (w), learning rate (a), mixture of values (v) and gate (g). */
  readonly ranks: Readonly<Record<'w' | 'a' | 'v' | 'g', number>>;
}

interface Block {
  readonly timeNorm: Layer;
  readonly time: TimeMixing;
  readonly channelNorm: Layer;
  readonly channel: ChannelMixing;
}

const EPS = 1e-5;

export class Rwkv7 implements Recurrent {
  readonly vocab: number;
  readonly memory: Readonly<Record<string, readonly number[]>>;
  readonly logits: Layer;
  readonly #embedding;
  readonly #embeddingNorm: Layer;
  readonly #blocks: readonly Block[];
  readonly #norm: Layer;

  constructor(sizes: Rwkv7Sizes, w: Weights) {
    const { vocab, hidden, layers, heads } = sizes;
    const norm = (name: string): Layer => layerNorm(w, name, hidden, EPS);
    this.vocab = vocab;
    this.#embedding = w.matrix('emb.weight', vocab, hidden);
    this.#embeddingNorm = norm('blocks.0.ln0');
    this.#blocks = Array.from({ length: layers }, (_, i) => ({
      timeNorm: norm(`blocks.${i}.ln1`),
      time: timeMixing(w, `blocks.${i}.att.`, sizes, i === 0),
      channelNorm: norm(`blocks.${i}.ln2`),
      channel: channelMixing(w, `blocks.${i}.ffn.`, sizes),
    }));
    this.#norm = norm('ln_out');
    this.logits = linear(w, 'head', hidden, vocab);
    const size = hidden / heads;
    this.memory = Object.fromEntries(
      this.#blocks.flatMap((_, i) => [
        [`time.${i}`, [1, 1, hidden]],
        [`state.${i}`, [1, heads, size, size]],
        [`channel.${i}`, [1, 1, hidden]],
      ]),
    );
  }

  rows(ids: Ints, memory: Memory): { hidden: Floats; memory: Memory } {
    let x = this.#embeddingNorm(rowsOf(this.#embedding(), ids));
    let values: Floats | undefined;
    const after: Record<string, Floats> = {};
    this.#blocks.forEach(({ timeNorm, time, channelNorm, channel }, i) => {
      const mixed = time(timeNorm(x.clone()), memory[`time.${i}`], memory[`state.${i}`], values);
      x = x.add(mixed.y);
      values = mixed.values;
      const stepped = channel(channelNorm(x.clone()), memory[`channel.${i}`]);
      x = x.add(stepped.y);
      after[`time.${i}`] = mixed.last;
      after[`state.${i}`] = mixed.state;
      after[`channel.${i}`] = stepped.last;
    });
    values?.dispose();
    return { hidden: this.#norm(x), memory: after };
  }
}
