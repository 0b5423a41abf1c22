/** The environment variables that Mia reads, each in one place. docs/env.md and `mia info --env` print this table. */
export const variables = {
  MIA_NUM_THREADS: 'threads of a CPU device (default: the cores that affinity and cgroup quota leave)',
  MIA_ISA:
    'instruction set of a CPU device: scalar, avx2, avx512, amx, neon, neon_dot or neon_i8mm (default: the best one that the machine has)',
  MIA_FUSE: '0 gives every op a step of its own: slower, the same numbers within rounding',
  MIA_DEBUG:
    '1 prints tapes and reports forgotten tensors, 2 also plans, 3 also kernels, 4 also timings; to stderr',
  MIA_API_KEY: 'what clients of `mia serve` must send as `Authorization: Bearer ...` (default: nothing)',
  MIA_VERIFY: '1 checks every graph and plan against its rules after every pass',
} as const;

export type Variable = keyof typeof variables;

interface ProcessLike {
  env?: Record<string, string | undefined>;
  stderr?: { write(text: string): void };
}
const host = (globalThis as { process?: ProcessLike }).process;

export const env = (name: Variable): string | undefined => host?.env?.[name] || undefined;

/** MIA_DEBUG as a number, 0 when unset. Read at every use: tests and users may set it late. */
export const debugLevel = (): number => Number(env('MIA_DEBUG') ?? 0) || 0;
export const fuseEnabled = (): boolean => env('MIA_FUSE') !== '0';
export const verifyEnabled = (): boolean => env('MIA_VERIFY') === '1';

/** Prints for MIA_DEBUG, to stderr so that a program's own output stays clean. */
export function debug(level: number, text: () => string): void {
  if (debugLevel() >= level) host?.stderr?.write(`[mia] ${text()}\n`);
}
