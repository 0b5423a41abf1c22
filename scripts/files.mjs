// The one file walker and content hash of the scripts. Paths are relative to the repository root, with forward slashes.
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

export const read = (file) => readFileSync(join(root, file), 'utf8');

/** Every file at or below the given paths, sorted; a path that does not exist has none. */
export function walk(...paths) {
  return paths.flatMap((path) => {
    if (!existsSync(join(root, path))) return [];
    if (statSync(join(root, path)).isFile()) return [path];
    const names = readdirSync(join(root, path)).sort();
    return names.filter((name) => name !== 'node_modules').flatMap((name) => walk(`${path}/${name}`));
  });
}

/** A hash of the names and contents of every file at or below the paths. */
export function hashOf(...paths) {
  const hash = createHash('sha256');
  for (const file of walk(...paths))
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex');
}
