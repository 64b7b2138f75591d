/**
 * Runs one stage of training, from its beginning or from its newest checkpoint.
 *
 * @module
 */
import { join } from "node:path";
import type { StageIdentity } from "./checkpoint.ts";
import { CheckpointStore } from "./checkpoint_store.ts";
import { CurveLog, type CurvePoint } from "./curve.ts";
import { lossTerms } from "./loss_terms.ts";
import { DivergenceError } from "./errors.ts";
import { StageDivergedError } from "./run_errors.ts";
import type { StepRates, StepReport, Trainer, TrainingBatch } from "./types.ts";

/** What a stage computes. Steps count from 1. */
export interface StageWork {
  /** Names the stage; a checkpoint of another identity is refused. */
  readonly identity: StageIdentity;
  /** Steps of the stage. */
  readonly steps: number;
  /** Rates of a step. */
  rates(step: number): StepRates;
  /** Micro-batches of a step: a function of the step alone, or a resumed run would differ. */
  batches(step: number): readonly TrainingBatch[];
}

/** Where a stage stands. */
export interface StageProgress {
  /** The step just done. */
  readonly point: CurvePoint;
  /** Steps until this run stops. */
  readonly until: number;
  /** Tokens per second of this run. */
  readonly tokensPerSecond: number;
  /** Estimated seconds left. */
  readonly secondsLeft: number;
}

/** Options of {@linkcode runStage}. */
export interface RunStageOptions {
  /** Folder of checkpoints and curves. */
  readonly folder: string;
  /** Stop after this step. Default: the stage's last. */
  readonly until?: number;
  /** Least seconds between two checkpoints. Default 30. */
  readonly checkpointSeconds?: number;
  /** Aborted: stop after the running step, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Evaluation after every so many steps and after the last; must leave the trainer's state as it is. */
  readonly evaluate?: {
    readonly every: number;
    run(trainer: Trainer): Promise<Readonly<Record<string, number>>>;
  };
  /** Called after every step. */
  readonly onStep?: (progress: StageProgress) => void;
  /** Takes what a person should know. Default: standard error. */
  readonly warn?: (message: string) => void;
  /** Clock in milliseconds. */
  readonly now?: () => number;
}

/** How a run of a stage ended. */
export interface StageOutcome {
  /** Steps done, those before this run included. */
  readonly step: number;
  /** Steps done before this run. */
  readonly resumedAt: number;
  /** Whether the stage is at its end. */
  readonly finished: boolean;
  /** Tokens trained on in the stage. */
  readonly tokens: number;
  /** Seconds spent in the stage. */
  readonly seconds: number;
}

/** File of a stage's curve. */
export function curvePath(folder: string, stage: number): string {
  return join(folder, `stage-${String(stage).padStart(2, "0")}.jsonl`);
}

/**
 * Trains a stage with `trainer`, which stands at the stage's beginning. Where the folder holds a checkpoint of the stage, the
 * run goes on from it, and the weights come out as if it had never stopped. The next batch is built while a step runs. At the
 * end, and when it is stopped, a checkpoint of its last step is there; an error writes none.
 *
 * @throws {StageDivergedError} When loss or gradient norm are not finite.
 * @throws {StateDamagedError} When all checkpoints of the stage are damaged.
 * @throws {StateMismatchError} When the newest checkpoint is of another recipe or shape.
 * @throws {DiskFullError} When a checkpoint finds no room; the one before it is kept.
 */
export async function runStage(
  trainer: Trainer,
  work: StageWork,
  options: RunStageOptions,
): Promise<StageOutcome> {
  const {
    folder,
    until = work.steps,
    checkpointSeconds = 30,
    signal,
    evaluate,
    onStep,
    warn = console.error,
    now = () => performance.now(),
  } = options;
  const { identity, steps } = work;
  const store = new CheckpointStore(folder, warn);
  const fresh = trainer.saveState();
  const found = await store.latest({
    identity,
    elements: fresh.weights.length,
    average: fresh.average !== undefined,
  });
  if (found !== null) trainer.loadState(found.state);
  const resumedAt = found?.state.step ?? 0;
  const before = found ?? { tokens: 0, seconds: 0, curveBytes: 0 };
  using curve = await CurveLog.open(curvePath(folder, identity.stage), {
    bytes: before.curveBytes,
    warn,
  });
  const last = Math.min(until, steps);
  const start = now();
  const seconds = () => before.seconds + (now() - start) / 1000;
  let { tokens } = before;
  let step = resumedAt, saved = resumedAt, savedAt = start;

  const save = async () => {
    await curve.sync();
    await store.write({
      identity,
      state: trainer.saveState(),
      curveBytes: curve.bytes,
      tokens,
      seconds: seconds(),
    });
    saved = step;
    savedAt = now();
  };

  let batches = step < last ? work.batches(step + 1) : [];
  while (step < last && !signal?.aborted) {
    const rates = work.rates(step + 1);
    const [stepped, prepared] = await Promise.allSettled([
      trainer.step(batches, rates),
      prepare(work, { step: step + 2, last }),
    ]);
    step++;
    const report = finite(stepped, { identity, step, checkpointStep: saved });
    tokens += batchTokens(batches);
    const dev = evaluate && (step % evaluate.every === 0 || step === steps)
      ? { dev: await evaluate.run(trainer) }
      : {};
    const point: CurvePoint = {
      step,
      loss: report.loss,
      ...lossTerms(batches, report.batches),
      gradientNorm: report.gradientNorm,
      learningRate: rates.learningRate,
      tokens,
      seconds: seconds(),
      ...dev,
    };
    curve.append(point);
    const spent = point.seconds - before.seconds;
    onStep?.({
      point,
      until: last,
      tokensPerSecond: (tokens - before.tokens) / spent,
      secondsLeft: spent / (step - resumedAt) * (last - step),
    });
    batches = settled(prepared);
    if (now() - savedAt >= 1000 * checkpointSeconds) await save();
  }
  if (saved < step) await save();
  const finished = step === steps;
  return { step, resumedAt, finished, tokens, seconds: seconds() };
}

/** Tokens of a step's micro-batches: rows that go through the network. */
export function batchTokens(batches: readonly TrainingBatch[]): number {
  return batches.reduce(
    (sum, { sequences }) =>
      sequences.reduce((rows, { tokens }) => rows + tokens.length, sum),
    0,
  );
}

// deno-lint-ignore require-await -- a batch that cannot be built must not throw while a step runs
async function prepare(
  work: StageWork,
  { step, last }: { step: number; last: number },
): Promise<readonly TrainingBatch[]> {
  return step <= last ? work.batches(step) : [];
}

/** The report of a step, or the error that says where training diverged. */
function finite(
  stepped: PromiseSettledResult<StepReport>,
  { identity, step, checkpointStep }: {
    identity: StageIdentity;
    step: number;
    checkpointStep: number;
  },
): StepReport {
  const { recipe, stage } = identity;
  const diverged = (fault: string, cause?: unknown) =>
    new StageDivergedError(
      { recipe, stage, step, fault, checkpointStep },
      cause,
    );
  if (stepped.status === "rejected") {
    const { reason } = stepped;
    throw reason instanceof DivergenceError
      ? diverged(reason.message, reason)
      : reason;
  }
  const { loss, gradientNorm } = stepped.value;
  if (Number.isFinite(loss) && Number.isFinite(gradientNorm)) {
    return stepped.value;
  }
  throw diverged(`loss ${loss}, gradient norm ${gradientNorm}`);
}

function settled<T>(result: PromiseSettledResult<T>): T {
  if (result.status === "rejected") throw result.reason;
  return result.value;
}
