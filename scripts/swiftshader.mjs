// Puts SwiftShader, a Vulkan driver that runs on CPUs, beside Dawn's addon, so that tests meet real WebGPU on any machine. Both
// are npm packages of the development set; a published package has neither. A machine's own driver is not touched.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliDecompressSync } from 'node:zlib';
import { root } from './files.mjs';

export const placed = 'node_modules/webgpu/dist/linux-x64/libvulkan.so.1';

export function placeSwiftShader() {
  const archive = join(root, 'node_modules/@sparticuz/chromium/bin/swiftshader.tar.br');
  const driver = entryOf(brotliDecompressSync(readFileSync(archive)), 'libvk_swiftshader.so');
  writeFileSync(join(root, placed), driver);
}

/** A file of a tar archive: headers of 512 bytes, names first, sizes in octal at 124, contents in whole blocks. */
function entryOf(tar, name) {
  const text = (at, length) => tar.toString('latin1', at, at + length).replace(/\0.*/s, '');
  for (let at = 0; at + 512 <= tar.length;) {
    const size = Number.parseInt(text(at + 124, 12), 8) || 0;
    if (text(at, 100).replace(/^\.\//, '') === name) return tar.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new Error(`${name} is not in the archive`);
}
