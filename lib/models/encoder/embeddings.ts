import type { Floats, Ints } from '../tensors.js';
import type { Weights } from '../weights.js';
import type { TextEncoderSpec } from './spec.js';

/** What is known of each row: i32 [rows]. */
interface EmbeddedRows {
  readonly ids: Ints;
  readonly positions: Ints;
  readonly types?: Ints;
}

/** The norm of the sum of rows of tables: [rows, hidden]. */
export function textEmbeddings(spec: TextEncoderSpec, w: Weights): (rows: EmbeddedRows) => Floats {
  const { hidden, embeddings: names } = spec;
  const table = (name: string, rows: number): ((ids: Ints) => Floats) => {
    const weight = w.matrix(`${name}.weight`, rows, hidden);
    return (ids) => {
      const picked = weight().embedding(ids.clone());
      return (picked.dtype === 'f32' ? picked : picked.to('f32')) as Floats;
    };
  };
  const words = table(names.words, spec.vocab);
  const positions = names.positions === undefined ? undefined : table(names.positions, spec.maxPositions);
  const types = names.types === undefined ? undefined : table(names.types, spec.types!);
  const norm = spec.norm(w, names.norm, hidden);
  return (rows) => {
    let x = words(rows.ids);
    if (positions) x = x.add(positions(rows.positions));
    if (types) x = x.add(types(rows.types!));
    return norm(x);
  };
}
