/**
 * Decoding: algorithms as pure state machines, the driver that runs them on a model, traces and their replay.
 *
 * @module
 */
export {
  type CanvasChoice,
  canvasDecoder,
  type CanvasPlan,
  type CanvasState,
  type StepContext,
} from "./canvas_wide.ts";
export { d2f, type D2fOptions, type D2fState } from "./d2f.ts";
export {
  type CompleteDecode,
  decode,
  type DecodeOptions,
  runDecode,
  type StepTiming,
} from "./decode.ts";
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
export { lladaVanilla, type LladaVanillaOptions } from "./llada_vanilla.ts";
export { lopa } from "./lopa.ts";
export { lopaCanvas, type LopaCanvasOptions } from "./lopa_canvas.ts";
export type { LopaOptions } from "./lopa_options.ts";
export { counterUniforms, recordedUniforms } from "./random.ts";
export {
  createDecoder,
  type DecoderFactory,
  decoderNames,
  type DecoderSpec,
} from "./registry.ts";
export {
  replay,
  ReplayError,
  type ReplayFrame,
  replayResult,
} from "./replay.ts";
export type { SamplerInputs } from "./sampling.ts";
export { toyModel, type ToyOptions, toyPrompt } from "./toy_model.ts";
export { parseTrace, parseTraces, TraceReader } from "./trace_reader.ts";
export * from "./trace_types.ts";
export { traceText, TraceWriter } from "./trace_writer.ts";
export type * from "./types.ts";
