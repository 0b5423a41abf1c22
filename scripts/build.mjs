// Builds lib/ into dist/: shaders as a module, TypeScript through tsc, other files copied, outputs without a source removed.
import { copyFileSync, existsSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { main, run } from './build-native.mjs';
import { root, walk } from './files.mjs';
import { gatherShaders } from './shaders.mjs';

export function buildLibrary() {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  gatherShaders();
  run(process.execPath, [tsc, '-p', 'tsconfig.build.json']);
  for (const file of walk('lib').filter((file) => !/\.(ts|wgsl)$/.test(file))) {
    const copy = join(root, 'dist', file.slice('lib/'.length));
    mkdirSync(dirname(copy), { recursive: true });
    copyFileSync(join(root, file), copy);
  }
  for (const file of walk('dist')) {
    const source = join(root, 'lib', file.slice('dist/'.length));
    const typescript = source.replace(/(\.d\.ts|\.js|\.js\.map)$/, '.ts');
    if (!existsSync(source) && !existsSync(typescript)) rmSync(join(root, file));
  }
}

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  await main(buildLibrary);
