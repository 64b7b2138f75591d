/**
 * Training: objectives that make batches, and what runs them.
 *
 * @module
 */
export {
  type AnswerBlock,
  answerBlocks,
  blockSegments,
  d2fProbabilities,
  type D2fRange,
  frontierProbabilities,
  frontierSegments,
} from "./block_noise.ts";
export {
  type Canvas,
  type CanvasLength,
  type CanvasOptions,
  type Example,
  layCanvases,
} from "./canvas.ts";
export {
  adapterFiles,
  type AdapterSettings,
  type AdapterTensors,
  projectionPattern,
} from "./adapter_files.ts";
export { causal, type CausalContext, type CausalOptions } from "./causal.ts";
export {
  certaintyBatch,
  certaintyForcing,
  type CertaintyForcingOptions,
  certaintyNoise,
  type CertaintyNoiseOptions,
} from "./certainty_forcing.ts";
export {
  d2f as d2fDistillation,
  d2fLoss,
  d2fNoise,
  type D2fOptions as D2fDistillationOptions,
} from "./d2f.ts";
export {
  type DrawPlace,
  type Draws,
  stepDraws,
  type StepKey,
} from "./draws.ts";
export { ExampleError } from "./example_error.ts";
export { goldenBatch, type GoldenTraining } from "./golden_batch.ts";
export type { LoraOptions } from "./adapters.ts";
export type { DecayRule } from "./arena.ts";
export { BatchError, DivergenceError, TrainerError } from "./errors.ts";
export { DiskFullError, FileWriteError } from "./atomic.ts";
export type { StageIdentity } from "./checkpoint.ts";
export { type CurvePoint, readCurve } from "./curve.ts";
export { modelFiles, type ModelParts } from "./export.ts";
export { initialWeights } from "./initial_weights.ts";
export {
  runStage,
  type RunStageOptions,
  type StageOutcome,
  type StageProgress,
  type StageWork,
} from "./loop.ts";
export { type LossTerms, lossTerms } from "./loss_terms.ts";
export { memorySource } from "./memory_source.ts";
export { replaceFolder } from "./model_folder.ts";
export {
  type Divergence,
  StageDivergedError,
  StateDamagedError,
  StateLockedError,
  StateMismatchError,
} from "./run_errors.ts";
export { joinBatches, splitBatch } from "./join_batches.ts";
export {
  cartWeights,
  DREAM_LOSS,
  LLADA_LOSS,
  type LossWeights,
  lossWeights,
  LOW_VARIANCE_LOSS,
} from "./loss_weights.ts";
export { leftToRight, type LeftToRightOptions } from "./left_to_right.ts";
export {
  maskedDiffusion,
  type MaskedDiffusionOptions,
} from "./masked_diffusion.ts";
export {
  maskedDiffusionNoise,
  type MaskedDiffusionNoiseOptions,
} from "./masked_diffusion_noise.ts";
export {
  complementNoise,
  drawNoise,
  type NoisedSequence,
  type NoiseSegment,
} from "./noise.ts";
export {
  type Attention,
  attentionLimits,
  type CertaintyOptions,
  noisedBatch,
  type NoisedBatchOptions,
  type TeacherOptions,
} from "./noised_batch.ts";
export type { ObjectiveContext, ObjectiveModel } from "./objective.ts";
export { learningRate, type RateSchedule } from "./schedule.ts";
export { OpTimes } from "./profiled_plan.ts";
export {
  decodeTrajectories,
  encodeTrajectories,
  type Rejected,
  trajectoriesDigest,
  type Trajectory,
  type TrajectorySet,
  type TrajectorySource,
} from "./trajectories.ts";
export { createTrainer, NativeTrainer, type StepOptions } from "./trainer.ts";
export type { TrainerOptions } from "./trainer_options.ts";
export type {
  BatchLoss,
  LossRow,
  StepRates,
  StepReport,
  Trainer,
  TrainerState,
  TrainingBatch,
  TrainingSequence,
} from "./types.ts";
