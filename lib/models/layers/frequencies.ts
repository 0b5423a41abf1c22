import type { Device } from '../../device.js';
import type { AnyTensor } from '../../tensor/signatures.js';
import { spec, type Spec } from '../../tensor/spec.js';
import { Tensor } from '../../tensor/tensor.js';
import type { Floats } from '../tensors.js';
import type { Rotary } from './rotary.js';

/** Those whose frequencies depend on the length: an input each. */
const dynamic = (rotaries: readonly Rotary[]): Rotary[] => rotaries.filter((r) => r.dynamic);
const nameOf = (i: number): string => `frequencies.${i}`;

/** Inputs of a program with these rotary embeddings. */
export const frequencySpecs = (rotaries: readonly Rotary[]): Record<string, Spec> =>
  Object.fromEntries(dynamic(rotaries).map((r, i) => [nameOf(i), spec('f32', [r.dims / 2])]));

/** What a run over sequences of at most `length` positions gives them. */
export const frequencyInputs = (rotaries: readonly Rotary[], length: number): Record<string, Float32Array> =>
  Object.fromEntries(dynamic(rotaries).map((r, i) => [nameOf(i), r.frequencies(length)]));

/**
 * Frequencies [dims / 2] while a program is recorded. All layers get the same value, so that their angles are computed once.
 */
export class Frequencies {
  readonly #known: Map<Rotary, Floats>;

  /** `inputs`: those of the program; without them, frequencies are for `length` positions. */
  constructor(
    device: Device,
    rotaries: readonly Rotary[],
    { inputs, length = 0 }: { inputs?: Readonly<Record<string, AnyTensor>>; length?: number },
  ) {
    const varying = inputs ? dynamic(rotaries) : [];
    this.#known = new Map(
      rotaries.map((r) => {
        const i = varying.indexOf(r);
        const given = i < 0 ? undefined : (inputs![nameOf(i)] as Floats).clone();
        return [r, given ?? Tensor.create(device, [r.dims / 2], r.frequencies(length))];
      }),
    );
  }

  readonly of = (rotary: Rotary): Floats => this.#known.get(rotary)!.clone();

  dispose(): void {
    for (const tensor of this.#known.values()) tensor.dispose();
  }
}
