import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, it } from 'vitest';
import { writeSafetensors, type StoredTensor } from '../../../../lib/ir/safetensors.js';
import { CheckpointWriter } from '../../../../lib/models/files/writer.js';
import { bytes } from './gguf-maker.js';
import { tempPath } from './temp.js';

const tensors: [string, StoredTensor][] = [
  ['a', { dtype: 'f32', shape: [3, 2], data: bytes(24) }],
  ['b', { dtype: 'u8', shape: [5], data: bytes(5, 9) }],
  ['empty', { dtype: 'f16', shape: [0, 4], data: new Uint8Array() }],
];

it('writes the same bytes as the writer in memory, whatever the order', async () => {
  const path = tempPath('x.safetensors');
  await using file = await CheckpointWriter.create(path, tensors, [['k', 'v']]);
  await file.write('b', tensors[1][1].data.subarray(0, 2));
  await file.write('a', tensors[0][1].data);
  await file.write('b', tensors[1][1].data.subarray(2));
  expect(existsSync(path)).toBe(false); // it appears when it is whole
  await file.finish();
  expect(new Uint8Array(readFileSync(path))).toEqual(writeSafetensors(tensors, [['k', 'v']]));
});

it('leaves nothing of a file that is not finished', async () => {
  const path = tempPath('y.safetensors');
  {
    await using file = await CheckpointWriter.create(path, tensors);
    await file.write('a', bytes(24));
    await expect(file.finish()).rejects.toMatchObject({ code: 'ERR_FORMAT', op: 'writeCheckpoint' });
    await expect(file.finish()).rejects.toThrow("tensor 'b' is not complete");
  }
  expect(readdirSync(dirname(path)).filter((name) => name.includes('y.safetensors'))).toEqual([]);
});

it('refuses bytes that do not belong, and places that cannot be written', async () => {
  const path = tempPath('z.safetensors');
  await using file = await CheckpointWriter.create(path, tensors);
  await expect(file.write('z', bytes(1))).rejects.toThrow("tensor 'z' was not announced");
  await file.write('b', bytes(5));
  await expect(file.write('b', bytes(1))).rejects.toThrow("tensor 'b': too many bytes");
  await expect(CheckpointWriter.create('/nowhere/x', tensors)).rejects.toThrow('cannot be written: ENOENT');
  const cut = CheckpointWriter.create(path, [['q', { dtype: 'q8_0', shape: [33] }]]);
  await expect(cut).rejects.toMatchObject({ code: 'ERR_FORMAT' });
});
