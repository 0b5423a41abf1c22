// npm's install step. With a prebuilt engine that loads here it does nothing, and says nothing; skipping it
// (--ignore-scripts) changes nothing then. Otherwise it builds: binding.gyp -> CMake. See docs/adr/0003-install.md.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { buildNative, main, requireTools, SetupError } from './build-native.mjs';

const root = join(import.meta.dirname, '..');

function isLoadable(path) {
  try {
    createRequire(import.meta.url)(path);
    return true;
  } catch {
    return false; // for instance built for a newer C library than this machine has
  }
}

function hasPrebuild() {
  const isGlibc = process.platform === 'linux' && process.report.getReport().header.glibcVersionRuntime;
  const folder = join(root, 'prebuilds', `${process.platform}-${process.arch}`);
  const names = process.platform === 'linux' ? [`mia.${isGlibc ? 'glibc' : 'musl'}.node`] : ['mia.node'];
  return names.map((name) => join(folder, name)).some((path) => existsSync(path) && isLoadable(path));
}

function nodeGyp(command) {
  const script = process.env.npm_config_node_gyp; // set by npm, pnpm and yarn for their scripts
  if (!script) return false;
  const prefix = join(dirname(process.execPath), '..'); // most Nodes come with their headers: no download then
  const headers = existsSync(join(prefix, 'include', 'node', 'node_api.h')) ? [`--nodedir=${prefix}`] : [];
  const options = { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] };
  return spawnSync(process.execPath, [script, command, ...headers], options).status === 0;
}

function build() {
  console.error(`mia: no prebuilt engine for ${process.platform}-${process.arch}, building it`);
  requireTools();
  // node-gyp itself wants Python and Node's headers, which our build does not: without them, go to CMake directly.
  if (!nodeGyp('configure')) buildNative();
  else if (!nodeGyp('build'))
    throw new SetupError('the native build failed, see above; after a repair: npm rebuild mia');
}

// A clone of the repository builds in `npm run setup`, when it is asked to.
const isClone = existsSync(join(root, 'lib', 'index.ts'));
if (!isClone && !hasPrebuild()) await main(build);
