/** Networks over a decoder: what forward() takes and gives for the families of text models. */
import { Tensor } from '../../tensor/tensor.js';
import type { Config } from '../config.js';
import { attendRagged, attendWhole } from '../decoder/attend.js';
import { Decoder } from '../decoder/decoder.js';
import type { DecoderSpec } from '../decoder/spec.js';
import { Frequencies } from '../layers/frequencies.js';
import type { Network } from '../network.js';
import { positionsOf } from '../rows/positions.js';
import type { Ints } from '../tensors.js';
import type { Weights } from '../weights.js';

/** A configuration as a specification; `root` is the prefix of the tensors. */
export type DecoderFamily = (config: Config, root: string) => DecoderSpec;

/** A family's network: `probe` is the embedding's name, which tells under which prefix the tensors lie. */
export function decoderNetwork(
  family: DecoderFamily,
  config: Config,
  w: Weights,
  prefixes: string[],
  probe: string,
): Network {
  const spec = family(config, w.prefix(`${probe}.weight`, ...prefixes));
  const bare =
    config.has('architectures') &&
    config.texts('architectures').every((a) => a.endsWith('Model') && !a.endsWith('HeadModel'));
  const decoder = new Decoder(spec, w, { head: !bare });
  return {
    inputs: {
      input_ids: { dtype: 'i32', rank: 2, below: spec.vocab },
      attention_mask: { dtype: 'bool', rank: 2, optional: true },
    },
    decoder,
    rows: {
      vocab: spec.vocab,
      hidden: spec.hidden,
      maxLength: spec.maxPositions,
      positions: (op, ids) => positionsOf(op, ids, spec.positions ? spec.maxPositions : Infinity),
      rotaries: decoder.rotaries,
      run: ({ ids, positions, offsets, frequencies }) =>
        decoder.hidden({
          ids: ids.clone(),
          positions: positions.clone(),
          frequencies,
          attend: attendRagged(offsets),
        }),
      outputs: {},
      pooling: 'last',
    },
    forward({ input_ids: ids, attention_mask: mask }) {
      const [batch, length] = ids.shape;
      const { device } = ids;
      const positions = Tensor.arange(device, length, 'i32').broadcastTo([batch, length]).reshape([-1]);
      const frequencies = new Frequencies(device, decoder.rotaries, { length });
      const hidden = decoder.hidden({
        ids: ids.reshape([-1]) as Ints,
        positions: positions,
        frequencies: frequencies.of,
        attend: attendWhole(batch, mask as Tensor<typeof device, 'bool'> | undefined),
      });
      frequencies.dispose();
      mask?.dispose();
      const [name, size] = bare ? ['last_hidden_state', spec.hidden] : ['logits', spec.vocab];
      const output = bare ? hidden : decoder.logits(hidden);
      return { [name]: output.reshape([batch, length, size]) };
    },
  };
}
