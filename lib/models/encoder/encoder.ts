import type { Attend } from '../decoder/decoder.js';
import { turn, type Rotary } from '../layers/rotary.js';
import { linear } from '../layers/linear.js';
import type { Floats, Ints, Layer } from '../tensors.js';
import type { Weights } from '../weights.js';
import type { EncoderLayerSpec, EncoderSpec } from './spec.js';

/** What layers are told beside their rows. */
export interface EncoderStep {
  /** [rows], for rotary embeddings. */
  readonly positions?: Ints;
  /** Frequencies [dims / 2] of a rotary embedding. */
  frequencies?(rotary: Rotary): Floats;
  readonly attend: Attend;
}

interface Block {
  readonly spec: EncoderLayerSpec;
  readonly projections: readonly Layer[];
  readonly out: Layer;
  readonly mlp: Layer;
  readonly attentionNorm: Layer;
  readonly mlpNorm: Layer;
}

const same: Layer = (x) => x;

/** The layers of an encoder over weights: `spec` says how families differ. */
export class Encoder {
  readonly #blocks: readonly Block[];
  readonly #norm: Layer;
  /** The rotary embeddings of the layers, each once. */
  readonly rotaries: readonly Rotary[];

  constructor(
    readonly spec: EncoderSpec,
    w: Weights,
  ) {
    const { names, hidden } = spec;
    const norm = (name: string | undefined): Layer =>
      name === undefined ? same : spec.norm(w, name, hidden);
    this.#blocks = spec.layers.map((layer, i) => {
      const prefix = names.layer(i);
      const attentionNorm = names.attentionNorm(i);
      return {
        spec: layer,
        projections: spec.projections(w, prefix),
        out: linear(w, prefix + names.out, hidden, hidden),
        mlp: spec.mlp(w, prefix),
        attentionNorm: norm(attentionNorm && prefix + attentionNorm),
        mlpNorm: norm(prefix + names.mlpNorm),
      };
    });
    this.#norm = norm(names.norm);
    this.rotaries = [...new Set(spec.layers.flatMap((l) => l.rotary ?? []))];
  }

  /** [rows, hidden] to the same, after the last norm. */
  run(x: Floats, step: EncoderStep): Floats {
    const { preNorm } = this.spec;
    const add = (norm: Layer, part: Layer): void => {
      x = preNorm ? x.clone().add(part(norm(x))) : norm(part(x.clone()).add(x));
    };
    this.#blocks.forEach((block, layer) => {
      add(block.attentionNorm, (rows) => this.#attention(block, rows, layer, step));
      add(block.mlpNorm, block.mlp);
    });
    return this.#norm(x);
  }

  /** [rows, hidden] */
  #attention({ spec, projections, out }: Block, x: Floats, layer: number, step: EncoderStep): Floats {
    const { heads, hidden } = this.spec;
    const size = hidden / heads;
    const { rotary, window } = spec;
    const [q, k, v] = project(projections, x).map((t) => t.reshape([-1, heads, size]) as Floats);
    const turned = (t: Floats): Floats =>
      rotary ? turn(t, step.positions!.clone(), rotary, step.frequencies!(rotary)) : t;
    const attended = step.attend(turned(q), turned(k), v, {
      layer,
      window,
      causal: false,
      softcap: undefined,
      scale: 1 / Math.sqrt(size),
    });
    return out(attended.reshape([-1, hidden]));
  }
}

function project(projections: readonly Layer[], x: Floats): Floats[] {
  if (projections.length === 1) return projections[0](x).split(3, -1);
  const all = projections.map((layer) => layer(x.clone()));
  x.dispose();
  return all;
}
