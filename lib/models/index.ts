/** The public exports of `mia/models`; nothing inside imports it. */
export { openCheckpoint, type Checkpoint, type CheckpointTensor } from './files/checkpoint.js';
