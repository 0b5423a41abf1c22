// Imports of lib/ go one way (docs/ARCHITECTURE.md). A part is a folder or a file directly under lib/.
import { importsOf } from './imports.mjs';

const base = ['errors', 'env', 'dtype', 'table', 'layout'];
const core = [...base, 'device', 'ir', 'ops'];
const mayImport = {
  errors: [],
  env: ['errors'],
  dtype: ['errors'],
  table: [],
  layout: ['errors'],
  device: [...core, 'plan'], // interfaces only, so only as types: see below
  ir: [...base, 'device'],
  ops: [...base, 'device', 'ir'],
  plan: core,
  tensor: [...core, 'plan'],
  cpu: [...core, 'plan'],
  webgpu: [...core, 'plan'],
  models: [...core, 'plan', 'tensor'],
  serve: [...core, 'plan', 'tensor', 'models'],
  cli: [...core, 'plan', 'tensor', 'models', 'serve'],
};
/** Files that parts may import although the table keeps them from the rest of theirs. */
const doors = {
  'lib/cpu/mapping.ts': ['models'],
  'lib/cpu/device.ts': ['models', 'serve', 'cli'], // where models run if nothing else is said
};
const runsInBrowsers = [...core, 'plan', 'tensor', 'webgpu'];

/** Files that name what is public, and import from anywhere. */
const entries = ['index', 'browser', 'portable'];

const partOf = (file) => file.split('/')[1].replace(/\.ts$/, '');

function complaint({ from, to, typeOnly }) {
  const part = partOf(from);
  if (!to.startsWith('lib/')) {
    const isNode = to.startsWith('node:') && runsInBrowsers.includes(part);
    return isNode
      ? `${part} also runs in browsers: move what needs ${to} to cpu, models, serve or cli`
      : undefined;
  }
  const target = partOf(to);
  if (entries.includes(part)) return undefined;
  if (entries.includes(target)) return `nothing imports ${target}.ts: import the file that declares it`;
  if (part === target || doors[to]?.includes(part)) return undefined;
  if (!mayImport[part]) return `${part} is not in the table of scripts/checks/import-direction.mjs: add it`;
  if (!mayImport[part].includes(target)) {
    return `${part} may import ${mayImport[part].join(', ') || 'nothing'}, not ${target}: move the shared piece down`;
  }
  if (part === 'device' && !typeOnly) return 'device.ts declares interfaces only: use `import type`';
  return undefined;
}

export const title = 'import direction';

export function check() {
  const imports = importsOf();
  const problems = imports.flatMap((entry) => {
    const why = complaint(entry);
    return why ? [`${entry.from}:${entry.line} imports ${entry.to}: ${why}`] : [];
  });
  return { checked: `${imports.length} imports of lib/`, problems };
}
