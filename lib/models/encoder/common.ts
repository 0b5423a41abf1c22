/** What families of encoders read from their configurations in the same way. */
import type { Config } from '../config.js';
import { activation } from '../layers/activation.js';
import { linear } from '../layers/linear.js';
import { plainMlp } from '../layers/mlp.js';
import { layerNorm } from '../layers/norm.js';
import type { EncoderSpec, HeadSpec } from './spec.js';

/** Names of a layer's tensors that differ between BERT and those who follow it. */
interface LayerNames {
  readonly layer: (index: number) => string;
  readonly projections: readonly [query: string, key: string, value: string];
  readonly out: string;
  readonly attentionNorm: string;
  readonly up: string;
  readonly down: string;
  readonly mlpNorm: string;
  readonly norm?: string;
}

interface LayerSizes {
  readonly hidden: number;
  readonly heads: number;
  readonly inner: number;
  readonly layers: number;
  readonly activation: string;
  readonly eps: number;
}

/** BERT's sizes, in its field names. */
export const sizesOf = (config: Config): LayerSizes => ({
  hidden: config.size('hidden_size'),
  heads: config.size('num_attention_heads'),
  inner: config.size('intermediate_size'),
  layers: config.size('num_hidden_layers'),
  activation: config.text('hidden_act', 'gelu'),
  eps: config.number('layer_norm_eps', 1e-12),
});

/** BERT's layers: three products, norms behind, two products with an activation between. */
export function plainLayers(config: Config, sizes: LayerSizes, names: LayerNames): EncoderSpec {
  const { hidden, heads, inner, layers, eps } = sizes;
  checkHeads(config, hidden, heads);
  const act = activation(sizes.activation);
  return {
    hidden,
    heads,
    layers: Array.from({ length: layers }, () => ({})),
    names: { ...names, attentionNorm: () => names.attentionNorm },
    preNorm: false,
    norm: (w, name, n) => layerNorm(w, name, n, eps),
    projections: (w, prefix) => names.projections.map((name) => linear(w, prefix + name, hidden, hidden)),
    mlp: (w, prefix) =>
      plainMlp(
        linear(w, prefix + names.up, hidden, inner),
        linear(w, prefix + names.down, inner, hidden),
        act,
      ),
  };
}

export function checkHeads(config: Config, hidden: number, heads: number): void {
  if (hidden % heads !== 0) config.fail('heads do not divide', 'hidden size by heads', `${hidden}, ${heads}`);
}

/** A head of two products over the first row of a sequence, of one over each row. */
export function denseHead(hidden: number, act: string, dense: string, out: string, token: string): HeadSpec {
  return {
    pooling: 'cls',
    sequence: (w, labels) =>
      plainMlp(linear(w, dense, hidden, hidden), linear(w, out, hidden, labels), activation(act)),
    token: (w, labels) => linear(w, token, hidden, labels),
  };
}
