import type { Device, PlanSummary } from '../../device.js';
import type { NamedArray, NamedResult, Shapes } from '../forward.js';
import { badInput, checkInputs } from '../inputs.js';
import type { NetworkInput } from '../network.js';
import type { RowsNetwork } from './network.js';
import { RowsProgram, type Sequence } from './program.js';

/** Tokens of a row of the batch that the mask lets through, and their columns. */
interface Kept extends Sequence {
  readonly columns: Int32Array;
}

/** `model.forward` of a network over rows: what the mask leaves out is not computed, and zero in results. */
export class RowsForward {
  readonly #program: RowsProgram;

  constructor(
    device: Device,
    readonly network: RowsNetwork,
    readonly inputs: Readonly<Record<string, NetworkInput>>,
  ) {
    this.#program = new RowsProgram(device, network, network.outputs);
  }

  async run(inputs: Readonly<Record<string, NamedArray>>): Promise<Record<string, NamedResult>> {
    const given = checkInputs(this.inputs, inputs);
    const [batch, length] = given.input_ids.shape;
    const other = Object.entries(given).find(([, { shape }]) => shape.join() !== `${batch},${length}`);
    if (other)
      throw badInput(`input '${other[0]}' has another shape than input_ids`, `[${batch}, ${length}]`, `[${other[1].shape.join(', ')}]`); // prettier-ignore
    const all = Array.from({ length: batch }, (_, row) => this.#keep(given, row * length, length));
    const kept = all.filter(({ ids }) => ids.length > 0);
    const results = kept.length ? await this.#program.run(kept) : {};
    return Object.fromEntries(
      Object.entries(this.network.outputs).map(([name, { per, size }]) => {
        const shape = per === 'row' ? [batch, length, size] : [batch, size];
        const full =
          kept.length === batch && (per === 'sequence' || kept.every((k) => k.ids.length === length));
        const data = full ? results[name] : spread(results[name], all, per === 'row' ? length : 0, size);
        return [name, { data, shape, dtype: 'f32' }];
      }),
    );
  }

  explain({ input_ids: shape = [1, 16] }: Shapes): Promise<PlanSummary> {
    return this.#program.explain(shape.reduce((a, b) => a * b, 1));
  }

  dispose(): Promise<void> {
    return this.#program.dispose();
  }

  #keep(given: Readonly<Record<string, NamedArray>>, at: number, length: number): Kept {
    const rowOf = (name: string): Int32Array | undefined =>
      given[name]?.data.subarray(at, at + length) as Int32Array | undefined;
    const ids = rowOf('input_ids')!;
    const mask = rowOf('attention_mask');
    const columns = Int32Array.from(ids.keys()).filter((i) => !mask || mask[i] === 1);
    const pick = (values: Int32Array): Int32Array => columns.map((i) => values[i]);
    const types = rowOf('token_type_ids');
    return {
      columns,
      ids: pick(ids),
      positions: pick(this.network.positions('forward', ids)),
      types: types && pick(types),
    };
  }
}

/** Results to where they belong in a batch of `length` rows each, or, with 0, of one. */
function spread(
  results: Float32Array | undefined,
  all: readonly Kept[],
  length: number,
  size: number,
): Float32Array {
  const data = new Float32Array(all.length * (length || 1) * size);
  let from = 0;
  const put = (row: number): void => data.set(results!.subarray(from, (from += size)), row * size);
  all.forEach(({ columns }, i) => {
    if (length) columns.forEach((column) => put(i * length + column));
    else if (columns.length) put(i);
  });
  return data;
}
