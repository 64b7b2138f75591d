/**
 * Models: checkpoints in Hugging Face layout, tokenizers, LoRA adapters, and the Dream and LLaDA networks on the native engine.
 *
 * @module
 */
export {
  AdapterError,
  CheckpointError,
  ConfigError,
  NonFiniteError,
  RequestError,
  SafetensorsError,
  TokenizerError,
} from "./errors.ts";
export { Checkpoint, loadCheckpoint } from "./checkpoint.ts";
export type { ModelConfig, SpecialIds } from "./config.ts";
export type {
  CacheSlice,
  InspectableModel,
  InspectableSession,
  InspectedForward,
  NativeModelSession,
} from "./inspection.ts";
export type { FloatType } from "./float_types.ts";
export { loadModel, type LoadOptions } from "./load_model.ts";
export { NativeModel, type NativeOptions } from "./native_model.ts";
export {
  type NetworkShape,
  type RandomOptions,
  randomSource,
  SHAPES,
} from "./random_model.ts";
export {
  loadReferenceModel,
  ReferenceModel,
  type ReferenceOptions,
} from "./reference_model.ts";
export { type AdapterOptions, mergeAdapter } from "./lora.ts";
export type { RowRange, TensorSource } from "./tensor_source.ts";
export { loadTokenizer, type Tokenizer } from "./tokenizer.ts";
export type * from "./types.ts";
