// Includes of native/ go one way: binding -> runtime -> kernels -> simd, and only binding knows Node.
// kernels and simd are compiled once per ISA, so a standard C++ template in them would be one definition with several
// instruction sets: the linker keeps any one of them. They include C headers and intrinsics only.
import { read, walk } from '../files.mjs';

const mayInclude = {
  simd: ['simd'],
  kernels: ['kernels', 'simd'],
  targets: ['targets', 'kernels', 'simd'],
  runtime: ['runtime', 'targets', 'kernels', 'simd'],
  binding: ['binding', 'runtime', 'targets', 'kernels', 'simd'],
};
const plainHeaders = /^(c?(float|limits|math|stddef|stdint|string)(\.h)?|immintrin\.h|arm_neon\.h)$/;
const nodeHeaders = /^(napi|node_api|node|v8|uv)(\.h|-inl\.h|_types\.h)$/;

function complaint(part, name, isSystem) {
  if (nodeHeaders.test(name) && part !== 'binding') return 'only native/binding includes Node headers';
  if (isSystem) {
    const isPlain = plainHeaders.test(name) || !['kernels', 'simd'].includes(part);
    return isPlain ? undefined : `${part} includes C headers and intrinsics only, no C++ library`;
  }
  const target = name.includes('/') ? name.split('/')[0] : part;
  if (part === 'tests') return target === 'binding' ? 'native tests run without Node' : undefined;
  return mayInclude[part].includes(target) ? undefined : `${part} may include ${mayInclude[part].join(', ')}`;
}

export const title = 'native boundary';

export function check() {
  let count = 0;
  const problems = [];
  for (const file of walk('native', 'tests/native').filter((file) => /\.(cc|h|inl|def)$/.test(file))) {
    const part = file.startsWith('tests/') ? 'tests' : file.split('/')[1];
    read(file)
      .split('\n')
      .forEach((line, index) => {
        const match = /^\s*#\s*include\s*([<"])([^>"]+)[>"]/.exec(line);
        if (!match) return;
        count++;
        const why =
          mayInclude[part] || part === 'tests'
            ? complaint(part, match[2], match[1] === '<')
            : 'unknown folder';
        if (why) problems.push(`${file}:${index + 1} includes ${match[2]}: ${why}`);
      });
  }
  return { checked: `${count} includes of native/ and tests/native/`, problems };
}
