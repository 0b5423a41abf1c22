import type { AnyTensor } from '../tensor/signatures.js';
import type { Decoder } from './decoder/decoder.js';
import type { RowsNetwork } from './rows/network.js';
import type { Recurrent } from './recurrent/recurrent.js';
import type { Floats } from './tensors.js';

/** A named input of `model.forward`, under Hugging Face's name. */
export interface NetworkInput {
  readonly dtype: 'i32' | 'f32' | 'bool';
  readonly rank: number;
  /** Values are less than it: ids. */
  readonly below?: number;
  /** May be left out. */
  readonly optional?: boolean;
}

/** A model's mathematics: what its programs record. */
export interface Network {
  readonly inputs: Readonly<Record<string, NetworkInput>>;
  /** Hugging Face's outputs of Hugging Face's inputs; consumes them. Left out by those that only run `rows`. */
  forward?(inputs: Readonly<Record<string, AnyTensor>>): Record<string, Floats>;
  /** For models that read token ids. */
  readonly rows?: RowsNetwork;
  /** For models that write text: one of them. */
  readonly decoder?: Decoder;
  readonly recurrent?: Recurrent;
}
