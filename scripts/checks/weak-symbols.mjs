// Objects of native/targets must define no weak symbol. One (an inline function or template the compiler did not inline)
// exists once per ISA, the linker keeps an arbitrary copy, and an AVX-512 copy crashes an older machine.
import { spawnSync } from 'node:child_process';
import { walk } from '../files.mjs';

export const title = 'weak symbols';

export function check() {
  const objects = walk('build/native/CMakeFiles').filter((file) => /mia_target_\w+\.dir\/.*\.o$/.test(file));
  if (objects.length === 0) return { checked: 'nothing', problems: ['no objects: run npm run build:native'] };
  const problems = objects.flatMap((object) => {
    const { status, stdout, error } = spawnSync('nm', ['-C', '--defined-only', object], { encoding: 'utf8' });
    if (status !== 0) return [`nm ${object}: ${error?.message ?? 'failed'}: install binutils`];
    return stdout
      .split('\n')
      .filter((line) => / [WwVvui] /.test(line))
      .map((line) => `${object.split('/').pop()}: ${line.slice(17)}: make it static or forced inline`);
  });
  return { checked: objects.map((file) => file.split('/').pop()).join(', '), problems };
}
