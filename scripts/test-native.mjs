// Builds and runs tests/native, which need no Node: `npm test` does, with the objects of the addon; with --sanitize LIST
// (`npm run test:asan`, `npm run test:tsan`) every object is built again with those sanitizers.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { configureTree, main, requireTools, run } from './build-native.mjs';
import { root } from './files.mjs';

const { values, positionals } = parseArgs({
  options: { sanitize: { type: 'string' } },
  allowPositionals: true, // parts of names: only those tests
});

await main(() => {
  requireTools();
  const tree = join(
    root,
    'build',
    values.sanitize ? `sanitize-${values.sanitize.replaceAll(',', '-')}` : 'native',
  );
  const settings = values.sanitize
    ? ['-DMIA_ADDON=OFF', '-DCMAKE_BUILD_TYPE=Debug', `-DMIA_SANITIZE=${values.sanitize}`]
    : ['-DCMAKE_BUILD_TYPE=Release', `-DMIA_NODE=${process.execPath}`];
  // What threads share is the same for every instruction set.
  if (values.sanitize === 'thread') settings.push('-DMIA_ONLY_ISA=scalar');
  configureTree(tree, () => run('cmake', ['-S', root, '-B', tree, '-DMIA_NATIVE_TESTS=ON', ...settings]));
  run('cmake', [
    '--build',
    tree,
    '--target',
    'mia_native_tests',
    '--parallel',
    String(availableParallelism()),
  ]);
  run(join(tree, 'mia_native_tests'), positionals, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: {
      ...process.env,
      ASAN_OPTIONS: 'detect_leaks=1:strict_string_checks=1',
      UBSAN_OPTIONS: 'print_stacktrace=1',
      TSAN_OPTIONS: 'halt_on_error=1:second_deadlock_stack=1',
    },
  });
});
