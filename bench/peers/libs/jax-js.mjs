import { installWebWorker } from './web-worker.mjs';

export async function load(threads) {
  // jax-js looks for a browser: its memory is shared, and its kernels use threads, where there are workers.
  globalThis.navigator ??= { userAgent: 'Node.js', hardwareConcurrency: threads };
  installWebWorker();
  const { defaultDevice, init, jit, nn, numpy: np } = await import('@jax-js/jax');
  await init('wasm');
  defaultDevice('wasm');
  const ops = {
    matmul: ({ k, n, w }) => {
      const b = np.array(w).reshape([k, n]);
      const f = jit((x, b) => np.matmul(x, b));
      return (x) => f(x.ref, b.ref);
    },
    softmax: () => {
      const f = jit((x) => nn.softmax(x));
      return (x) => f(x.ref);
    },
  };
  return {
    open(work) {
      const op = ops[work.op]?.(work);
      if (!op) return undefined;
      const x = np.array(work.x).reshape(work.shape);
      return { run: () => op(x).data(), close: () => x.dispose() };
    },
  };
}
