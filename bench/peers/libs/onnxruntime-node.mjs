import { onnxruntime } from './onnxruntime.mjs';

export async function load(threads) {
  const { default: ort } = await import('onnxruntime-node');
  const options = { intraOpNumThreads: threads, interOpNumThreads: 1, graphOptimizationLevel: 'all' };
  return onnxruntime(ort, options, true);
}
