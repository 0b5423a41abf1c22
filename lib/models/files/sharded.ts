/** model.safetensors.index.json: which file of a folder has which tensor. */
import { join } from 'node:path';
import { show } from '../../errors.js';
import { isPlainObject } from '../../ir/json.js';
import { fileError } from './errors.js';
import { readJsonFile } from './json-file.js';
import type { FileBytes } from './mapped.js';
import { readSafetensors } from './safetensors.js';
import type { CheckpointTensor } from './tensor.js';

export const INDEX = 'model.safetensors.index.json';

/** The tensors of all shards. Each lies in the one file that the index says. Throws ERR_FORMAT. */
export function readSharded(
  folder: string,
  open: (path: string) => FileBytes,
): ReadonlyMap<string, CheckpointTensor> {
  const path = join(folder, INDEX);
  const shardOf = weightMap(path, readJsonFile(path));
  const tensors = new Map<string, CheckpointTensor>();
  for (const shard of new Set(shardOf.values())) {
    const file = open(join(folder, shard));
    for (const [name, tensor] of readSafetensors(file).tensors) {
      const home = shardOf.get(name);
      if (home !== shard) {
        const expected = home === undefined ? `a tensor that ${INDEX} names` : `it in ${show(home)} only`;
        throw fileError(file.path, { message: `tensor ${show(name)} is out of place`, expected });
      }
      tensors.set(name, tensor);
    }
  }
  for (const [name, shard] of shardOf) {
    if (!tensors.has(name))
      throw fileError(join(folder, shard), `tensor ${show(name)} of ${INDEX} is missing`);
  }
  return tensors;
}

/** The files that the index of a folder names. Throws ERR_FORMAT. */
export function shardNames(folder: string): string[] {
  const path = join(folder, INDEX);
  return [...new Set(weightMap(path, readJsonFile(path)).values())];
}

function weightMap(path: string, index: Record<string, unknown>): Map<string, string> {
  const { weight_map: map } = index;
  if (!isPlainObject(map)) {
    throw fileError(path, { message: 'bad weight_map', expected: 'an object', actual: show(map) });
  }
  return new Map(
    Object.entries(map).map(([name, shard]) => {
      if (typeof shard === 'string' && isShardName(shard)) return [name, shard];
      throw fileError(path, {
        message: `tensor ${show(name)}: bad shard`,
        expected: 'the name of a .safetensors file in the same folder',
        actual: show(shard),
      });
    }),
  );
}

/** No path: a name that leaves the folder would read files that the model's author chose. */
const isShardName = (name: string): boolean => /^[^/\\\0]+\.safetensors$/.test(name);
