import type { Rotary } from '../layers/rotary.js';
import type { Layer } from '../tensors.js';
import type { Weights } from '../weights.js';

/** What one layer of an encoder has of its own. */
export interface EncoderLayerSpec {
  /** A query sees keys less than so far away, on both sides; undefined: all. */
  readonly window?: number;
  /** Undefined: no positions in attention. */
  readonly rotary?: Rotary;
}

/** Names of tensors below a layer's prefix. */
export interface EncoderNames {
  readonly layer: (index: number) => string;
  readonly out: string;
  /** Undefined: the layer has none. */
  readonly attentionNorm: (index: number) => string | undefined;
  readonly mlpNorm: string;
  /** The last norm, by its whole name, where there is one. */
  readonly norm?: string;
}

/** Layers in which every position sees those before and after it. Families differ in this, and in nothing else. */
export interface EncoderSpec {
  readonly hidden: number;
  readonly heads: number;
  readonly layers: readonly EncoderLayerSpec[];
  readonly names: EncoderNames;
  /** Whether norms lie before attention and MLP, or after what those add to. */
  readonly preNorm: boolean;
  readonly norm: (w: Weights, name: string, size: number) => Layer;
  /** [rows, hidden] to queries, keys and values, side by side in one product or in three. */
  readonly projections: (w: Weights, prefix: string) => readonly Layer[];
  readonly mlp: (w: Weights, prefix: string) => Layer;
}

/** An encoder of tokens: what lies before the layers, and what may lie behind. */
export interface TextEncoderSpec extends EncoderSpec {
  readonly vocab: number;
  /** Names of tables and of the norm of their sum. */
  readonly embeddings: {
    readonly words: string;
    readonly positions?: string;
    readonly types?: string;
    readonly norm: string;
  };
  /** Rows of the tables. */
  readonly maxPositions: number;
  readonly types?: number;
  /** Roberta: positions count tokens that are not this one, from the one after it on. */
  readonly padding?: number;
  /** Name of the product of pooler_output. */
  readonly pooler?: string;
  readonly head: HeadSpec;
}

/** From hidden states, of each row or pooled, to the scores of labels. */
export interface HeadSpec {
  readonly pooling: 'cls' | 'mean';
  readonly sequence: (w: Weights, labels: number) => Layer;
  readonly token: (w: Weights, labels: number) => Layer;
}
