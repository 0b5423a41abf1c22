// Fills prebuilds/ for this machine: prebuildify drives scripts/build-native.mjs in node-gyp's place and names the result
// for its platform and C library. `--arch arm64` cross-compiles (cmake/linux-arm64.cmake).
import { copyFileSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { main } from './build-native.mjs';
import { root, walk } from './files.mjs';

const { values } = parseArgs({ options: { arch: { type: 'string', default: process.arch } } });

await main(async () => {
  const require = createRequire(import.meta.url);
  const stage = join(root, 'build', 'prebuild'); // so that build/Release, which tests may be using, stays as it is
  mkdirSync(stage, { recursive: true });
  copyFileSync(join(root, 'package.json'), join(stage, 'package.json'));
  const options = {
    name: 'mia',
    cwd: stage,
    out: root,
    arch: values.arch,
    targets: [`node@${process.versions.node}`],
    napi: true,
    tagLibc: process.platform === 'linux',
    strip: values.arch === process.arch, // the link step strips as well; this finds a foreign strip unnecessary
    nodeGyp: join(root, 'scripts', 'build-native.mjs'),
  };
  await new Promise((resolve, reject) => {
    require('prebuildify')(options, (error) => (error ? reject(error) : resolve()));
  });
  rmSync(stage, { recursive: true });
  console.error(`prebuild: ${walk(`prebuilds/${process.platform}-${values.arch}`).join(', ')}`);
});
