// The package as a user gets it: packed, installed offline into an empty folder on a machine without a compiler.
import { cpSync, existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root, Sandbox, succeed } from './sandbox.js';

const quickStart = `
import { Cpu, Tensor } from 'mia';
const cpu = await Cpu.create();
const a = Tensor.create(cpu, [2, 2], new Float32Array([1, 2, 3, 4]));
const y = await a.clone().add(a).back();
console.log(JSON.stringify([...y]));
await cpu.close();
`;

const sandbox = new Sandbox();
interface Packed {
  filename: string;
  files: { path: string; size: number }[];
}
let packed: Packed;
let tarball = '';

function pack(cwd: string): Packed {
  // Without the prepack step: set-up has built dist/, and other tests are reading it.
  const { stdout } = succeed(
    sandbox.npm(['pack', '--ignore-scripts', '--json', '--pack-destination', sandbox.folder], { cwd }),
  );
  return (JSON.parse(stdout) as Packed[])[0];
}

/** The packages that a package needs, and those that they need. */
function dependenciesOf(folder: string, found = new Set<string>()): Set<string> {
  const { dependencies = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>;
  };
  for (const name of Object.keys(dependencies)) {
    if (found.has(name)) continue;
    found.add(name);
    dependenciesOf(join(root, 'node_modules', name), found);
  }
  return found;
}

beforeAll(() => {
  succeed(sandbox.node(['scripts/prebuild.mjs'], { cwd: root, path: process.env.PATH }));
  packed = pack(root);
  tarball = join(sandbox.folder, packed.filename);
  // What a registry would bring: the packages that Mia depends on, packed from where they are installed.
  const needed = [...dependenciesOf(root)].map((name) =>
    join(sandbox.folder, pack(join(root, 'node_modules', name)).filename),
  );
  succeed(sandbox.npm(['install', '--offline', '--ignore-scripts', ...needed, tarball]));
}, 600_000);

afterAll(() => sandbox.remove());

describe('with a prebuild', () => {
  test('the quick start runs, installed offline with no compiler and no scripts', () => {
    expect(succeed(sandbox.script('quick-start.js', quickStart)).stdout.trim()).toBe('[2,4,6,8]');
  });

  test('the mia command is there, and tells a story', () => {
    const mia = join(sandbox.app, 'node_modules', '.bin', 'mia');
    const { stdout } = succeed(sandbox.node([mia, 'run', '--max-tokens', '16']));
    expect(stdout.trim().split(' ').length).toBeGreaterThan(5);
  });

  test('the install step is quick and silent', () => {
    const start = performance.now();
    const result = succeed(sandbox.node(['scripts/install.mjs'], { cwd: sandbox.installed }));
    expect(result.stdout + result.stderr).toBe('');
    expect(performance.now() - start).toBeLessThan(5_000);
    expect(existsSync(join(sandbox.installed, 'build'))).toBe(false);
  });

  test('the package holds what it needs and nothing else', () => {
    const tops = new Set(packed.files.map(({ path }) => path.split('/')[0]));
    const known = [
      'CMakeLists.txt',
      'LICENSE',
      'README.md',
      'binding.gyp',
      'dist',
      'models',
      'native',
      'package.json',
      'prebuilds',
      'scripts',
    ];
    expect([...tops].filter((name) => !known.includes(name))).toEqual([]);
  });

  test('sizes keep to the budget', () => {
    const sum = (files: Packed['files']) => files.reduce((total, { size }) => total + size, 0);
    const under = (folder: string) => packed.files.filter(({ path }) => path.startsWith(folder));
    const [models, prebuilds] = [under('models/'), under('prebuilds/')];
    expect(sum(packed.files) - sum(models) - sum(prebuilds)).toBeLessThan(2_000_000);
    expect(sum(models)).toBeLessThan(8_000_000);
    expect(prebuilds.length).toBeGreaterThan(0);
    for (const { path, size } of prebuilds) expect(size, path).toBeLessThan(10_000_000);
  });
});

describe('without a prebuild', () => {
  const prebuilds = () => join(sandbox.installed, 'prebuilds');
  beforeAll(() => renameSync(prebuilds(), join(sandbox.folder, 'set-aside')));

  test('a missing engine is told as a checklist, with the places searched and what to do', () => {
    const failing = quickStart.replace(
      'await Cpu.create()',
      'await Cpu.create().catch((e) => { console.error(e.message); process.exit(1); })',
    );
    const { status, stderr } = sandbox.script('missing.js', failing);
    expect(status).toBe(1);
    expect(stderr).toContain('npm run build:native');
    expect(stderr).toContain(join(sandbox.installed, 'build', 'Release', 'mia.node'));
    expect(stderr).toContain(prebuilds());
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test('the install step without a compiler fails and says what to install', () => {
    const { status, stderr } = sandbox.node(['scripts/install.mjs'], { cwd: sandbox.installed });
    expect(status).toBe(1);
    for (const hint of ['cmake', 'a C++ compiler', 'apt-get install', 'apk add', 'xcode-select']) {
      expect(stderr).toContain(hint);
    }
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  test('npm rebuild builds through binding.gyp and CMake, and the quick start runs', () => {
    // The offline install went without the optional header packages; with a network npm would have brought them.
    for (const name of ['node-addon-api', 'node-api-headers']) {
      cpSync(join(root, 'node_modules', name), join(sandbox.app, 'node_modules', name), { recursive: true });
    }
    // One ISA shows the way as well as four, in a fraction of the time: CMake builds the targets that are there.
    const targets = join(sandbox.installed, 'native', 'targets');
    for (const isa of ['avx2', 'avx512', 'amx', 'neon', 'neon_dot', 'neon_i8mm'])
      rmSync(join(targets, `${isa}.cc`));
    const { stdout } = succeed(
      sandbox.npm(['rebuild', 'mia', '--foreground-scripts'], { path: process.env.PATH }),
    );
    expect(stdout).toContain('Building the native engine with CMake'); // what binding.gyp's action says
    expect(existsSync(join(sandbox.installed, 'build', 'Release', 'mia.node'))).toBe(true);
    expect(succeed(sandbox.script('built.js', quickStart)).stdout.trim()).toBe('[2,4,6,8]');
  }, 600_000);
});
