// Reads the import statements of lib/, for the checks of direction and cycles.
import { posix } from 'node:path';
import { read, walk } from '../files.mjs';

const statement =
  /^\s*(import|export)(\s+type)?\b(?:[^'"`;]*?\bfrom)?\s*['"]([^'"\n]+)['"]|\bimport\(\s*['"]([^'"\n]+)['"]/gm;

const withoutComments = (text) =>
  text.replace(/\/\*[^]*?\*\//g, (comment) => comment.replace(/[^\n]/g, ' ')).replace(/^\s*\/\/.*$/gm, '');

/** Each import as { from, to, line, typeOnly }; `to` is a file of lib/ or the bare specifier as written. */
export function importsOf(folder = 'lib') {
  return walk(folder)
    .filter((file) => file.endsWith('.ts'))
    .flatMap((from) => {
      const text = withoutComments(read(from));
      return [...text.matchAll(statement)].map((match) => {
        const specifier = match[3] ?? match[4];
        const local = posix.join(posix.dirname(from), specifier).replace(/\.js$/, '.ts');
        return {
          from,
          to: specifier.startsWith('.') ? local : specifier,
          line: text.slice(0, match.index + match[0].search(/\S/)).split('\n').length,
          typeOnly: match[2] !== undefined,
        };
      });
    });
}
