/**
 * Decoding: algorithms as pure state machines, the driver that runs them on a model, traces and their replay.
 *
 * @module
 */
export { AnswerProgress, settledForwards } from "./answer_progress.ts";
export {
  autoregressive,
  type AutoregressiveOptions,
} from "./autoregressive.ts";
export type { BlockwiseOptions } from "./blockwise_options.ts";
export type { CachePolicy } from "./blockwise_request.ts";
export {
  type CanvasChoice,
  canvasDecoder,
  type CanvasPlan,
  type StepContext,
} from "./canvas_wide.ts";
export { d2f, type D2fOptions } from "./d2f.ts";
export type { ConfidenceStrategy } from "./d2f_fill.ts";
export type { BlockTableOptions, ThresholdOptions } from "./d2f_options.ts";
export {
  type CompleteDecode,
  decode,
  type DecodeOptions,
  runDecode,
  type StepTiming,
} from "./decode.ts";
export type { DreamScheduleOptions } from "./dream_rules.ts";
export { dreamVanilla, type DreamVanillaOptions } from "./dream_vanilla.ts";
export {
  dparallelDream,
  type DparallelDreamOptions,
  dparallelLlada,
  type DparallelLladaOptions,
} from "./entropy_threshold.ts";
export { DecodeError } from "./errors.ts";
export { fastDllmDream, type FastDllmDreamOptions } from "./fast_dllm_dream.ts";
export {
  fastDllmDreamCanvas,
  type FastDllmDreamCanvasOptions,
} from "./fast_dllm_dream_canvas.ts";
export { fastDllmLlada, type FastDllmLladaOptions } from "./fast_dllm_llada.ts";
export type { RecordedSetting, SettingContext } from "./golden_settings.ts";
export { lladaVanilla, type LladaVanillaOptions } from "./llada_vanilla.ts";
export {
  decodeLockstep,
  type LockstepJob,
  type LockstepOptions,
  type LockstepOutcome,
} from "./lockstep.ts";
export { lopa } from "./lopa.ts";
export { lopaCanvas, type LopaCanvasOptions } from "./lopa_canvas.ts";
export type { BranchOptions, LopaOptions } from "./lopa_options.ts";
export { counterUniforms, recordedUniforms } from "./random.ts";
export {
  createDecoder,
  decoderFromSetting,
  decoderNames,
  type DecoderSpec,
  goldenFamilies,
} from "./registry.ts";
export {
  replay,
  ReplayError,
  type ReplayFrame,
  replayResult,
} from "./replay.ts";
export type {
  CommonDecoderOptions,
  DreamFamilyOptions,
  SamplerInputs,
} from "./sampling.ts";
export type { PickedCandidate } from "./selection.ts";
export { toyModel, type ToyModelOptions, toyPrompt } from "./toy_model.ts";
export { parseTrace, parseTraces } from "./trace_reader.ts";
export {
  type Trace,
  TraceError,
  type TraceFault,
  type TraceHeader,
  type TraceTiming,
  type TraceVocabulary,
} from "./trace_types.ts";
export { type TraceSink, traceText, TraceWriter } from "./trace_writer.ts";
export type {
  BlockRecord,
  BlockState,
  BranchRecord,
  Decoder,
  DecodeResult,
  DecodeStep,
  Fill,
  FillKind,
  SpawnRecord,
  Transition,
  UniformKey,
  UniformSource,
} from "./types.ts";
