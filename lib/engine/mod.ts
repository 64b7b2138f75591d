/**
 * The engine: devices, their memory, command buffers and plans over the native library. It knows operations and nothing about
 * models.
 *
 * @module
 */
export {
  ABI_VERSION,
  ADAMW_WORDS,
  DTYPE_CODES,
  type ElementType,
  type Epilogue,
  type Isa,
  LOSS_FLAGS,
  LOSS_RESULT_BYTES,
  LOSS_WORDS,
  RESULT_BYTES,
  type StatusName,
  SWIGLU_GROUP,
} from "./abi.ts";
export { DeviceBuffer } from "./buffer.ts";
export {
  buildLibrary,
  type BuildLibraryOptions,
  type BuildResult,
} from "./build.ts";
export { type Compiler, findCompiler } from "./compiler.ts";
export type { RunReport } from "./_context.ts";
export {
  Device,
  type DeviceInfo,
  type DeviceOptions,
  type SubmitOptions,
} from "./device.ts";
export { CommandEncoder, type CommandEncoderOptions } from "./encoder.ts";
export {
  AbiMismatchError,
  EngineError,
  LibraryLoadError,
  LifetimeError,
  NativeBuildError,
} from "./errors.ts";
export { DeviceGroup } from "./group.ts";
export { type BuildInfo, loadLibrary, type NativeLibrary } from "./library.ts";
export type { BufferRef, OpOptions, WeightRef } from "./ops.ts";
export type {
  GroupRef,
  ParallelOpOptions,
  ShardHeadOptions,
} from "./parallel_ops.ts";
export type { TrainingOpOptions } from "./training_ops.ts";
export {
  type AttentionSegment,
  type HeadRequest,
  type HeadRows,
  type HeadSampling,
  type KeyRange,
  ParameterLayout,
  ParameterTable,
  type RowCopy,
} from "./parameters.ts";
export { Plan, type PlanOptions, type RunPlanOptions } from "./plan.ts";
export { DeviceResource } from "./_resource.ts";
export {
  SWIGLU_ROWS,
  Weight,
  type WeightOptions,
  type WriteRowsOptions,
} from "./weight.ts";
