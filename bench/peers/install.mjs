/** `npm run bench:peers:install`: the peers, pinned, into a folder of their own, without their install scripts and GPU builds. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const { dependencies } = JSON.parse(readFileSync(new URL('package.json', import.meta.url), 'utf8'));
// node-llama-cpp brings its binaries as optional packages, most of them for GPUs: take the one of this machine.
const llama = `@node-llama-cpp/${process.platform}-${process.arch}@${dependencies['node-llama-cpp']}`;
const flags = [
  '--ignore-scripts',
  '--omit=optional',
  '--no-save',
  '--no-package-lock',
  '--no-audit',
  '--no-fund',
];
const { status } = spawnSync('npm', ['install', ...flags, llama], {
  cwd: fileURLToPath(new URL('.', import.meta.url)),
  stdio: 'inherit',
  shell: process.platform === 'win32',
});
process.exitCode = status ?? 1;
