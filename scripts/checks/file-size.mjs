// A source file stays short enough to be read in one sitting, and its text clean where no formatter looks.
import { read, walk } from '../files.mjs';

const maxLines = 400;
const maxColumns = 120;
const sources = /\.(ts|mts|js|mjs|cc|h|inl|def|wgsl|py|sh|cmake)$/;
const native = /\.(cc|h|inl|def)$/; // formatted by hand or editor, not by `npm run format`

export const title = 'file size and text';

export function check() {
  const files = walk(
    'lib',
    'native',
    'tests',
    'bench',
    'examples',
    'scripts',
    'cmake',
    'CMakeLists.txt',
  ).filter((file) => sources.test(file) && !file.startsWith('tests/fixtures/'));
  const problems = files.flatMap((file) => {
    const text = read(file);
    const lines = text.split('\n');
    const found = [];
    if (lines.length - 1 > maxLines) {
      found.push(`${file}: ${lines.length - 1} lines, the cap is ${maxLines}: split it by idea`);
    }
    if (text !== '' && !text.endsWith('\n')) found.push(`${file}: no newline at the end: add one`);
    lines.forEach((line, index) => {
      const at = `${file}:${index + 1}`;
      if (/\s$/.test(line)) found.push(`${at}: space at the end of the line: remove it`);
      if (line.includes('\t')) found.push(`${at}: tab: use spaces`);
      if (native.test(file) && line.length > maxColumns) {
        found.push(`${at}: ${line.length} columns, the limit is ${maxColumns}: break the line`);
      }
    });
    return found;
  });
  return { checked: `${files.length} source files`, problems };
}
