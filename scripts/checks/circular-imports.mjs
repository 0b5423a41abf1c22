// No module of lib/ may reach itself through imports that exist at run time (`import type` is erased).
import { importsOf } from './imports.mjs';

export const title = 'circular imports';

export function check() {
  const edges = new Map();
  for (const { from, to, typeOnly } of importsOf()) {
    if (!edges.has(from)) edges.set(from, []);
    if (!typeOnly && to.startsWith('lib/')) edges.get(from).push(to);
  }
  const finished = new Set();
  const problems = [];
  const visit = (file, path) => {
    if (finished.has(file)) return;
    const start = path.indexOf(file);
    if (start >= 0) {
      const cycle = [...path.slice(start), file].join(' -> ');
      problems.push(`${cycle}: move what both need to a third file, or use \`import type\``);
      return;
    }
    for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
    finished.add(file);
  };
  for (const file of edges.keys()) visit(file, []);
  return { checked: `${edges.size} modules of lib/`, problems };
}
