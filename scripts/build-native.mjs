#!/usr/bin/env node
// Builds the native engine (CMakeLists.txt) and places it at build/Release/mia.node.
//
//   node scripts/build-native.mjs [--arch arm64]
//
// Configures through cmake-js where it is installed (a clone of the repository), and with the same settings through cmake
// alone where it is not (an npm install that found no prebuild): docs/adr/0003-install.md says why.
// Called as `build-native.mjs rebuild --arch=x64 ...` it stands in for node-gyp (prebuildify does that) and, like
// node-gyp, leaves its result under the current folder.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, realpathSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const root = fileURLToPath(new URL('..', import.meta.url));

export const advice = `
  Debian, Ubuntu   sudo apt-get install g++ make cmake
  Fedora           sudo dnf install gcc-c++ make cmake
  Alpine           apk add g++ make cmake
  macOS            xcode-select --install && brew install cmake
then run the same command again.`;

/** Something the user can put right: shown without a stack. */
export class SetupError extends Error {}

/** Runs a command with its output on stderr, since stdout belongs to the program that set-up precedes. */
export function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2], ...options });
  if (error?.code === 'ENOENT') throw new SetupError(`${command} was not found`);
  if (status !== 0) throw new SetupError(`failed: ${[command, ...args].join(' ')}`);
}

function works(command) {
  return spawnSync(command, ['--version'], { stdio: 'ignore' }).status === 0;
}

/** Refuses early, with what to install, where the tools of a native build are missing. */
export function requireTools() {
  const groups = {
    cmake: ['cmake'],
    'a C++ compiler': [process.env.CXX, 'c++', 'g++', 'clang++'],
    'make or ninja': ['make', 'ninja'],
  };
  const missing = Object.entries(groups).filter(([, names]) => !names.filter(Boolean).some(works));
  if (missing.length === 0) return;
  const what = missing.map(([name, names]) => `${name} (looked for ${names.filter(Boolean).join(', ')})`);
  throw new SetupError(`the native engine needs ${what.join(' and ')}:${advice}`);
}

function resolveCmakeJs() {
  try {
    return createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js');
  } catch {
    return undefined;
  }
}

function configure(tree, arch) {
  const settings = { MIA_NODE: process.execPath };
  if (arch !== process.arch)
    settings.CMAKE_TOOLCHAIN_FILE = join(root, 'cmake', `${process.platform}-${arch}.cmake`);
  const define = (prefix) => Object.entries(settings).map(([name, value]) => `${prefix}${name}=${value}`);
  const cmakeJs = resolveCmakeJs();
  if (cmakeJs) {
    const where = ['-d', root, '-O', tree, '-B', 'Release', '-a', arch, '-l', 'error'];
    run(process.execPath, [cmakeJs, 'configure', ...where, ...define('--CD')]);
  } else {
    Object.assign(settings, {
      CMAKE_BUILD_TYPE: 'Release',
      CMAKE_LIBRARY_OUTPUT_DIRECTORY: join(tree, 'Release'),
    });
    run('cmake', ['-S', root, '-B', tree, ...define('-D')]);
  }
}

/** Configures a build tree; one left by another folder, generator or compiler is thrown away once. */
export function configureTree(tree, attempt) {
  const isOld = existsSync(join(tree, 'CMakeCache.txt'));
  try {
    attempt();
  } catch (error) {
    if (!isOld) throw error;
    rmSync(tree, { recursive: true });
    attempt();
  }
}

export function buildNative({ arch = process.arch, out } = {}) {
  requireTools();
  const suffix = arch === process.arch ? '' : `-${arch}`;
  const tree = join(root, 'build', `native${suffix}`);
  configureTree(tree, () => configure(tree, arch));
  run('cmake', ['--build', tree, '--target', 'mia', '--parallel', String(availableParallelism())]);
  // Renamed into place: overwriting a library that a process has mapped would crash that process.
  const folder = out ?? join(root, 'build', `Release${suffix}`);
  const target = join(folder, 'mia.node');
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(tree, 'Release', 'mia.node'), `${target}.new`);
  renameSync(`${target}.new`, target);
  return target;
}

/** Runs a script's main function: problems of the user's machine are told in words, others keep their stack. */
export async function main(work) {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    console.error(`mia: ${error.message}`);
    process.exitCode = 1;
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  await main(() => {
    const { values, positionals } = parseArgs({
      options: { arch: { type: 'string', default: process.arch } },
      strict: false,
      allowPositionals: true,
    });
    const asNodeGyp = positionals.includes('rebuild');
    const target = buildNative({ arch: values.arch, out: asNodeGyp ? resolve('build/Release') : undefined });
    console.error(`mia: built ${target}`);
  });
}
