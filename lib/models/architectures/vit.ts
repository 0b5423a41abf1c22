import type { Config } from '../config.js';
import { attendWhole } from '../decoder/attend.js';
import { Encoder } from '../encoder/encoder.js';
import { plainLayers, sizesOf } from '../encoder/common.js';
import { badInput } from '../inputs.js';
import { labelCount } from '../labels.js';
import { activation } from '../layers/activation.js';
import { linear } from '../layers/linear.js';
import type { Network } from '../network.js';
import type { Floats } from '../tensors.js';
import type { Weights } from '../weights.js';

/** ViT (Dosovitskiy et al. 2021): an encoder over patches of an image, and one token for all of it. */
export function vit(config: Config, w: Weights): Network {
  const root = w.prefix('embeddings.cls_token', 'vit.', '');
  const sizes = sizesOf(config);
  const { hidden } = sizes;
  const [side, patch] = [config.size('image_size', 224), config.size('patch_size', 16)];
  const channels = config.size('num_channels', 3);
  const patches = Math.floor(side / patch) ** 2;
  const encoder = new Encoder(
    {
      ...plainLayers(config, sizes, {
        layer: (i) => `${root}encoder.layer.${i}.`,
        projections: ['attention.attention.query', 'attention.attention.key', 'attention.attention.value'],
        out: 'attention.output.dense',
        attentionNorm: 'layernorm_before',
        up: 'intermediate.dense',
        down: 'output.dense',
        mlpNorm: 'layernorm_after',
        norm: `${root}layernorm`,
      }),
      preNorm: true,
    },
    w,
  );
  const token = w.floats(`${root}embeddings.cls_token`, 1, 1, hidden);
  const positions = w.floats(`${root}embeddings.position_embeddings`, 1, patches + 1, hidden);
  const projection = `${root}embeddings.patch_embeddings.projection`;
  const filters = w.floats(`${projection}.weight`, hidden, channels, patch, patch);
  const bias = w.floats(`${projection}.bias`, hidden);
  const outputs = outputsOf(config, w, root, hidden);
  return {
    inputs: { pixel_values: { dtype: 'f32', rank: 4 } },
    forward({ pixel_values: pixels }) {
      const [batch, ...rest] = pixels.shape;
      if (rest.join() !== [channels, side, side].join())
        throw badInput('pixel_values do not fit', `[images, ${channels}, ${side}, ${side}]`, `[${pixels.shape.join(', ')}]`); // prettier-ignore
      const images = (pixels as Floats).conv2d(filters(), { bias: bias(), stride: patch });
      const rows = images.reshape([batch, hidden, patches]).permute([0, 2, 1]);
      const x = token().broadcastTo([batch, 1, hidden]).concat([rows], 1).add(positions());
      const y = encoder.run(x.reshape([-1, hidden]), { attend: attendWhole(batch) });
      return outputs(y.reshape([batch, patches + 1, hidden]));
    },
  };
}

/** Of hidden states [batch, patches + 1, hidden]. */
function outputsOf(
  config: Config,
  w: Weights,
  root: string,
  hidden: number,
): (x: Floats) => Record<string, Floats> {
  const first = (x: Floats): Floats => x.slice([null, 0]);
  if (w.has('classifier.weight')) {
    const classifier = linear(w, 'classifier', hidden, labelCount(config));
    return (x) => ({ logits: classifier(first(x)) });
  }
  if (!w.has(`${root}pooler.dense.weight`)) return (x) => ({ last_hidden_state: x });
  const dense = linear(w, `${root}pooler.dense`, hidden, config.size('pooler_output_size', hidden));
  const act = activation(config.text('pooler_act', 'tanh'));
  return (x) => ({ last_hidden_state: x.clone(), pooler_output: act(dense(first(x))) });
}
