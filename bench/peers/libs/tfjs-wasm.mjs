import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** tfjs has threads in browsers only: in Node it runs on one. */
export async function load() {
  const require = createRequire(import.meta.url);
  const tf = require('@tensorflow/tfjs');
  const wasm = require('@tensorflow/tfjs-backend-wasm');
  wasm.setWasmPaths(
    `${join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'wasm-out')}/`,
  );
  await tf.setBackend('wasm');
  await tf.ready();
  const ops = {
    matmul: ({ k, n, w }) => {
      const b = tf.tensor2d(w, [k, n]);
      return (x) => tf.matMul(x, b);
    },
    softmax: () => (x) => tf.softmax(x),
  };
  return {
    threads: 1,
    open(work) {
      const op = ops[work.op]?.(work);
      if (!op) return undefined;
      const x = tf.tensor2d(work.x, work.shape);
      const run = async () => {
        const y = op(x);
        const data = await y.data();
        y.dispose();
        return data;
      };
      return { run, close: () => tf.disposeVariables() };
    },
  };
}
