/** The labels of a classifier: id2label. */
import type { Config } from './config.js';

/** One label of an input, and how probable it is. */
export interface Classification {
  readonly label: string;
  /** A probability; what the model says, as it is, where that is one number. */
  readonly score: number;
}

/** transformers writes no labels where there are two without names. */
export function labelCount(config: Config): number {
  return config.has('id2label')
    ? Object.keys(config.part('id2label').fields).length
    : config.size('num_labels', 2);
}

/** Logits as labels, the most probable first: one of all, or, for `multi_label_classification`, each by itself. */
export function classificationsOf(config: Config): (logits: Float32Array) => Classification[] {
  const names = config.part('id2label');
  const problem = config.text('problem_type', '');
  return (logits) =>
    scoresOf(logits, problem)
      .map((score, i) => ({ label: names.text(String(i), `LABEL_${i}`), score }))
      .sort((a, b) => b.score - a.score);
}

function scoresOf(logits: Float32Array, problem: string): number[] {
  const values = Array.from(logits);
  if (problem === 'multi_label_classification') return values.map((v) => 1 / (1 + Math.exp(-v)));
  if (problem === 'regression' || values.length === 1) return values;
  const most = Math.max(...values);
  const parts = values.map((v) => Math.exp(v - most));
  const total = parts.reduce((sum, p) => sum + p, 0);
  return parts.map((p) => p / total);
}
