// What a page pays for `mia`: the browser entry of dist/, bundled as a user's bundler does. Nothing of Node may be in it.
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { root } from '../files.mjs';

const capKb = 150; // gzipped; KB of 1000 bytes

export const title = 'browser bundle';

export function check() {
  let result;
  try {
    result = buildSync({
      stdin: { contents: `export * from 'mia'`, resolveDir: root },
      bundle: true,
      format: 'esm',
      platform: 'browser', // takes the condition of package.json's exports, and has no node: modules
      minify: true,
      write: false,
      metafile: true,
      logLevel: 'silent',
    });
  } catch (error) {
    return { checked: 'nothing', problems: [error.message] };
  }
  const { inputs } = result.metafile;
  const foreign = Object.keys(inputs).filter((file) => !/^(dist\/|<stdin>)/.test(file));
  const [{ contents }] = result.outputFiles;
  const kb = gzipSync(contents).length / 1000;
  const problems = foreign.map((file) => `${file} is in the bundle: it is to be Mia's own code alone`);
  if (kb > capKb) problems.push(`${kb.toFixed(1)} KB gzipped, the cap is ${capKb}: find what grew`);
  const files = `${Object.keys(inputs).length - 1} modules`;
  return {
    checked: `${files}, ${(contents.length / 1000).toFixed(0)} KB, ${kb.toFixed(1)} gzipped`,
    problems,
  };
}
