/** A browser's Worker over a thread of Node's, for modules in blobs: as far as jax-js uses one. */
import { resolveObjectURL } from 'node:buffer';
import { Worker as Thread } from 'node:worker_threads';

const prelude = `
const { parentPort } = require('node:worker_threads');
const self = globalThis;
self.postMessage = (data) => parentPort.postMessage(data);
parentPort.on('message', (data) => self.onmessage({ data }));
`;

class WebWorker {
  #thread;

  constructor(url) {
    this.#thread = resolveObjectURL(url)
      .text()
      .then((source) => {
        const thread = new Thread(prelude + source, { eval: true });
        thread.on('message', (data) => this.onmessage?.({ data }));
        thread.on('error', (error) => this.onerror?.(error));
        return thread;
      });
  }

  postMessage(data) {
    void this.#thread.then((thread) => thread.postMessage(data, []));
  }
}

/** Makes `Worker` global. onnxruntime-web assigns one of its own, later: that one keeps the files. */
export function installWebWorker() {
  let files = globalThis.Worker;
  function Worker(url, options) {
    return String(url).startsWith('blob:') ? new WebWorker(url) : new files(url, options);
  }
  Object.defineProperty(globalThis, 'Worker', {
    configurable: true,
    get: () => Worker,
    set(w) {
      files = w;
    },
  });
}
