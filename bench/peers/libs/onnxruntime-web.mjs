import { onnxruntime } from './onnxruntime.mjs';

export async function load(threads) {
  const ort = await import('onnxruntime-web');
  ort.env.wasm.numThreads = threads;
  ort.env.logLevel = 'error';
  return onnxruntime(ort, { executionProviders: ['wasm'], graphOptimizationLevel: 'all' }, false);
}
