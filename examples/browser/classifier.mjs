import { compile, spec, WebGpu } from 'mia';
import { digitsNetwork } from '../digits/network.mjs';
import { readSafetensors } from '../digits/safetensors.mjs';
import model from '../digits/model.safetensors'; // the bundler puts the file beside the page; this is its address

/** The digits network on this browser's GPU. `classify`: ink 0..16, f32 [64] -> probabilities, f32 [10] */
export async function createClassifier() {
  const gpu = await WebGpu.create();
  const response = await fetch(model);
  const network = digitsNetwork(gpu, readSafetensors(await response.arrayBuffer()));
  const program = await compile(gpu, { x: spec('f32', [1, 64]) }, ({ x }) => ({ probabilities: network(x) }));
  const classify = async (x) => (await program.run({ x })).probabilities;
  await classify(new Float32Array(64)); // shaders are compiled now, not at the first line
  return { name: nameOf(gpu.info), classify };
}

const nameOf = ({ description, vendor, architecture }) =>
  description || [vendor, architecture].filter(Boolean).join(' ') || 'the GPU';
