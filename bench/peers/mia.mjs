/** Mia by its path: this folder is a package of its own, whose scope does not know the name. */
export { loadModel } from '../../dist/models/index.js';
export { compile, Cpu, spec, Tensor } from '../../dist/index.js';
