/**
 * Hostile checkpoints: whatever the bytes, both parsers end in tensors that lie in the file or in a MiaError, soon.
 * Longer: FUZZ_RUNS=1000000 npx vitest run tests/fuzz/checkpoint; FUZZ_SEED repeats a run.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { blockOf, bytesFor } from '../../lib/dtype.js';
import { MiaError, show } from '../../lib/errors.js';
import { writeSafetensors, type StoredTensor } from '../../lib/ir/safetensors.js';
import { isGguf, readGguf } from '../../lib/models/files/gguf-checkpoint.js';
import type { FileBytes } from '../../lib/models/files/mapped.js';
import { readSafetensors } from '../../lib/models/files/safetensors.js';
import type { CheckpointTensor } from '../../lib/models/files/tensor.js';
import {
  bytes,
  makeGguf,
  norm,
  tinyModel,
  type GgufParts,
  type GgufTensor,
} from '../unit/models/files/gguf-maker.js';
import { byteMutants, treeMutants } from './mutate.js';

const numRuns = Number(process.env.FUZZ_RUNS ?? 3000);
const seed = process.env.FUZZ_SEED === undefined ? undefined : Number(process.env.FUZZ_SEED);
const MAX_MILLISECONDS = 2000;

/** A file in memory that is strict about its bounds. */
const memoryFile = (content: Uint8Array): FileBytes => ({
  path: 'fuzzed',
  size: content.length,
  part(begin, end) {
    if (!(begin >= 0 && begin <= end && end <= content.length)) {
      throw new Error(`read of [${begin}, ${end}) in a file of ${content.length} bytes`);
    }
    return content.subarray(begin, end);
  },
  trim() {},
  verify() {},
  close() {},
});

let opened = 0;

function check(content: Uint8Array): void {
  const start = performance.now();
  const file = memoryFile(content);
  try {
    if (content.length === 0) return; // `openFile` refuses it
    const found: { tensors: ReadonlyMap<string, CheckpointTensor>; metadata: ReadonlyMap<string, unknown> } =
      isGguf(file) ? readGguf(file) : readSafetensors(file);
    opened++;
    for (const value of found.metadata.values()) show(value);
    let total = 0;
    for (const { dtype, shape, data } of found.tensors.values()) {
      const elements = shape.reduce((a, b) => a * b, 1);
      if (elements % blockOf(dtype) !== 0 || data.length !== bytesFor(dtype, elements)) {
        throw new Error(`${data.length} bytes of ${dtype} [${shape.join()}]`);
      }
      total += data.length;
    }
    expect(total).toBeLessThan(content.length);
  } catch (error) {
    const known = error instanceof MiaError && ['ERR_FORMAT', 'ERR_UNSUPPORTED'].includes(error.code);
    if (!known || error.op !== 'openCheckpoint' || !error.message.includes('fuzzed: ')) throw error;
  } finally {
    expect(performance.now() - start).toBeLessThan(MAX_MILLISECONDS);
  }
}

/** Holds `check` for all of `files`, which must neither all open nor all fail. */
function fuzz(seeds: readonly Uint8Array[], files: fc.Arbitrary<Uint8Array>, least: number): void {
  opened = 0;
  seeds.forEach(check);
  expect(opened).toBe(seeds.length);
  opened = 0;
  fc.assert(fc.property(files, check), { numRuns, seed });
  expect(opened).toBeGreaterThan(numRuns * least);
  expect(opened).toBeLessThan(numRuns);
}

const timeout = 60_000 + numRuns * 20;

/** Parts with the length of data in its place, so that changes go to what is said of it. */
type Outline = Omit<GgufParts, 'tensors'> & {
  readonly tensors?: readonly (Omit<GgufTensor, 'data'> & { readonly size: number })[];
};
const outline = ({ tensors = [], ...rest }: GgufParts): Outline => ({
  version: 3,
  numTensors: tensors.length,
  numEntries: rest.metadata?.length ?? 0,
  ...rest,
  tensors: tensors.map(({ data, ...info }, i) => ({
    ...info,
    size: data.length,
    ...(i === 0 ? { offset: 0 } : {}),
  })),
});

const pattern = bytes(9999);

function build(tree: unknown): Uint8Array {
  try {
    const { tensors = [], ...rest } = tree as Outline;
    return makeGguf({
      ...rest,
      alignment: 32, // how the file is laid out; what it says of it may differ
      tensors: tensors.map(({ size, ...info }) => ({ ...info, data: pattern.subarray(0, size) })),
    });
  } catch {
    return Buffer.from('GGUF'); // nothing that the maker can write
  }
}

/** Some tensors of every kind are enough, and quicker. */
const models = [
  tinyModel('llama', [['llama.rope.scaling.type', 'string', 'yarn']], [norm('rope_freqs.weight', 4)]),
  tinyModel('qwen3', [['scores', 'array', [1, 2.5], 'f32']], [norm('blk.1.attn_q_norm.weight', 8)]),
  tinyModel('gemma2', [['gemma2.attention.sliding_window', 'u32', 16], ['nested', 'array', [[1], []], 'array']]),
  tinyModel('phi3', [['general.alignment', 'u32', 32]], [norm('rope_factors_long.weight', 4), norm('rope_factors_short.weight', 4)]),
].map(({ tensors = [], ...rest }) => ({ ...rest, tensors: [...tensors.slice(0, 6), ...tensors.slice(-2)] })); // prettier-ignore

it(`${numRuns} GGUF files with changed bytes`, { timeout }, () => {
  const files = models.map((parts) => makeGguf(parts));
  fuzz(files, byteMutants(files), 0.1);
});

it(`${numRuns} GGUF files that say something else`, { timeout }, () => {
  const outlines = models.map(outline);
  fuzz(outlines.map(build), treeMutants(outlines).map(build), 0.02);
});

const stored = (dtype: StoredTensor['dtype'], shape: number[], length: number): StoredTensor => ({
  dtype,
  shape,
  data: bytes(length),
});
const safetensors = [
  writeSafetensors(
    [
      ['w', stored('f32', [4, 3], 48)],
      ['b', stored('bf16', [7], 14)],
      ['e', stored('i64', [2, 0], 0)],
    ],
    [['format', 'pt']],
  ),
  writeSafetensors(
    [
      ['q', stored('u8', [3, 2, 34], 204)],
      ['m', stored('bool', [5], 5)],
    ],
    [['mia.blocks', '{"q":"q8_0"}']],
  ),
];

it(`${numRuns} safetensors files with changed bytes`, { timeout }, () => {
  fuzz(safetensors, byteMutants(safetensors), 0.05);
});

it(`${numRuns} safetensors files with changed headers`, { timeout }, () => {
  const split = safetensors.map((file) => {
    const buffer = Buffer.from(file);
    const length = Number(buffer.readBigUInt64LE(0));
    const header: unknown = JSON.parse(buffer.toString('utf8', 8, 8 + length));
    return { header, body: buffer.subarray(8 + length).toString('latin1') };
  });
  const join = (tree: unknown): Uint8Array => {
    const { header, body } = tree as { header: unknown; body: unknown };
    const text = Buffer.from(JSON.stringify(header) ?? '');
    const head = Buffer.alloc(8);
    head.writeBigUInt64LE(BigInt(text.length));
    return Buffer.concat([head, text, Buffer.from(String(body), 'latin1')]);
  };
  fuzz(split.map(join), treeMutants(split).map(join), 0.02);
});
