import { MiaError } from '../../errors.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Config } from '../config.js';
import type { Checkpoint } from '../files/checkpoint.js';
import type { Network } from '../network.js';
import { Rwkv7 } from '../recurrent/rwkv7.js';
import type { Floats, Ints } from '../tensors.js';
import type { Weights } from '../weights.js';

/** Checkpoints of RWKV-7 come without a configuration: the tensors' names and shapes make one. Undefined for others. */
export function rwkv7Config({ path, tensors }: Checkpoint): Record<string, unknown> | undefined {
  if (!tensors.has('blocks.0.att.r_k')) return undefined;
  const layers = [...tensors.keys()].map((name) => Number(/^blocks\.(\d+)\./.exec(name)?.[1] ?? 0) + 1);
  const count = layers.reduce((most, n) => Math.max(most, n));
  /** The size of an axis of a matrix. */
  const size = (name: string, axis: 0 | 1): number => {
    const shape = tensors.get(name)?.shape;
    if (shape?.length === 2) return shape[axis];
    throw new MiaError('ERR_FORMAT', 'loadModel', {
      message: shape ? `${path}: tensor '${name}' is no matrix` : `${path}: there is no tensor '${name}'`,
      actual: shape && `[${shape.join(', ')}]`,
    });
  };
  return {
    model_type: 'rwkv7',
    vocab_size: size('emb.weight', 0),
    hidden_size: size('emb.weight', 1),
    num_hidden_layers: count,
    num_heads: size('blocks.0.att.r_k', 0),
    head_dim: size('blocks.0.att.r_k', 1),
    intermediate_size: size('blocks.0.ffn.key.weight', 0),
    decay_low_rank_dim: size('blocks.0.att.w1', 1),
    a_low_rank_dim: size('blocks.0.att.a1', 1),
    gate_low_rank_dim: size('blocks.0.att.g1', 1),
    ...(count > 1 && { v_low_rank_dim: size('blocks.1.att.v1', 1) }), // the first block has no use for it
  };
}

/** RWKV-7 over whole sequences, each from its beginning. */
export function rwkv7(config: Config, w: Weights): Network {
  const [vocab, hidden, heads] = ['vocab_size', 'hidden_size', 'num_heads'].map((name) => config.size(name));
  const headDim = config.size('head_dim');
  if (heads * headDim !== hidden)
    config.fail('heads do not fit', `${hidden} features in all`, `${heads} of ${headDim}`);
  const sizes = {
    vocab,
    hidden,
    heads,
    layers: config.size('num_hidden_layers'),
    inner: config.size('intermediate_size'),
    ranks: {
      w: config.size('decay_low_rank_dim'),
      a: config.size('a_low_rank_dim'),
      v: config.size('v_low_rank_dim', 1),
      g: config.size('gate_low_rank_dim'),
    },
  };
  const recurrent = new Rwkv7(sizes, w);
  return {
    inputs: { input_ids: { dtype: 'i32', rank: 2, below: vocab } },
    recurrent,
    forward({ input_ids: ids }) {
      const zeros = Object.entries(recurrent.memory).map(([name, [, ...rest]]): [string, Floats] => [
        name,
        Tensor.zeros(ids.device, [ids.shape[0], ...rest]),
      ]);
      const { hidden: rows, memory } = recurrent.rows(ids as Ints, Object.fromEntries(zeros));
      for (const value of Object.values(memory)) value.dispose();
      return { logits: recurrent.logits(rows) };
    },
  };
}
