/** The public exports of `mia/models`; nothing inside imports it. */
export { openCheckpoint, type Checkpoint, type CheckpointTensor } from './files/checkpoint.js';
export { resolveModel, type ResolveOptions } from './files/hub.js';
export type { DownloadProgress } from './files/hub/download.js';
export type { ClassifyOptions } from './classify.js';
export type { Pixels, PixelValues } from './images/preprocess.js';
export type { Classification } from './labels.js';
export { loadModel, type LoadOptions } from './load.js';
export type { FinishReason, GeneratedToken, Prompt } from './generate/generator.js';
export type { GenerateOptions } from './generate/options.js';
export type { Model } from './model.js';
export type { NetworkInput } from './network.js';
export type { NamedArray, NamedResult } from './forward.js';
export type { EmbedOptions } from './rows/embed.js';
export type { Pooling } from './rows/pooling.js';
export type { TokenInput } from './rows/requests.js';
export type { LoadProgress, WeightFormat } from './weights.js';
export type { ChatMessage, ChatOptions } from './text/chat.js';
export type { DecodeOptions, EncodeOptions, Tokenizer } from './text/tokenizer.js';
