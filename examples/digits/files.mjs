import { readFile } from 'node:fs/promises';
import { readSafetensors } from './safetensors.mjs';

/** The tensors of a file of this folder. */
export async function readTensors(name) {
  const { buffer } = new Uint8Array(await readFile(new URL(name, import.meta.url))); // a copy, whose offsets count from 0
  return readSafetensors(buffer);
}
