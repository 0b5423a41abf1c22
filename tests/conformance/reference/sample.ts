/** Drawing ids, in double: sorts, and takes sums one after another. */
import { build, type Ref } from './array.js';

/** What infinity counts as: the largest f32. */
const MOST = (2 - 2 ** -23) * 2 ** 127;

interface Settings {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly repetitionPenalty: number;
}

/** The probability of every id of one row; what is left out has 0. */
export function probabilities(
  logits: readonly number[],
  seen: readonly boolean[],
  { temperature, topK, topP, minP, repetitionPenalty: penalty }: Settings,
): number[] {
  const penalised = logits.map((l, i) => {
    const p = seen[i] ? (l > 0 ? l / penalty : l * penalty) : l;
    return Number.isNaN(p) ? -Infinity : Math.min(p, MOST);
  });
  const highest = Math.max(...penalised);
  if (temperature === 0 || highest === -Infinity) {
    const first = penalised.indexOf(highest);
    return logits.map((_, i) => (i === first ? 1 : 0));
  }
  const sorted = penalised.toSorted((a, b) => b - a);
  const least = topK > 0 ? sorted[Math.min(topK, sorted.length) - 1] : -Infinity;
  const weights = penalised.map((l) => (l >= least ? Math.exp((l - highest) / temperature) : 0));
  const sum = weights.reduce((a, b) => a + b);
  let before = 0;
  const order = weights.map((_, i) => i).sort((i, j) => weights[j] - weights[i] || i - j);
  const kept = weights.map(() => 0);
  for (const [rank, i] of order.entries()) {
    if (rank > 0 && topP < 1 && before >= topP * sum) break;
    if (weights[i] >= minP) kept[i] = weights[i];
    before += weights[i];
  }
  const left = kept.reduce((a, b) => a + b);
  return kept.map((w) => w / left);
}

/** logits [..., V], seen [..., V], settings [..., 6] -> ids [...]. */
export function sample(logits: Ref, seen: Ref, settings: Ref): Ref {
  const rows = logits.shape.slice(0, -1);
  const size = logits.shape.at(-1)!;
  let row = 0;
  return build('i32', rows, () => {
    const of = (x: Ref, n: number): number[] => x.data.slice(row * n, (row + 1) * n).map(Number);
    const [temperature, topK, topP, minP, repetitionPenalty, uniform] = of(settings, 6);
    const p = probabilities(
      of(logits, size),
      of(seen, size).map((v) => v !== 0),
      { temperature, topK, topP, minP, repetitionPenalty },
    );
    row++;
    let sum = 0;
    const at = p.findIndex((v) => (sum += v) > uniform);
    return BigInt(at < 0 ? p.findLastIndex((v) => v > 0) : at);
  });
}
