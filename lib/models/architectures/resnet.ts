import type { Config } from '../config.js';
import { badInput } from '../inputs.js';
import { labelCount } from '../labels.js';
import { activation } from '../layers/activation.js';
import { convolution } from '../layers/convolution.js';
import { linear } from '../layers/linear.js';
import type { Network } from '../network.js';
import type { Floats, Layer } from '../tensors.js';
import type { Weights } from '../weights.js';

/** ResNet (He et al. 2015) in its v1.5: the stride of a bottleneck lies at its 3x3. */
export function resnet(config: Config, w: Weights): Network {
  const root = w.prefix('embedder.embedder.convolution.weight', 'resnet.', '');
  const [channels, first] = [config.size('num_channels', 3), config.size('embedding_size', 64)];
  const widths = config.numbers('hidden_sizes');
  const depths = config.numbers('depths');
  const whole = [...widths, ...depths].every((n) => Number.isSafeInteger(n) && n > 0);
  if (!whole || widths.length === 0 || depths.length !== widths.length)
    config.fail(
      'bad stages',
      'hidden_sizes and depths, integers > 0',
      `${widths.join()} and ${depths.join()}`,
    );
  const act = activation(config.text('hidden_act', 'relu'));
  const stem = convolution(w, `${root}embedder.embedder`, channels, first, { size: 7, stride: 2 });
  const blocks: Layer[] = widths.flatMap((width, stage) =>
    Array.from({ length: depths[stage] }, (_, layer) => {
      const name = `${root}encoder.stages.${stage}.layers.${layer}.`;
      const halves = layer === 0 && (stage > 0 || config.flag('downsample_in_first_stage', false));
      const inner = layer > 0 ? width : stage > 0 ? widths[stage - 1] : first;
      return block(config, w, name, inner, width, halves ? 2 : 1);
    }),
  );
  const width = widths[widths.length - 1];
  const classifier = w.has('classifier.1.weight')
    ? linear(w, 'classifier.1', width, labelCount(config))
    : undefined;
  return {
    inputs: { pixel_values: { dtype: 'f32', rank: 4 } },
    forward({ pixel_values: pixels }): Record<string, Floats> {
      if (pixels.shape[1] !== channels)
        throw badInput('pixel_values do not fit', `[images, ${channels}, height, width]`, `[${pixels.shape.join(', ')}]`); // prettier-ignore
      const start = act(stem(pixels as Floats)).maxPool2d(3, { stride: 2, padding: 1 });
      const x = blocks.reduce((image, layer) => layer(image), start as Floats);
      const pooled = x.clone().mean([2, 3], { keepDims: true });
      if (!classifier) return { last_hidden_state: x, pooler_output: pooled };
      x.dispose();
      return { logits: classifier(pooled.reshape([-1, width])) };
    },
  };
}

/** Convolutions with a way around them: two 3x3, or a 3x3 between two 1x1 of which the first narrows. */
function block(
  config: Config,
  w: Weights,
  name: string,
  inner: number,
  outer: number,
  stride: number,
): Layer {
  const act = activation(config.text('hidden_act', 'relu'));
  const conv = (i: number, from: number, to: number, size: number, stride = 1): Layer =>
    convolution(w, `${name}layer.${i}`, from, to, { size, stride });
  const narrow = Math.floor(outer / 4);
  const early = config.flag('downsample_in_bottleneck', false);
  const layers =
    config.word('layer_type', ['basic', 'bottleneck'], 'bottleneck') === 'basic'
      ? [conv(0, inner, outer, 3, stride), conv(1, outer, outer, 3)]
      : [
          conv(0, inner, narrow, 1, early ? stride : 1),
          conv(1, narrow, narrow, 3, early ? 1 : stride),
          conv(2, narrow, outer, 1),
        ];
  const around =
    inner !== outer || stride !== 1
      ? convolution(w, `${name}shortcut`, inner, outer, { size: 1, stride })
      : (x: Floats) => x;
  return (x) => {
    const changed = layers.reduce((image, layer, i) => layer(i ? act(image) : image), x.clone());
    return act(changed.add(around(x)));
  };
}
