// Makes a clone ready to run: packages, native engine, TypeScript. Each step runs only when what it reads has changed,
// so `npm start` and `npm test` begin with it. Uses Node's built-ins only; speaks on stderr.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildNative, main, requireTools, run, SetupError } from './build-native.mjs';
import { buildLibrary } from './build.mjs';
import { hashOf, root } from './files.mjs';
import { placed, placeSwiftShader } from './swiftshader.mjs';

const oldest = [20, 19]; // of the development tools; the published package runs on 20.17

const machine = `${process.platform} ${process.arch} node ${process.versions.modules}`;

/** Each step: what it reads, what it must have produced, where it notes the state it was done for. */
const steps = [
  {
    what: 'installing packages (npm ci)',
    reads: () => hashOf('package-lock.json'),
    produces: 'node_modules/typescript/package.json',
    stamp: 'node_modules/.setup-stamp',
    work: installPackages,
  },
  ...(process.platform === 'linux' && process.arch === 'x64'
    ? [
        {
          what: 'placing SwiftShader beside Dawn',
          reads: () => hashOf('package-lock.json', 'scripts/swiftshader.mjs'),
          produces: placed,
          stamp: 'node_modules/.setup-stamp-swiftshader',
          work: placeSwiftShader,
        },
      ]
    : []),
  {
    what: 'building the native engine (a few minutes the first time)',
    reads: () => hashOf('CMakeLists.txt', 'native', 'cmake', 'scripts/build-native.mjs'),
    produces: 'build/Release/mia.node',
    stamp: 'build/.setup-stamp-native',
    work: buildEngine,
  },
  {
    what: 'building TypeScript (lib/ -> dist/)',
    reads: () => hashOf('lib', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'),
    produces: 'dist/index.js',
    stamp: 'build/.setup-stamp-dist',
    work: buildLibrary,
  },
];

function buildEngine() {
  buildNative();
}

function installPackages() {
  const npm = process.env.npm_execpath?.endsWith('npm-cli.js') ? process.env.npm_execpath : undefined;
  const args = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  try {
    if (npm) run(process.execPath, [npm, ...args]);
    else run('npm', args);
  } catch (error) {
    const lines = [
      'check that the npm registry can be reached and that package-lock.json is as committed',
      'then again',
    ];
    throw new SetupError(`${error.message}\n  ${lines.join(', ')}: npm run setup`, { cause: error });
  }
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major > oldest[0] || (major === oldest[0] && minor >= oldest[1])) return;
  throw new SetupError(
    `developing needs Node ${oldest.join('.')} or later, this is ${process.versions.node}`,
  );
}

function stateOf(stamp) {
  const path = join(root, stamp);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function isStale({ produces, stamp, reads }) {
  return !existsSync(join(root, produces)) || stateOf(stamp) !== `${machine} ${reads()}`;
}

await main(() => {
  checkNode();
  const start = performance.now();
  const stale = steps.filter(isStale);
  if (stale.some((step) => step.work === buildEngine)) requireTools(); // told now, not after minutes of installing
  for (const { what, reads, produces, stamp, work } of stale) {
    console.error(`setup: ${what}`);
    work();
    if (!existsSync(join(root, produces))) throw new SetupError(`setup: ${what} did not produce ${produces}`);
    mkdirSync(dirname(join(root, stamp)), { recursive: true });
    writeFileSync(join(root, stamp), `${machine} ${reads()}`);
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  console.error(stale.length === 0 ? 'setup: up to date' : `setup: done in ${seconds} s`);
});
