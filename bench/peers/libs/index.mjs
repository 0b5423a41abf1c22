/**
 * The peers, each behind `open(work, threads)`: work of bench/peers/work.mjs to a side { run, close }, where run resolves to
 * the output as a Float32Array; undefined where the peer has no such work. Whoever runs whole models has methods for that.
 */
const modules = {
  'onnxruntime-node': './onnxruntime-node.mjs',
  'node-llama-cpp': './node-llama-cpp.mjs',
  'onnxruntime-web': './onnxruntime-web.mjs',
  'tfjs-wasm': './tfjs-wasm.mjs',
  'jax-js': './jax-js.mjs',
};

/** Those that are installed; a line for each that is not. */
export async function loadPeers(threads) {
  const peers = {};
  for (const [name, path] of Object.entries(modules)) {
    try {
      peers[name] = await (await import(path)).load(threads);
    } catch (error) {
      const missing = error.code === 'ERR_MODULE_NOT_FOUND' || error.code === 'MODULE_NOT_FOUND';
      const why = missing
        ? 'not installed (npm run bench:peers:install)'
        : String(error.message).split('\n')[0];
      console.log(`skipped ${name}: ${why}`);
    }
  }
  return peers;
}
