export {
  congruent,
  crd2idx,
  flatten,
  formatTuple,
  idx2crd,
  mapLeaves,
  prefixProduct,
  product,
  suffixProduct,
  weaklyCongruent,
  type IntTuple,
} from './int-tuple.js';
export { Layout, type Tiler } from './layout.js';
export * from './strided.js';
export { blockView, type BlockView } from './blocks.js';
