import { headBytes, parseHeader } from '../../ir/safetensors.js';
import { asBlocks, blocksIn } from './blocks.js';
import { inFile } from './errors.js';
import type { FileBytes } from './mapped.js';
import { tensorAt, type CheckpointTensor, type Place } from './tensor.js';

export interface SafetensorsFile {
  readonly metadata: ReadonlyMap<string, string>;
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
}

/** The tensors of a safetensors file. Only its header is read; unaligned data (files of old writers) stays as it lies. */
export function readSafetensors(file: FileBytes): SafetensorsFile {
  return inFile(file.path, () => {
    const start = file.part(0, Math.min(8, file.size));
    const head = file.part(0, headBytes(start, file.size));
    const { metadata, places } = parseHeader(head, file.size);
    const own = new Map<string, Place>(places);
    for (const [name, dtype] of blocksIn(metadata)) own.set(name, asBlocks(name, dtype, own.get(name)));
    const tensors = [...own].map(([name, place]) => [name, tensorAt(file, name, place)] as const);
    return { metadata, tensors: new Map(tensors) };
  });
}
