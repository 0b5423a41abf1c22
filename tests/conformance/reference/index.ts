/** The reference: what every op means, slowly, in float64 and in integers of any size. It shares no code with lib. */
export * from './array.js';
export * from './attention.js';
export * from './elementwise.js';
export * from './indexing.js';
export * from './matmul.js';
export * from './movement.js';
export * from './reduce.js';
export * from './sample.js';
export * from './windows.js';
export * from './wkv.js';
export * from './blocks.js';
