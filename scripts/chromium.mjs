// The browser of the tests: CHROMIUM_PATH, or `chromium` on the PATH. Run as a program it installs Debian's where that is allowed.
import { spawnSync } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { requireFromApt } from './apt.mjs';
import { main, SetupError } from './build-native.mjs';

/** Where it is; throws with advice where it is not. */
export function chromiumPath() {
  const path = process.env.CHROMIUM_PATH || onPath('chromium');
  if (spawnSync(path, ['--version'], { stdio: 'ignore' }).status === 0) return path;
  throw new SetupError(
    `tests/browser need Chromium, and ${path} does not start: sudo apt-get install chromium, or CHROMIUM_PATH=...`,
  );
}

const onPath = (name) =>
  spawnSync('sh', ['-c', `command -v ${name}`], { encoding: 'utf8' }).stdout?.trim() || name;

if (process.argv[1] && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url))
  await main(() => {
    if (!process.env.CHROMIUM_PATH) requireFromApt({ chromium: 'chromium' });
    console.error(`chromium: ${chromiumPath()}`);
  });
