// Tools that a step needs from the machine: installed by apt-get where that is allowed, named where it is not.
import { spawnSync } from 'node:child_process';
import { run, SetupError } from './build-native.mjs';

const isThere = (tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0;

/** tools: { command: Debian's package } */
export function requireFromApt(tools) {
  const missing = () => Object.entries(tools).filter(([tool]) => !isThere(tool));
  if (missing().length === 0) return;
  const packages = [...new Set(missing().map(([, name]) => name))];
  const how = `apt-get install --yes --no-install-recommends ${packages.join(' ')}`;
  if (process.getuid?.() === 0 && isThere('apt-get')) {
    run('apt-get', ['update', '--quiet']);
    run('apt-get', how.split(' ').slice(1));
  }
  const still = missing().map(([tool]) => tool);
  if (still.length > 0) throw new SetupError(`${still.join(' and ')} not found: sudo ${how}`);
}
