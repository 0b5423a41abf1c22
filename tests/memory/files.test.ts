/** Mapped files leave nothing behind, and V8 does not take them for memory. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PerformanceObserver, type PerformanceEntry } from 'node:perf_hooks';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Cpu, Tensor } from '../../lib/index.js';
import { arrayOf, planSafetensors, writeSafetensors } from '../../lib/ir/safetensors.js';
import { openCheckpoint } from '../../lib/models/files/checkpoint.js';

const MIB = 2 ** 20;
let folder: string;
let path: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mia-files-'));
  path = join(folder, 'weights.safetensors');
  const tensor = (n: number) => ({ dtype: 'f32' as const, shape: [n], data: new Uint8Array(4 * n).fill(1) });
  writeFileSync(
    path,
    writeSafetensors([
      ['large', tensor(64 * MIB)],
      ['small', tensor(10)],
    ]),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Mappings of the file, as Linux lists them; elsewhere none are seen, and the tests hold what else they can. */
function mappings(): number {
  try {
    return readFileSync('/proc/self/maps', 'utf8').split('\n').filter((line) => line.endsWith(path)).length;
  } catch {
    return 0;
  }
} // prettier-ignore
const descriptors = (): number => readdirSync('/dev/fd').length;

async function collect(done: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !done(); i++) {
    globalThis.gc!();
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** In a function of its own, so that no register of a loop holds what it read. */
async function openReadClose(at: number): Promise<void> {
  const checkpoint = await openCheckpoint(path);
  const { data } = checkpoint.tensors.get('large')!;
  expect(data[at]).toBe(1);
  checkpoint.close();
  expect(data[at + 1]).toBe(1); // still there
}

test('a thousand times opened, read and closed', async () => {
  const before = { descriptors: descriptors(), rss: process.memoryUsage.rss() };
  for (let i = 0; i < 1000; i++) {
    await openReadClose(i * 4096);
    if (i % 100 === 0) await collect(() => mappings() === 0);
  }
  await collect(() => mappings() === 0);
  expect(mappings()).toBe(0);
  expect(descriptors()).toBe(before.descriptors);
  expect(process.memoryUsage.rss() - before.rss).toBeLessThan(64 * MIB);
});

test('files that nobody closed', async () => {
  const before = descriptors();
  const open = async (): Promise<void> => void (await openCheckpoint(path)).tensors.get('large')!.data[0];
  for (let i = 0; i < 50; i++) await open();
  await collect(() => mappings() === 0);
  expect(mappings()).toBe(0);
  expect(descriptors()).toBe(before);
});

describe('256 MiB of a file', () => {
  test('are resident once read, and let go by trim()', async () => {
    const checkpoint = await openCheckpoint(path);
    const { data } = checkpoint.tensors.get('large')!;
    const before = process.memoryUsage.rss();
    let sum = 0;
    for (let i = 0; i < data.length; i += 4096) sum += data[i];
    expect(sum).toBe(data.length / 4096);
    expect(process.memoryUsage.rss() - before).toBeGreaterThan(200 * MIB);
    checkpoint.trim();
    expect(process.memoryUsage.rss() - before).toBeLessThan(32 * MIB);
    expect(data[data.length - 1]).toBe(1);
    checkpoint.close();
  });
});

test('the tensors of a large file make no garbage collector run for each', async () => {
  const { path, tensors } = sparseModel(2000, MIB);
  let collections = 0;
  const observer = new PerformanceObserver((list) => {
    const major = (entry: PerformanceEntry) => (entry as { detail?: { kind: number } }).detail?.kind === 4; // NODE_PERFORMANCE_GC_MAJOR
    collections += list.getEntries().filter(major).length;
  });
  observer.observe({ entryTypes: ['gc'] });
  const checkpoint = await openCheckpoint(path);
  const all = [...checkpoint.tensors.values()].map(({ data }) => data);
  await new Promise((resolve) => setTimeout(resolve, 100));
  observer.disconnect();
  expect(all).toHaveLength(tensors);
  expect(collections).toBeLessThan(10); // one for each 64 MiB would be 30
  checkpoint.close();
});

/** A file of zeros that takes no room. */
function sparseModel(tensors: number, bytes: number): { path: string; tensors: number } {
  const path = join(folder, 'sparse.safetensors');
  const infos = Array.from(
    { length: tensors },
    (_, i) => [`t${i}`, { dtype: 'u8', shape: [bytes] }] as const,
  );
  const plan = planSafetensors(infos);
  writeFileSync(path, plan.head);
  truncateSync(path, plan.bytes);
  return { path, tensors };
}

test('a run goes on over a file that is closed and forgotten meanwhile', async () => {
  await using cpu = await Cpu.create();
  const start = async (): Promise<Promise<unknown>> => {
    const checkpoint = await openCheckpoint(path);
    const array = arrayOf(checkpoint.tensors.get('large')!) as Float32Array;
    const run = Tensor.create(cpu, [64 * MIB], array)
      .mul(2)
      .sum()
      .back();
    checkpoint.close();
    return run;
  };
  const run = start();
  await collect(() => false);
  expect(((await run) as Float32Array)[0]).toBeGreaterThan(0);
  await collect(() => mappings() === 0);
  expect(mappings()).toBe(0);
  expect(cpu.memory()).toMatchObject({ liveTensors: 0, liveBytes: 0 });
});
