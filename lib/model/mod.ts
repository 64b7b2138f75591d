/**
 * Models: checkpoints in Hugging Face layout, tokenizers, LoRA adapters, and the Dream and LLaDA networks on the native engine.
 *
 * @module
 */
export { Checkpoint, loadCheckpoint } from "./checkpoint.ts";
export type { ModelConfig, SpecialIds } from "./config.ts";
export {
  AdapterError,
  CheckpointError,
  ConfigError,
  NonFiniteError,
  RequestError,
  SafetensorsError,
  TokenizerError,
} from "./errors.ts";
export type { FloatType } from "./float_types.ts";
export type {
  CacheSlice,
  InspectableModel,
  InspectableSession,
  InspectedForward,
  NativeModelSession,
} from "./inspection.ts";
export { loadModel, type LoadModelOptions } from "./load_model.ts";
export { type AdapterOptions, mergeAdapter } from "./lora.ts";
export { NativeModel, type NativeModelOptions } from "./native_model.ts";
export type { PageOptions } from "./cache_pages.ts";
export type {
  CommittedRows,
  ReplicaModel,
  ReplicaSession,
  SessionOptions,
  StagedChoice,
} from "./replica.ts";
export {
  type NetworkShape,
  randomSource,
  type RandomSourceOptions,
  SHAPES,
} from "./random_model.ts";
export {
  loadReferenceModel,
  ReferenceModel,
  type ReferenceModelOptions,
} from "./reference_model.ts";
export type { RowRange, TensorSource } from "./tensor_source.ts";
export { loadTokenizer, type Tokenizer } from "./tokenizer.ts";
export type * from "./types.ts";
