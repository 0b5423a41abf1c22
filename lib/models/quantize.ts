import { cpSync, existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import type { Device } from '../device.js';
import type { DType } from '../dtype.js';
import { MiaError } from '../errors.js';
import { buildNetwork } from './architectures/index.js';
import { Config } from './config.js';
import { openCheckpoint, type Checkpoint } from './files/checkpoint.js';
import { CheckpointWriter } from './files/writer.js';
import { Weights, type LoadProgress, type WeightFormat } from './weights.js';

export interface QuantizeResult {
  readonly path: string;
  /** Tensors that were converted, and all. */
  readonly converted: number;
  readonly tensors: number;
  readonly bytes: number;
}

/** Small files of a model folder that go along: configuration, tokenizer, pooling. */
const kept = new Set(['.json', '.txt', '.model', '.jinja', '.md']);
const INDEX = 'model.safetensors.index.json';

/**
 * Writes a model with its matrices in another format as a new folder: config.json, model.safetensors and the small files
 * beside them. One tensor is in memory at a time. Throws ERR_FORMAT for a folder that is there already.
 */
export async function quantizeModel(
  device: Device,
  path: string,
  format: WeightFormat,
  out: string,
  onProgress?: (progress: LoadProgress) => void,
): Promise<QuantizeResult> {
  if (existsSync(out)) throw new MiaError('ERR_FORMAT', 'quantize', `${out} is there already`);
  const checkpoint = await openCheckpoint(path);
  const weights = new Weights(device, checkpoint, format);
  try {
    buildNetwork(new Config(`${path}: config`, checkpoint.config), weights); // it says which tensors are matrices
    mkdirSync(out, { recursive: true });
    copySmallFiles(path, out);
    writeFileSync(join(out, 'config.json'), `${JSON.stringify(checkpoint.config, null, 2)}\n`);
    return await writeTensors(checkpoint, weights, join(out, 'model.safetensors'), onProgress);
  } catch (error) {
    rmSync(out, { recursive: true, force: true }); // it was not there before
    throw error;
  } finally {
    weights.dispose();
    checkpoint.close();
  }
}

async function writeTensors(
  checkpoint: Checkpoint,
  weights: Weights,
  path: string,
  onProgress?: (progress: LoadProgress) => void,
): Promise<QuantizeResult> {
  const dtypeOf = (name: string): DType => weights.matrixDType(name) ?? checkpoint.tensors.get(name)!.dtype;
  const entries = [...checkpoint.tensors].map(
    ([name, { shape }]) => [name, { dtype: dtypeOf(name), shape }] as const,
  );
  const totalBytes = checkpoint.bytes;
  let [loadedBytes, converted] = [0, 0];
  await using file = await CheckpointWriter.create(path, entries, [['format', 'pt']]);
  for (const [name, { dtype }] of entries) {
    const stored = checkpoint.tensors.get(name)!;
    const { data } = stored;
    if (dtype === stored.dtype) await file.write(name, data);
    else {
      converted++;
      const array = await weights.convert(stored, dtype).back();
      await file.write(name, new Uint8Array(array.buffer, array.byteOffset, array.byteLength));
    }
    loadedBytes += data.length;
    onProgress?.({ tensor: name, loadedBytes, totalBytes });
  }
  await file.finish();
  return { path, converted, tensors: entries.length, bytes: statSync(path).size };
}

function copySmallFiles(from: string, to: string): void {
  if (!statSync(from).isDirectory()) return;
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const small = entry.isFile() ? kept.has(extname(entry.name)) : /^\d+_\w+$/.test(entry.name);
    if (small && entry.name !== INDEX)
      cpSync(join(from, entry.name), join(to, entry.name), { recursive: true });
  }
}
