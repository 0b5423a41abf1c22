/** SentencePiece's BPE joins the two neighbours whose piece scores highest; BPE by rank needs that order written as merges. */

export interface ScoredVocabulary {
  readonly tokens: readonly string[];
  readonly scores: ArrayLike<number>;
  /** Whether a token may be the result or a part of a merge. */
  mayMerge(id: number): boolean;
}

/** Longer pieces are never merged together (of real vocabularies, the longest that are have 16 characters or so). */
const maxPiece = 256;

/**
 * Every way to cut a piece into two others, best score first. Cuts of one piece follow each other, and the library takes the
 * leftmost of equal ranks, as SentencePiece does.
 */
export function mergesOf({ tokens, scores, mayMerge }: ScoredVocabulary): [string, string][] {
  const ids = new Map<string, number>();
  tokens.forEach((token, id) => {
    if (mayMerge(id)) ids.set(token, id);
  });
  const best = [...ids].sort(([, a], [, b]) => scores[b] - scores[a] || a - b);
  return best.flatMap(([piece]) => (piece.length > maxPiece ? [] : cuts(piece, ids)));
}

function cuts(piece: string, ids: ReadonlyMap<string, number>): [string, string][] {
  const found: [string, string][] = [];
  for (let i = 1; i < piece.length; i++) {
    const left = piece.slice(0, i);
    if (!ids.has(left)) continue;
    const right = piece.slice(i);
    if (ids.has(right)) found.push([left, right]);
  }
  return found.sort(([a, b], [c, d]) => ids.get(a)! - ids.get(c)! || ids.get(b)! - ids.get(d)!);
}
