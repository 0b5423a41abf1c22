import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

export const root = join(import.meta.dirname, '../..');
const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');

/** Runs the compiler on a project; returns what it printed. */
export function runTsc(project: string, ...options: string[]): string {
  const args = [tsc, '-p', project, '--noEmit', '--pretty', 'false', ...options];
  const { stdout, stderr, error } = spawnSync(process.execPath, args, { cwd: root, encoding: 'utf8' });
  if (error) throw error;
  return stdout + stderr;
}
