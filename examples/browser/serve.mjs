// Bundles the page and serves it on this machine: `npm run example:browser`, or with a port: `-- 8080`.
import { fileURLToPath } from 'node:url';
import { context } from 'esbuild';

const folder = fileURLToPath(new URL('.', import.meta.url));

/** Resolves to { url, close }. Port 0 is any that is free. */
export async function serve(port = 0) {
  const bundle = await context({
    entryPoints: { main: `${folder}main.mjs` },
    bundle: true,
    format: 'esm',
    platform: 'browser', // `mia` is then its browser entry
    target: 'es2022',
    loader: { '.safetensors': 'file' },
    minify: true,
    outdir: folder, // where the page looks for it
    write: false, // served from memory
    logLevel: 'warning',
  });
  const server = await bundle.serve({ servedir: folder, host: '127.0.0.1', port });
  return { url: `http://127.0.0.1:${server.port}/`, close: () => bundle.dispose() };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const { url } = await serve(Number(process.argv[2] ?? 8000));
    console.log(`${url}   Ctrl-C ends it`);
  } catch (error) {
    console.error(error.message); // no such port, or one that is taken
    process.exit(1);
  }
}
