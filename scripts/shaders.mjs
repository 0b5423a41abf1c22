// Gathers the WGSL sources of lib/webgpu into a module, lib/webgpu/sources.ts, so that they travel wherever the code does.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, walk } from './files.mjs';

export function gatherShaders() {
  const folder = 'lib/webgpu/';
  const entries = walk('lib/webgpu')
    .filter((file) => file.endsWith('.wgsl'))
    .map((file) => {
      const text = readFileSync(join(root, file), 'utf8');
      return `  ${JSON.stringify(file.slice(folder.length))}: ${JSON.stringify(text)},`;
    });
  const module = `// Made by scripts/shaders.mjs from the .wgsl files beside it.
export const shaders: Readonly<Record<string, string>> = {
${entries.join('\n')}
};
`;
  const path = join(root, folder, 'sources.ts');
  if (!existsSync(path) || readFileSync(path, 'utf8') !== module) writeFileSync(path, module);
}
