import { blockOf, isBlock, type DType } from '../dtype.js';
import type { Device } from '../device.js';
import { MiaError } from '../errors.js';
import { Tensor } from '../tensor/tensor.js';
import type { Checkpoint, CheckpointTensor } from './files/checkpoint.js';
import { arrayOf } from '../ir/safetensors.js';
import type { Floats, Weight } from './tensors.js';

/** What matrices may be kept as. */
export const weightFormats = ['f32', 'f16', 'bf16', 'q8_0', 'q4_0'] as const;
export type WeightFormat = (typeof weightFormats)[number];

export interface LoadProgress {
  /** The tensor that was loaded last. */
  readonly tensor: string;
  readonly loadedBytes: number;
  readonly totalBytes: number;
}

interface Param {
  readonly name: string;
  readonly stored: CheckpointTensor;
  /** What it becomes. */
  readonly dtype: DType;
  tensor: Tensor<Device, DType> | undefined;
}

/**
 * The tensors of a checkpoint on a device. Layers ask for theirs by name and shape while a model is built, `load` brings
 * all of them, and from then on each `get` is another handle on the same memory. Matrices stay as they are stored, or
 * become what `format` says; vectors are f32.
 */
export class Weights {
  readonly #params = new Map<string, Param>();
  readonly #matrices = new Map<string, DType>();

  constructor(
    readonly device: Device,
    readonly checkpoint: Checkpoint,
    readonly format?: WeightFormat,
  ) {}

  has(name: string): boolean {
    return this.checkpoint.tensors.has(name);
  }

  /** The first of the prefixes under which the checkpoint has `name`: bare models and those with a head differ in it. */
  prefix(name: string, ...prefixes: string[]): string {
    const found = prefixes.find((p) => this.has(p + name));
    if (found === undefined) this.#missing(prefixes.map((p) => p + name).join(' or '));
    return found;
  }

  /** A matrix for products or look-ups, row-major [rows, columns]. */
  matrix(name: string, rows: number, columns: number): () => Weight {
    const stored = this.#find(name, [rows, columns]);
    const wanted = this.format ?? stored.dtype;
    // Rows that are no whole blocks stay f32.
    const dtype = columns % blockOf(wanted) === 0 ? wanted : 'f32';
    this.#matrices.set(name, dtype);
    return this.#param(name, stored, dtype);
  }

  /** A vector, or anything else that arithmetic reads, as f32 of `shape`. */
  floats(name: string, ...shape: number[]): () => Floats {
    return this.#param(name, this.#find(name, shape), 'f32') as () => Floats;
  }

  /** What a tensor that is used as a matrix becomes; undefined for others. */
  matrixDType(name: string): DType | undefined {
    return this.#matrices.get(name);
  }

  /** A stored tensor on the device, in another dtype. */
  convert(stored: CheckpointTensor, dtype: DType): Tensor<Device, DType> {
    const lent = Tensor.create(this.device, stored.shape as number[], arrayOf(stored), stored.dtype);
    if (stored.dtype === dtype) return lent;
    // Blocks decode to f32 only; everything else quantises from f32.
    return (isBlock(stored.dtype) && dtype !== 'f32' ? lent.to('f32') : lent).to(dtype);
  }

  /** Whether every weight is f32. */
  get plain(): boolean {
    return [...this.#params.values()].every((p) => p.dtype === 'f32');
  }

  /** Brings what was asked for to the device; conversions run there. */
  async load(onProgress?: (progress: LoadProgress) => void): Promise<void> {
    const params = [...this.#params.values()];
    const bytes = ({ stored }: Param): number => stored.data.length;
    const totalBytes = params.reduce((sum, p) => sum + bytes(p), 0);
    let loadedBytes = 0;
    for (const param of params) {
      const { name, stored, dtype } = param;
      const tensor = this.convert(stored, dtype);
      param.tensor = stored.dtype === dtype ? tensor : await tensor.realize();
      loadedBytes += bytes(param);
      onProgress?.({ tensor: name, loadedBytes, totalBytes });
    }
  }

  /**
   * After the first run: what was packed need not stay as it was too. Pages of files go, and come back when they are read.
   * Throws ERR_FORMAT if a file was changed meanwhile.
   */
  settle(): void {
    for (const { tensor, stored, dtype } of this.#params.values()) {
      if (dtype !== stored.dtype) this.device.core.shed(tensor!.peek('loadModel').storage!);
    }
    this.checkpoint.verify();
    this.checkpoint.trim();
  }

  dispose(): void {
    for (const param of this.#params.values()) param.tensor?.dispose();
    this.#params.clear();
  }

  #param(name: string, stored: CheckpointTensor, dtype: DType): () => Weight {
    const key = `${name} ${dtype}`;
    const param = this.#params.get(key) ?? { name, stored, dtype, tensor: undefined };
    this.#params.set(key, param);
    return () => param.tensor!.clone();
  }

  #find(name: string, shape: readonly number[]): CheckpointTensor {
    const stored = this.checkpoint.tensors.get(name) ?? this.#missing(name);
    if (stored.shape.join() === shape.join()) return stored;
    throw new MiaError('ERR_FORMAT', 'loadModel', {
      message: `${this.checkpoint.path}: tensor '${name}' does not fit the configuration`,
      expected: `[${shape.join(', ')}]`,
      actual: `[${stored.shape.join(', ')}]`,
    });
  }

  #missing(name: string): never {
    throw new MiaError('ERR_FORMAT', 'loadModel', `${this.checkpoint.path}: there is no tensor '${name}'`);
  }
}
