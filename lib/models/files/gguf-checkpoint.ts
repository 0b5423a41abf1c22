import { show } from '../../errors.js';
import { arrayOf } from '../../ir/safetensors.js';
import { inFile, unsupported } from './errors.js';
import { configOf, ggufArchitecture } from './gguf-config.js';
import { huggingFaceName } from './gguf-names.js';
import { Truncated } from './gguf-reader.js';
import { isGgufStart, parseGguf, type Gguf } from './gguf.js';
import type { FileBytes } from './mapped.js';
import { tensorAt, type CheckpointTensor } from './tensor.js';

/** How much of a file is looked at: first what is enough for most, at last more than any model has before its data. */
const FIRST_BYTES = 2 ** 24;
const MOST_BYTES = 2 ** 30;

/** Tensors that only say how to scale rotary frequencies: they become part of the configuration. */
const scaling = new Set(['rope_freqs.weight', 'rope_factors_long.weight', 'rope_factors_short.weight']);

export const isGguf = (file: FileBytes): boolean => isGgufStart(file.part(0, Math.min(4, file.size)));

/** A GGUF file in Hugging Face's words. */
export function readGguf(file: FileBytes): {
  tensors: ReadonlyMap<string, CheckpointTensor>;
  config: Record<string, unknown>;
  metadata: ReadonlyMap<string, unknown>;
} {
  return inFile(file.path, () => {
    const { metadata, tensors: places } = parseStart(file);
    const architecture = ggufArchitecture(metadata);
    const own = new Map([...places].map(([name, place]) => [name, tensorAt(file, name, place)]));
    const numbers = (name: string): number[] | undefined => {
      const tensor = own.get(name);
      if (!tensor) return undefined;
      if (tensor.dtype === 'f32') return Array.from(arrayOf(tensor), Number);
      throw unsupported(file.path, `tensor ${show(name)} is of type ${tensor.dtype}`, 'f32');
    };
    const config = configOf(metadata, { shape: (name) => own.get(name)?.shape, numbers });
    const tensors = new Map<string, CheckpointTensor>();
    for (const [name, tensor] of own) {
      if (scaling.has(name)) continue;
      const known = huggingFaceName(architecture, name);
      if (known === undefined)
        throw unsupported(file.path, `tensor ${show(name)} has no place in ${architecture}`);
      tensors.set(known, tensor);
    }
    return { tensors, config, metadata };
  });
}

function parseStart(file: FileBytes, bytes = FIRST_BYTES): Gguf {
  try {
    return parseGguf(file.part(0, Math.min(bytes, file.size)), file.size);
  } catch (error) {
    if (!(error instanceof Truncated) || bytes >= Math.min(file.size, MOST_BYTES)) throw error;
    return parseStart(file, bytes * 8);
  }
}
