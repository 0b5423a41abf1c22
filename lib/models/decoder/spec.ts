import type { Layer } from '../tensors.js';
import type { Rotary } from '../layers/rotary.js';
import type { Weights } from '../weights.js';

/** What one layer of a decoder has of its own. */
export interface DecoderLayerSpec {
  /** A query sees itself and the window - 1 keys before it; undefined: all. */
  readonly window?: number;
  /** Undefined: no positions in attention. */
  readonly rotary?: Rotary;
}

/** Names of tensors below a layer's prefix; norms that a family does not have are left out. */
export interface DecoderNames {
  readonly embedding: string;
  readonly layer: (index: number) => string;
  readonly out: string;
  /** Before attention; before the MLP. */
  readonly attentionNorm?: string;
  readonly mlpNorm?: string;
  /** Of what attention, and the MLP, add to the residual stream. */
  readonly attentionPostNorm?: string;
  readonly mlpPostNorm?: string;
  readonly norm: string;
  readonly head: string;
}

/** A decoder-only transformer. Families differ in this, and in nothing else. */
export interface DecoderSpec {
  readonly vocab: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly maxPositions: number;
  readonly layers: readonly DecoderLayerSpec[];
  readonly names: DecoderNames;
  readonly norm: (w: Weights, name: string, size: number) => Layer;
  /** [rows, hidden] to queries, keys and values, side by side in one product or in three. */
  readonly projections: (w: Weights, prefix: string) => readonly Layer[];
  readonly mlp: (w: Weights, prefix: string, layer: number) => Layer;
  readonly out: (w: Weights, name: string) => Layer;
  /** Norms of queries and keys: of each head, or of all heads together. */
  readonly qkNorm?: { readonly of: 'head' | 'all'; readonly q: string; readonly k: string };
  /** Of scores: 1 / sqrt(headDim). */
  readonly scale?: number;
  readonly softcap?: number;
  /** The embedding is multiplied by it. */
  readonly embeddingScale?: number;
  /** Name of a table of learned positions. */
  readonly positions?: string;
  readonly logitSoftcap?: number;
  /** The head is the embedding, unless the checkpoint has one all the same. */
  readonly tied: boolean;
}
