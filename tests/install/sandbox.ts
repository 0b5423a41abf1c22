// A user's machine in a temporary folder: an empty project, a PATH of our choosing, no network.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Result {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** npm's own script: under `npm test` the one that runs us, otherwise the one beside this Node. */
function npmScript(): string {
  const nextToNode = join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js');
  const found = [process.env.npm_execpath ?? '', nextToNode].find(
    (path) => path.endsWith('npm-cli.js') && existsSync(path),
  );
  if (!found) throw new Error(`npm-cli.js not found: looked at npm_execpath and ${nextToNode}`);
  return found;
}

/** The caller's environment without what `npm test` added to it: a nested npm must not believe it is the outer one. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_OPTIONS|VITEST|CXX$)/.test(name)),
  );
}

export class Sandbox {
  readonly folder = mkdtempSync(join(tmpdir(), 'mia-install-'));
  readonly app = join(this.folder, 'app');
  /** A PATH with Node and a shell (npm starts scripts through it), and no compiler. */
  readonly bareTools = join(this.folder, 'bin');

  constructor() {
    mkdirSync(this.app);
    mkdirSync(this.bareTools);
    symlinkSync(process.execPath, join(this.bareTools, 'node'));
    symlinkSync('/bin/sh', join(this.bareTools, 'sh'));
    writeFileSync(
      join(this.app, 'package.json'),
      JSON.stringify({ name: 'app', private: true, type: 'module' }),
    );
  }

  get installed(): string {
    return join(this.app, 'node_modules', 'mia');
  }

  /** Runs Node with a PATH (by default one without a compiler). */
  node(args: string[], { cwd = this.app, path = this.bareTools } = {}): Result {
    const env = { ...cleanEnvironment(), PATH: path, npm_config_cache: join(this.folder, 'cache') };
    return spawnSync(process.execPath, args, {
      cwd,
      env,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  npm(args: string[], options?: { cwd?: string; path?: string }): Result {
    return this.node([npmScript(), ...args, '--no-audit', '--no-fund', '--no-update-notifier'], options);
  }

  /** Writes a module into the app and runs it. */
  script(name: string, text: string): Result {
    writeFileSync(join(this.app, name), text);
    return this.node([name]);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The outcome of a command that must succeed; otherwise an error that shows what it said. */
export function succeed(result: Result): Result {
  if (result.status !== 0) throw new Error(`exit ${result.status}\n${result.stdout}\n${result.stderr}`);
  return result;
}
