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
} from "./inspection.ts";
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
export type { TensorSource } from "./tensor_source.ts";
export { loadTokenizer, type Tokenizer } from "./tokenizer.ts";
export type * from "./types.ts";
