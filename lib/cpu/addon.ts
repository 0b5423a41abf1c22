import { createRequire } from 'node:module';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { MiaError } from '../errors.js';

/** Memory in a call: a typed array that is lent, a buffer handle, or minus a handle to give it away. */
export type NativeMemory = ArrayBufferView | number;

/** What native/binding exports. Numbers in tables are positions; TypeScript shares names with C++, never numbers. */
export interface Addon {
  readonly tables: {
    readonly dtypes: string[];
    readonly scalars: string[];
    readonly kernels: string[];
    readonly regs: string[];
  };
  /** Usable instruction sets, best first. */
  readonly isas: string[];
  /** Cores that affinity and cgroup quota leave. */
  readonly threads: number;
  setup(onComplete: (runId: number, result: number[]) => void): void;
  prepare(isa: string, threads: number, words: Float64Array, constants: NativeMemory[]): number;
  /** Bytes of weights [k, n] as `pack.<format>` lays them out for an instruction set; -1: it has no such format. */
  imageBytes(isa: string, format: string, n: number, k: number): number;
  releaseProgram(program: number): void;
  /**
   * [status, detail, step, output handles...] at once, or undefined when queued. A `timed` run that succeeds adds the
   * start and end of each step, in nanoseconds since the call.
   */
  run(
    program: number,
    inputs: NativeMemory[],
    runId: number,
    inline: boolean,
    /** By output: an array or a buffer that takes it; the run gives handle 0 for it then. Empty: none does. */
    into: readonly (NativeMemory | null)[],
    timed: boolean,
  ): number[] | undefined;
  cancel(runId: number): void;
  /** `zeros`: all of them; pages that nobody touches take no memory. */
  alloc(bytes: number, zeros: boolean): number;
  copyIn(data: ArrayBufferView): number;
  release(handle: number): void;
  bytes(handle: number): number;
  /** Over memory that stays the handle's too. */
  peek(handle: number): ArrayBuffer;
  toArrayBuffer(handle: number, bytes: number): ArrayBuffer;
  stats(): { arenaBytes: number; bufferBytes: number; buffers: number; programs: number; runs: number };
  trim(): void;
  /** Bench only: GFLOP/s or GB/s of the machine; see native/kernels/probe.h. */
  probe(name: string, isa: string, threads: number): number;
  /** The first `bytes` of an open file as memory; 0 where that cannot be. */
  mapFile(fd: number, bytes: number): number;
  /** Its pages, not a copy; the ArrayBuffer holds the mapping. Throws where the runtime refuses such memory. */
  fileBytes(file: number, begin: number, bytes: number): ArrayBuffer;
  trimFile(file: number): void;
  fileShrank(file: number): boolean;
  closeFile(file: number): void;
}

const root = join(fileURLToPath(import.meta.url), '..', '..', '..');
const require = createRequire(import.meta.url);
let loaded: Addon | undefined;

/** The native engine of this platform, loaded once. Throws ERR_DEVICE with a checklist when there is none. */
export function loadAddon(): Addon {
  return (loaded ??= load());
}

/** Where an addon may lie, in order: a local build first, then the prebuilt ones of the package. */
export function candidates(platform: string = process.platform, arch: string = process.arch): string[] {
  const libc = platform === 'linux' ? (isMusl() ? '.musl' : '.glibc') : '';
  return [
    join(root, 'build', 'Release', 'mia.node'),
    join(root, 'prebuilds', `${platform}-${arch}`, `mia${libc}.node`),
  ];
}

function isMusl(): boolean {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return !report?.header?.glibcVersionRuntime;
}

function load(): Addon {
  const paths = candidates();
  const problems: string[] = [];
  for (const path of paths) {
    if (!existsSync(path)) {
      problems.push(`${path}: not there`);
      continue;
    }
    try {
      return require(path) as Addon;
    } catch (error) {
      problems.push(`${path}: ${(error as Error).message.split('\n')[0]}`);
    }
  }
  throw new MiaError('ERR_DEVICE', 'Cpu', {
    message: [
      `no native engine for ${process.platform}-${process.arch} (Node ${process.version}) could be loaded`,
      'searched:',
      ...problems.map((p) => `  - ${p}`),
      'what to check:',
      '  - was the package installed for this platform and libc? node_modules copied from another machine will not do: reinstall',
      '  - without a prebuilt binary, build one: npm rebuild mia, or npm run build:native in a clone (C++17 compiler and cmake)',
      '  - in a bundle, keep mia external: the .node file must stay beside the package',
    ].join('\n'),
  });
}
