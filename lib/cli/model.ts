/** Models as commands load them. */
import { fileURLToPath } from 'node:url';
import { Cpu } from '../cpu/device.js';
import { resolveModel } from '../models/files/hub.js';
import { loadModel } from '../models/load.js';
import type { Model } from '../models/model.js';
import { weightFormats } from '../models/weights.js';
import type { Call } from './command.js';

/** The language model that ships with the package. */
export const defaultModel = fileURLToPath(new URL('../../models/stories', import.meta.url));

export async function openDevice(call: Call): Promise<Cpu> {
  const [threads, isa] = [call.number('threads'), call.text('isa')];
  return Cpu.create({ ...(threads !== undefined && { threads }), ...(isa !== undefined && { isa }) });
}

/** The path of a model: itself, or where the hub's model of this name lies once it is there. */
export async function fetchModel(call: Call, name: string): Promise<string> {
  const progress = call.output.progress(`fetching ${name}`);
  return resolveModel(name, {
    onProgress: ({ loadedBytes, totalBytes }) => progress.update(loadedBytes, totalBytes),
  }).finally(() => progress.end());
}

/** Runs `use` with a model on a device of its own, and frees both whatever happens. */
export async function withModel(
  call: Call,
  path: string,
  use: (model: Model) => Promise<void>,
): Promise<void> {
  await using device = await openDevice(call);
  const folder = await fetchModel(call, path);
  const progress = call.output.progress(`loading ${path}`);
  const weights = call.word('weights', weightFormats);
  const contextLength = call.number('context');
  await using model = await loadModel(folder, {
    device,
    ...(weights && { weights }),
    ...(contextLength !== undefined && { contextLength }),
    onProgress: ({ loadedBytes, totalBytes }) => progress.update(loadedBytes, totalBytes),
  }).finally(() => progress.end());
  await use(model);
}
