import type { Config } from '../config.js';
import type { Floats, Ints } from '../tensors.js';

/** Rotary position embedding (Su et al. 2021) with the scalings that long-context models use. */
export interface Rotary {
  /** How many leading features of a head turn. */
  readonly dims: number;
  /** Pairs lie side by side (GGUF's llama) instead of half a head apart. */
  readonly interleaved: boolean;
  /** Of cos and sin. */
  readonly factor: number;
  /** Frequencies [dims / 2] for a sequence of so many positions. */
  frequencies(length: number): Float32Array;
  /** Whether they depend on the length: then they are an input of the program. */
  readonly dynamic: boolean;
}

const types = ['default', 'linear', 'dynamic', 'yarn', 'longrope', 'llama3', 'factors'] as const;

interface RotaryOptions {
  readonly headDim: number;
  /** rope_parameters, or rope_scaling with its older field names. */
  readonly scaling: Config;
  readonly theta: number;
  readonly maxPositions: number;
  readonly partial: number;
  readonly interleaved: boolean;
}

/** Formulas as in transformers' modeling_rope_utils, by `rope_type`. */
export function rotary(options: RotaryOptions): Rotary {
  const { headDim, scaling, theta, maxPositions, partial, interleaved } = options;
  const dims = Math.floor(headDim * partial);
  const type = scaling.word('rope_type', types, scaling.word('type', types, 'default'));
  const base = powers(dims, theta);
  const fixed = (frequencies: number[], factor = 1): Rotary => {
    const array = Float32Array.from(frequencies);
    return { dims, interleaved, factor, frequencies: () => array, dynamic: false };
  };
  const original = scaling.size('original_max_position_embeddings', maxPositions);
  switch (type) {
    default:
      return fixed(base);
    case 'factors':
      return fixed(divided('factors', base, scaling));
    case 'linear':
      return fixed(base.map((f) => f / scaling.number('factor')));
    case 'llama3':
      return fixed(llama3(base, scaling, original));
    case 'yarn':
      return fixed(yarn(base, dims, theta, scaling, original), yarnFactor(scaling, maxPositions / original));
    case 'dynamic': {
      const factor = scaling.number('factor');
      // NTK-aware: the base grows with the length, beyond what the model was trained on.
      const frequencies = (length: number): Float32Array => {
        const grown = (factor * Math.max(length, original)) / original - (factor - 1);
        return Float32Array.from(powers(dims, theta * grown ** (dims / (dims - 2))));
      };
      return { dims, interleaved, factor: 1, frequencies, dynamic: true };
    }
    case 'longrope': {
      const list = (name: string): Float32Array => Float32Array.from(divided(name, base, scaling));
      const [short, long] = [list('short_factor'), list('long_factor')];
      const stretch = scaling.has('factor') ? scaling.number('factor') : maxPositions / original;
      const scale = stretch <= 1 ? 1 : Math.sqrt(1 + Math.log(stretch) / Math.log(original));
      const factor = scaling.has('attention_factor') ? scaling.number('attention_factor') : scale;
      return { dims, interleaved, factor, frequencies: (n) => (n > original ? long : short), dynamic: true };
    }
  }
}

/** theta^(-2i / dims) */
const powers = (dims: number, theta: number): number[] =>
  Array.from({ length: dims / 2 }, (_, i) => theta ** ((-2 * i) / dims));

/** Each frequency by a factor of its own, from a list of the configuration. */
function divided(name: string, base: readonly number[], scaling: Config): number[] {
  const factors = scaling.numbers(name);
  if (factors.length !== base.length)
    scaling.fail(`bad ${name}`, `${base.length} numbers`, `${factors.length}`);
  return base.map((f, i) => f / factors[i]);
}

/** Long waves are stretched, short ones kept, those between blended (Llama 3.1). */
function llama3(base: readonly number[], scaling: Config, original: number): number[] {
  const factor = scaling.number('factor');
  const [low, high] = [scaling.number('low_freq_factor'), scaling.number('high_freq_factor')];
  return base.map((f) => {
    const waves = (original * f) / (2 * Math.PI); // in the original context
    if (waves < low) return f / factor;
    if (waves > high) return f;
    const kept = (waves - low) / (high - low);
    return ((1 - kept) * f) / factor + kept * f;
  });
}

/** NTK by parts (Peng et al. 2023): a ramp over dimensions between interpolation and extrapolation. */
function yarn(
  base: readonly number[],
  dims: number,
  theta: number,
  scaling: Config,
  original: number,
): number[] {
  const factor = scaling.number('factor');
  const dimOf = (turns: number): number =>
    (dims * Math.log(original / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const ends = [dimOf(scaling.number('beta_fast', 32)), dimOf(scaling.number('beta_slow', 1))];
  const [first, last] = scaling.flag('truncate', true) ? [Math.floor(ends[0]), Math.ceil(ends[1])] : ends;
  const low = Math.max(first, 0);
  const high = Math.min(last, dims - 1);
  const width = high === low ? 0.001 : high - low;
  return base.map((f, i) => {
    const ramp = Math.min(Math.max((i - low) / width, 0), 1);
    return (f / factor) * ramp + f * (1 - ramp);
  });
}

function yarnFactor(scaling: Config, stretch: number): number {
  if (scaling.has('attention_factor')) return scaling.number('attention_factor');
  const factor = scaling.number('factor', stretch);
  const scale = (mscale: number): number => (factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1);
  if (scaling.has('mscale') && scaling.has('mscale_all_dim'))
    return scale(scaling.number('mscale')) / scale(scaling.number('mscale_all_dim'));
  return scale(1);
}

/** Turns heads [rows, heads, size] by positions [rows]. */
export function turn(
  x: Floats,
  positions: Ints,
  { dims, interleaved, factor }: Rotary,
  frequencies: Floats,
): Floats {
  return x.rope(positions.reshape([-1, 1]), { dims, interleaved, factor, frequencies });
}
