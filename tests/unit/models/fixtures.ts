/** Checkpoints under tests/fixtures/models, and what transformers computed of them. */
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { arrayOf, parseSafetensors } from '../../../lib/ir/safetensors.js';
import type { TypedArray } from '../../../lib/dtype.js';

export const folderOf = (name: string): string => join(import.meta.dirname, '../../fixtures/models', name);

export interface Expected {
  readonly data: TypedArray;
  readonly shape: readonly number[];
}

export function expectedOf(name: string): Record<string, Expected> {
  const { tensors } = parseSafetensors(readFileSync(join(folderOf(name), 'expected.safetensors')));
  return Object.fromEntries([...tensors].map(([key, t]) => [key, { data: arrayOf(t), shape: t.shape }]));
}

/** The largest error over the range of what is expected. */
export function relativeError(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let [worst, min, max] = [0, Infinity, -Infinity];
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, Math.abs(actual[i] - expected[i]));
    [min, max] = [Math.min(min, expected[i]), Math.max(max, expected[i])];
  }
  return actual.length === expected.length ? worst / (max - min) : Infinity;
}

/** A case's folder with files added or changed: bytes, or fields of a JSON file. Its removal comes with it. */
export function variantOf(
  name: string,
  files: Record<string, Uint8Array | object>,
): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), 'mia-models-'));
  cpSync(folderOf(name), path, { recursive: true });
  for (const [file, content] of Object.entries(files)) {
    const full = join(path, file);
    const known = file.endsWith('.json') && existsSync(full) ? JSON.parse(readFileSync(full, 'utf8')) : {};
    mkdirSync(dirname(full), { recursive: true });
    const whole = content instanceof Uint8Array || Array.isArray(content);
    const changed = whole ? content : Object.assign(known, content);
    writeFileSync(full, changed instanceof Uint8Array ? changed : JSON.stringify(changed));
  }
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}
