/** Networks over an encoder of tokens: what forward() takes and gives. */
import type { Config } from '../config.js';
import { attendRagged } from '../decoder/attend.js';
import { textEmbeddings } from '../encoder/embeddings.js';
import { Encoder } from '../encoder/encoder.js';
import type { TextEncoderSpec } from '../encoder/spec.js';
import { labelCount } from '../labels.js';
import { linear } from '../layers/linear.js';
import type { Network } from '../network.js';
import type { RowsNetwork, RowsOutput } from '../rows/network.js';
import { positionsOf } from '../rows/positions.js';
import { pool } from '../rows/pooling.js';
import type { Weights } from '../weights.js';

/** A configuration as a specification; `root` is the prefix of the tensors. */
export type EncoderFamily = (config: Config, root: string) => TextEncoderSpec;

/** A family's network; `prefix` is that of its tensors in files with a head. */
export function encoderNetwork(family: EncoderFamily, config: Config, w: Weights, prefix: string): Network {
  const words = family(config, '').embeddings.words;
  const spec = family(config, w.prefix(`${words}.weight`, prefix, ''));
  const embed = textEmbeddings(spec, w);
  const encoder = new Encoder(spec, w);
  const table = spec.embeddings.positions === undefined ? Infinity : spec.maxPositions;
  const typed = spec.embeddings.types !== undefined;
  const rows: RowsNetwork = {
    vocab: spec.vocab,
    hidden: spec.hidden,
    maxLength: spec.maxPositions - (spec.padding ?? -1) - 1,
    positions: (op, ids) => positionsOf(op, ids, table, spec.padding),
    rotaries: encoder.rotaries,
    run: (step) =>
      encoder.run(embed(step), {
        positions: step.positions,
        frequencies: step.frequencies,
        attend: attendRagged(step.offsets),
      }),
    outputs: outputsOf(spec, config, w),
    pooling: 'mean',
  };
  const ids = { dtype: 'i32', rank: 2, below: spec.vocab } as const;
  return {
    inputs: {
      input_ids: ids,
      attention_mask: { dtype: 'bool', rank: 2, optional: true },
      ...(typed && { token_type_ids: { ...ids, below: spec.types, optional: true } }),
    },
    rows,
  };
}

/** By the class that the checkpoint was saved as: scores of labels, or hidden states. */
function outputsOf(spec: TextEncoderSpec, config: Config, w: Weights): Record<string, RowsOutput> {
  const { hidden, head, pooler } = spec;
  const classes = config.has('architectures') ? config.texts('architectures') : [];
  const saved = (task: string): boolean => classes.some((name) => name.endsWith(`For${task}Classification`));
  const size = labelCount(config);
  if (saved('Sequence')) {
    const scores = head.sequence(w, size);
    return {
      logits: { per: 'sequence', size, of: (x, step) => scores(pool(head.pooling, x, step)) },
    };
  }
  if (saved('Token')) return { logits: { per: 'row', size, of: head.token(w, size) } };
  const dense =
    pooler !== undefined && w.has(`${pooler}.weight`) ? linear(w, pooler, hidden, hidden) : undefined;
  return {
    last_hidden_state: { per: 'row', size: hidden, of: (x) => x },
    ...(dense && {
      pooler_output: { per: 'sequence', size: hidden, of: (x, step) => dense(pool('cls', x, step)).tanh() },
    }),
  };
}
