/**
 * Reproducible experiments on parallel decoding of diffusion language models: load a model, decode with any of the methods,
 * measure the trace, draw the figures, compare with the papers.
 *
 * @example Decode and count
 * ```ts ignore
 * import { createDecoder, decode, loadModel, loadTokenizer } from "dllm-lab";
 *
 * const tokenizer = await loadTokenizer("checkpoint");
 * using model = await loadModel("checkpoint");
 * const decoder = createDecoder({ name: "lopa", options: { lookaheads: 4 } });
 * for await (const step of decode(model, decoder, tokenizer.encode("Q:2+2=?"))) {
 *   console.log(step.index, step.fills.length);
 * }
 * ```
 *
 * @module
 */
export * from "./engine/mod.ts";
export { type ModelConfig, parseConfig } from "./model/config.ts";
export {
  AdapterError,
  CheckpointError,
  ConfigError,
  NonFiniteError,
  RequestError,
  SafetensorsError,
  TokenizerError,
} from "./model/errors.ts";
export { loadModel, type LoadOptions } from "./model/load_model.ts";
export { NativeModel, type NativeOptions } from "./model/native_model.ts";
export {
  type NetworkShape,
  type RandomOptions,
  randomSource,
  SHAPES,
} from "./model/random_model.ts";
export {
  loadReferenceModel,
  ReferenceModel,
  type ReferenceOptions,
} from "./model/reference_model.ts";
export type { TensorSource } from "./model/tensor_source.ts";
export { loadTokenizer, type Tokenizer } from "./model/tokenizer.ts";
export type {
  BranchPredictions,
  BranchWindow,
  CacheOperation,
  ConfidenceDtype,
  DiffusionModel,
  ForwardRequest,
  ModelSession,
  ModelSpec,
  PositionRange,
  Predictions,
  SamplingOptions,
  Visibility,
} from "./model/types.ts";
export { d2f, type D2fOptions } from "./decoding/d2f.ts";
export {
  type CompleteDecode,
  decode,
  type DecodeOptions,
  runDecode,
  type StepTiming,
} from "./decoding/decode.ts";
export {
  dreamVanilla,
  type DreamVanillaOptions,
} from "./decoding/dream_vanilla.ts";
export {
  dparallelDream,
  type DparallelDreamOptions,
  dparallelLlada,
  type DparallelLladaOptions,
} from "./decoding/entropy_threshold.ts";
export { DecodeError } from "./decoding/errors.ts";
export {
  fastDllmDream,
  type FastDllmDreamOptions,
} from "./decoding/fast_dllm_dream.ts";
export {
  fastDllmDreamCanvas,
  type FastDllmDreamCanvasOptions,
} from "./decoding/fast_dllm_dream_canvas.ts";
export {
  fastDllmLlada,
  type FastDllmLladaOptions,
} from "./decoding/fast_dllm_llada.ts";
export {
  lladaVanilla,
  type LladaVanillaOptions,
} from "./decoding/llada_vanilla.ts";
export { lopa } from "./decoding/lopa.ts";
export type { LopaOptions } from "./decoding/lopa_options.ts";
export { counterUniforms, recordedUniforms } from "./decoding/random.ts";
export {
  createDecoder,
  decoderNames,
  type DecoderSpec,
} from "./decoding/registry.ts";
export {
  ReplayError,
  type ReplayFrame,
  replayResult,
} from "./decoding/replay.ts";
export type { SamplerInputs } from "./decoding/sampling.ts";
export { parseTrace, parseTraces } from "./decoding/trace_reader.ts";
export {
  type Trace,
  TraceError,
  type TraceFault,
  type TraceHeader,
  type TraceTiming,
  type TraceVocabulary,
} from "./decoding/trace_types.ts";
export {
  type TraceSink,
  traceText,
  TraceWriter,
} from "./decoding/trace_writer.ts";
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
} from "./decoding/types.ts";
export { agreement } from "./metrics/agreement.ts";
export { aup, type AupPoint } from "./metrics/aup.ts";
export {
  bootstrap,
  type BootstrapOptions,
  bootstrapRatio,
} from "./metrics/bootstrap.ts";
export type { Interval, IntervalOptions } from "./metrics/interval.ts";
export { measure, measureOne, METRICS } from "./metrics/metrics.ts";
export {
  type ParallelTokens,
  parallelTokens,
  type ParallelTokensOptions,
} from "./metrics/parallel.ts";
export { mcnemar, type PairedAccuracy, wilson } from "./metrics/proportions.ts";
export { quantile } from "./metrics/quantile.ts";
export type {
  Metric,
  MetricDefinition,
  MetricOptions,
  MetricValue,
} from "./metrics/types.ts";
export { toCsv } from "./figures/csv.ts";
export {
  fillOrder,
  fillOrderFigure,
  type FillOrderRow,
  type FillSource,
} from "./figures/fill_order.ts";
export {
  fillReplay,
  type FillReplayOptions,
  fillReplaySvg,
} from "./figures/fill_replay.ts";
export { type LopaRoundOptions, lopaRoundRows } from "./figures/lopa_round.ts";
export {
  parallelTokensFigure,
  type ParallelTokensRow,
} from "./figures/parallel_tokens.ts";
export {
  showFigure,
  showTable,
  type ShowTableOptions,
} from "./figures/show.ts";
export {
  type PaperScalingRow,
  type ScalingRow,
  tpfScalingFigure,
} from "./figures/tpf_scaling.ts";
export type {
  Drawing,
  Figure,
  FigureRow,
  FigureSpec,
} from "./figures/types.ts";
export type { Mode } from "./lab/cell.ts";
export type {
  CellContext,
  CellPlan,
  CellResult,
  Experiment,
  ResultTable,
} from "./lab/experiment.ts";
export {
  generate,
  type GenerateOptions,
  type GenerateView,
  type Generation,
} from "./lab/generate.ts";
export { goldenDirectory } from "./lab/golden_archive.ts";
export {
  currentMode,
  type LabOptions,
  type LabResults,
  runLab,
} from "./lab/lab.ts";
export {
  type NotebookRun,
  runNotebook,
  type RunNotebookOptions,
} from "./lab/notebook_runner.ts";
export { loadPaperTable } from "./lab/paper.ts";
export type { Progress } from "./lab/progress.ts";
export { notebookProgress } from "./lab/progress_notebook.ts";
