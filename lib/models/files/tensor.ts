import { constants } from 'node:buffer';
import type { DType } from '../../dtype.js';
import { show } from '../../errors.js';
import { unsupported } from './errors.js';
import type { FileBytes } from './mapped.js';

/** A tensor of a checkpoint. Make its array by `arrayOf` (lib/ir/safetensors.ts), which copies what is not aligned. */
export interface CheckpointTensor {
  readonly dtype: DType;
  /** Row-major, in elements; Hugging Face's order: [out, in] for a linear layer. */
  readonly shape: readonly number[];
  /** The bytes as they lie in the file, without a copy where it is mapped. Nobody writes to them. */
  readonly data: Uint8Array;
}

/** Where a tensor lies in a file: bytes [begin, end). */
export interface Place {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** Bytes are fetched when they are first asked for, and shared while anybody has them. */
class FileTensor implements CheckpointTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly #file: FileBytes;
  readonly #place: Place;
  #data: WeakRef<Uint8Array> | undefined;

  constructor(file: FileBytes, place: Place) {
    this.dtype = place.dtype;
    this.shape = place.shape;
    this.#file = file;
    this.#place = place;
  }

  get data(): Uint8Array {
    const known = this.#data?.deref();
    if (known) return known;
    const data = this.#file.part(this.#place.begin, this.#place.end);
    this.#data = new WeakRef(data);
    return data;
  }
}

/** An array over a mapping may have to start up to a cache line before the tensor. */
const MOST_BYTES = constants.MAX_LENGTH - 64;

/** The tensor of this name at a place of the file. Throws ERR_UNSUPPORTED if it is too large for this Node. */
export function tensorAt(file: FileBytes, name: string, place: Place): CheckpointTensor {
  const bytes = place.end - place.begin;
  if (bytes > MOST_BYTES) {
    const message = `tensor ${show(name)} has ${bytes} bytes, more than an array of Node ${process.version} holds`;
    throw unsupported(file.path, message, `at most ${MOST_BYTES}`);
  }
  return new FileTensor(file, place);
}
