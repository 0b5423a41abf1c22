import type { Layer } from '../tensors.js';

interface MixtureOptions {
  /** [rows, hidden] to [rows, experts]. */
  readonly router: Layer;
  readonly experts: readonly Layer[];
  /** Experts that a row is sent to. */
  readonly active: number;
  /** Whether their shares add up to 1. */
  readonly normalize: boolean;
}

/**
 * Rows go to the experts with the largest probabilities, whose results are summed by those. Every expert computes every
 * row here, and the shares of the others are zero.
 */
export function moe({ router, experts, active, normalize }: MixtureOptions): Layer {
  return (x) => {
    const probabilities = router(x.clone()).softmax(-1);
    const { values, indices } = probabilities.clone().topk(active, -1);
    indices.dispose();
    const least = values.clone().slice([null, [active - 1, active]]); // [rows, 1]
    const chosen = probabilities.clone().ge(least).where(probabilities, 0);
    const total = values.sum(-1, { keepDims: true });
    const shares = normalize ? chosen.div(total) : (total.dispose(), chosen);
    const parts = experts.map((expert, i) => expert(x.clone()).mul(shares.clone().slice([null, [i, i + 1]])));
    x.dispose();
    shares.dispose();
    return parts.reduce((sum, part) => sum.add(part));
  };
}
