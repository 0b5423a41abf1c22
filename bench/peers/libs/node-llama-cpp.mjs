/** node-llama-cpp on the CPU, with the binary that came with it. */
export async function load(threads) {
  const { getLlama, LlamaLogLevel } = await import('node-llama-cpp');
  const llama = await getLlama({
    gpu: false,
    build: 'never',
    skipDownload: true,
    logLevel: LlamaLogLevel.error,
    maxThreads: threads,
  });
  return {
    /** A GGUF file: { prefill(ids), generate(ids, count) -> ids, close }. */
    async llama(path, contextSize) {
      const model = await llama.loadModel({ modelPath: path, gpuLayers: 0 });
      const context = await model.createContext({
        contextSize,
        batchSize: 512,
        threads: { ideal: threads, min: threads },
      });
      const sequence = context.getSequence();
      return {
        async prefill(ids) {
          await sequence.clearHistory();
          await sequence.evaluateWithoutGeneratingNewTokens(ids);
        },
        async generate(ids, count) {
          await sequence.clearHistory();
          const written = [];
          for await (const id of sequence.evaluate(ids, { temperature: 0 })) {
            written.push(id);
            if (written.length >= count) break;
          }
          return written;
        },
        async close() {
          await context.dispose();
          await model.dispose();
        },
      };
    },
  };
}
