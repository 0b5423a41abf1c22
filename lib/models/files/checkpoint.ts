/** A model as it lies on disk: tensors by Hugging Face's names, and its configuration. */
import { join } from 'node:path';
import { fileError } from './errors.js';
import { isGguf, readGguf } from './gguf-checkpoint.js';
import { readJsonFile } from './json-file.js';
import { openFile, statOf, type FileBytes } from './mapped.js';
import { readSafetensors } from './safetensors.js';
import { INDEX, readSharded } from './sharded.js';
import type { CheckpointTensor } from './tensor.js';

export type { CheckpointTensor } from './tensor.js';

export interface Checkpoint {
  readonly path: string;
  readonly format: 'safetensors' | 'gguf';
  /** By Hugging Face names. */
  readonly tensors: ReadonlyMap<string, CheckpointTensor>;
  /** config.json as read, which nobody has checked, or made of GGUF's metadata; empty for a lone .safetensors file. */
  readonly config: Readonly<Record<string, unknown>>;
  /** GGUF's own metadata, tokenizer included, by its keys; what a .safetensors file says of itself. */
  readonly metadata: ReadonlyMap<string, unknown>;
  /** Bytes of all files. */
  readonly bytes: number;
  /** Lets resident pages go (they come back from the page cache when read): for after weights were packed. */
  trim(): void;
  /** Throws ERR_FORMAT if a file has changed since it was opened: for after its tensors were read. */
  verify(): void;
  /** Tensors that were read stay readable; others are not any more. */
  close(): void;
}

type Contents = Pick<Checkpoint, 'format' | 'tensors' | 'config' | 'metadata'>;

/**
 * Opens a folder with config.json and model.safetensors (or its shards), a .safetensors or a .gguf file. Only headers are
 * read. Throws ERR_FORMAT, or ERR_UNSUPPORTED for tensors of a type that Mia lacks, naming file and tensor.
 */
export async function openCheckpoint(path: string): Promise<Checkpoint> {
  const files: FileBytes[] = [];
  const each = (act: (file: FileBytes) => void) => (): void => files.forEach(act);
  const close = each((file) => file.close());
  const open = (path: string): FileBytes => {
    const file = openFile(path);
    files.push(file);
    return file;
  };
  try {
    return {
      path,
      ...(statOf(path)?.isDirectory() ? readFolder(path, open) : readFile(open(path))),
      bytes: files.reduce((sum, { size }) => sum + size, 0),
      trim: each((file) => file.trim()),
      verify: each((file) => file.verify()),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}

function readFolder(folder: string, open: (path: string) => FileBytes): Contents {
  const config = readJsonFile(join(folder, 'config.json'));
  const single = join(folder, 'model.safetensors');
  if (statOf(single)) return { format: 'safetensors', config, ...readSafetensors(open(single)) };
  if (statOf(join(folder, INDEX))) {
    return { format: 'safetensors', config, tensors: readSharded(folder, open), metadata: new Map() };
  }
  throw fileError(folder, { message: 'no weights', expected: `model.safetensors or ${INDEX}` });
}

function readFile(file: FileBytes): Contents {
  if (isGguf(file)) return { format: 'gguf', ...readGguf(file) };
  return { format: 'safetensors', config: {}, ...readSafetensors(file) };
}
