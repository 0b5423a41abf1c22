import type { Layer, Floats, Ints } from '../tensors.js';
import { turn, type Rotary } from '../layers/rotary.js';
import { rowsOf } from '../layers/table.js';
import type { Weights } from '../weights.js';
import type { DecoderLayerSpec, DecoderSpec } from './spec.js';

/** What attention of a layer is told beside its queries [rows, heads, headDim], keys and values [rows, kvHeads, headDim]. */
export interface AttendOptions {
  readonly layer: number;
  /** A row sees itself and those before it; else those after it too. true */
  readonly causal?: boolean;
  readonly window: number | undefined;
  readonly scale: number;
  readonly softcap: number | undefined;
}
/** Attention over what this step and those before it hold: [rows, heads, headDim]. */
export type Attend = (q: Floats, k: Floats, v: Floats, options: AttendOptions) => Floats;

/** One pass through the layers. */
export interface DecoderStep {
  /** [rows] */
  readonly ids: Ints;
  /** [rows] */
  readonly positions: Ints;
  /** Frequencies [dims / 2] of a rotary embedding. */
  frequencies(rotary: Rotary): Floats;
  readonly attend: Attend;
}

interface Block {
  readonly spec: DecoderLayerSpec;
  readonly projections: readonly Layer[];
  readonly q: Layer;
  readonly k: Layer;
  readonly out: Layer;
  readonly mlp: Layer;
  readonly attentionNorm: Layer;
  readonly attentionPostNorm: Layer;
  readonly mlpNorm: Layer;
  readonly mlpPostNorm: Layer;
}

const same: Layer = (x) => x;

/** A decoder-only transformer over weights: `spec` says how families differ. */
export class Decoder {
  readonly #embedding;
  readonly #positions;
  readonly #blocks: readonly Block[];
  readonly #norm: Layer;
  readonly #head;
  /** The rotary embeddings of the layers, each once. */
  readonly rotaries: readonly Rotary[];

  constructor(
    readonly spec: DecoderSpec,
    w: Weights,
    { head = true }: { head?: boolean } = {},
  ) {
    const { names, vocab, hidden } = spec;
    this.#embedding = w.matrix(`${names.embedding}.weight`, vocab, hidden);
    this.#positions = spec.positions && w.matrix(`${spec.positions}.weight`, spec.maxPositions, hidden);
    this.#blocks = spec.layers.map((layer, i) => this.#block(w, layer, i));
    this.#norm = spec.norm(w, names.norm, hidden);
    const own = head && (!spec.tied || w.has(`${names.head}.weight`));
    this.#head = own ? w.matrix(`${names.head}.weight`, vocab, hidden) : this.#embedding;
    this.rotaries = [...new Set(spec.layers.flatMap((l) => l.rotary ?? []))];
  }

  #block(w: Weights, layer: DecoderLayerSpec, index: number): Block {
    const { spec } = this;
    const { names, hidden, heads, kvHeads, headDim, qkNorm } = spec;
    const prefix = names.layer(index);
    const norm = (name: string | undefined, size = hidden): Layer =>
      name === undefined ? same : spec.norm(w, prefix + name, size);
    const width = (n: number): number => (qkNorm?.of === 'all' ? n * headDim : headDim);
    return {
      spec: layer,
      projections: spec.projections(w, prefix),
      q: norm(qkNorm?.q, width(heads)),
      k: norm(qkNorm?.k, width(kvHeads)),
      out: spec.out(w, prefix + names.out),
      mlp: spec.mlp(w, prefix, index),
      attentionNorm: norm(names.attentionNorm),
      attentionPostNorm: norm(names.attentionPostNorm),
      mlpNorm: norm(names.mlpNorm),
      mlpPostNorm: norm(names.mlpPostNorm),
    };
  }

  /** [rows] to [rows, hidden], after the last norm. */
  hidden(step: DecoderStep): Floats {
    const { embeddingScale } = this.spec;
    const rows = rowsOf(this.#embedding(), step.ids);
    let x = embeddingScale === undefined ? rows : rows.mul(embeddingScale);
    if (this.#positions) x = x.add(rowsOf(this.#positions(), step.positions.clone()));
    this.#blocks.forEach((block, layer) => {
      const attended = this.#attention(block, block.attentionNorm(x.clone()), layer, step);
      x = x.add(block.attentionPostNorm(attended));
      x = x.clone().add(block.mlpPostNorm(block.mlp(block.mlpNorm(x))));
    });
    step.positions.dispose();
    return this.#norm(x);
  }

  /** [rows, hidden] to [rows, vocab]. */
  logits(hidden: Floats): Floats {
    const { logitSoftcap: cap } = this.spec;
    const logits = hidden.matmul(this.#head().transpose());
    return cap === undefined ? logits : logits.div(cap).tanh().mul(cap);
  }

  /** [rows, hidden] */
  #attention(block: Block, x: Floats, layer: number, step: DecoderStep): Floats {
    const { heads, kvHeads, headDim, qkNorm, scale, softcap } = this.spec;
    const [q, k, v] = this.#project(block.projections, x);
    const apart = (t: Floats, n: number, norm: Layer): Floats => {
      const normed = qkNorm?.of === 'all' ? norm(t) : t;
      const split = normed.reshape([-1, n, headDim]) as Floats;
      return qkNorm?.of === 'head' ? norm(split) : split;
    };
    const { rotary, window } = block.spec;
    const turned = (t: Floats): Floats =>
      rotary ? turn(t, step.positions.clone(), rotary, step.frequencies(rotary)) : t;
    const attended = step.attend(
      turned(apart(q, heads, block.q)),
      turned(apart(k, kvHeads, block.k)),
      v.reshape([-1, kvHeads, headDim]),
      { layer, window, softcap, scale: scale ?? 1 / Math.sqrt(headDim) },
    );
    return block.out(attended.reshape([-1, heads * headDim]));
  }

  #project(projections: readonly Layer[], x: Floats): Floats[] {
    if (projections.length === 3) {
      const [q, k, v] = projections;
      const [first, second] = [q(x.clone()), k(x.clone())];
      return [first, second, v(x)];
    }
    const { heads, kvHeads, headDim } = this.spec;
    return projections[0](x).split([heads * headDim, kvHeads * headDim, kvHeads * headDim], -1);
  }
}
