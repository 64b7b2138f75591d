/**
 * The loss of a batch, computed straight from its definition on the reference model. Used by tests only.
 *
 * @module
 */
import { assert } from "@std/assert";
import { GREEDY } from "../model/_scenarios.ts";
import type { DiffusionModel, Visibility } from "../model/types.ts";
import { visibilityLimit } from "../model/visibility.ts";
import type { TrainingBatch } from "./types.ts";

/** The models of a batch. */
export interface LossModels {
  readonly student: DiffusionModel;
  /** Needed where a row has a soft weight. */
  readonly teacher?: DiffusionModel;
  /** Prompt and block size of each sequence of the batch, for limits that are block-causal. */
  readonly blocks?: readonly {
    readonly promptLength: number;
    readonly blockSize: number;
  }[];
}

/** Terms of a batch's loss. */
export interface ReferenceLoss {
  /** The weighted loss. */
  readonly loss: number;
  /** Rows of each certainty group that are predicted rightly. */
  readonly correct: readonly number[];
  /** Mean entropy of these, per group, before weighting. */
  readonly entropy: readonly number[];
}

/** Evaluates `batch` by its definition in `TrainingBatch`, in double precision from the logits on. */
export async function referenceLoss(
  batch: TrainingBatch,
  { student, teacher, blocks }: LossModels,
): Promise<ReferenceLoss> {
  const visibility = (limits: readonly Int32Array[]) =>
    limits.map((each, i) => visibilityOf(each, blocks?.[i]));
  const logits = await sequenceLogits(
    batch,
    student,
    visibility(batch.sequences.map(({ limits }) => limits)),
  );
  const truth = teacher === undefined || batch.teacherLimits === undefined
    ? undefined
    : await sequenceLogits(batch, teacher, visibility(batch.teacherLimits));
  const groups = (batch.certainty?.weights ?? []).map((): number[] => []);
  let loss = 0;
  for (const row of batch.rows) {
    const student = logits[row.sequence]!(row.row);
    const logP = logSoftmax(student);
    loss += -row.hard * logP[row.target]!;
    if (row.soft !== undefined && row.soft !== 0) {
      const logQ = logSoftmax(truth![row.sequence]!(row.row));
      loss += row.soft *
        (batch.divergence === "reverse"
          ? divergence(logP, logQ)
          : -logQ.reduce((sum, q, v) => sum + Math.exp(q) * logP[v]!, 0));
    }
    const right = student.indexOf(Math.max(...student)) === row.target;
    if (row.group !== undefined && right) {
      const sharp = logSoftmax(
        student.map((z) => z / batch.certainty!.temperature),
      );
      groups[row.group]!.push(
        -sharp.reduce((sum, p) => sum + Math.exp(p) * p, 0),
      );
    }
  }
  const entropy = groups.map((values) =>
    values.length === 0 ? 0 : values.reduce((a, b) => a + b) / values.length
  );
  entropy.forEach((mean, g) => loss += batch.certainty!.weights[g]! * mean);
  return { loss, correct: groups.map(({ length }) => length), entropy };
}

function divergence(logP: Float64Array, logQ: Float64Array): number {
  return logP.reduce((sum, p, v) => sum + Math.exp(p) * (p - logQ[v]!), 0);
}

function logSoftmax(logits: Float64Array): Float64Array {
  const most = Math.max(...logits);
  const total = logits.reduce((sum, z) => sum + Math.exp(z - most), 0);
  return logits.map((z) => z - most - Math.log(total));
}

/** The visibility that gives these limits. */
function visibilityOf(
  limits: Int32Array,
  blocks: NonNullable<LossModels["blocks"]>[number] | undefined,
): Visibility {
  const candidates: Visibility[] = [{ kind: "full" }, { kind: "causal" }];
  if (blocks !== undefined) {
    candidates.push({ kind: "block-causal", ...blocks });
  }
  const found = candidates.find((visibility) =>
    limits.every((limit, row) =>
      limit === Math.min(visibilityLimit(visibility, row), limits.length)
    )
  );
  assert(found !== undefined, `no visibility gives the limits ${limits}`);
  return found;
}

/** Per sequence, the logits of a row. */
async function sequenceLogits(
  { sequences, rows }: TrainingBatch,
  model: DiffusionModel,
  visibility: readonly Visibility[],
): Promise<((row: number) => Float64Array)[]> {
  const offset = Number(model.spec.shift);
  return await Promise.all(sequences.map(async ({ tokens }, s) => {
    const wanted = [
      ...new Set(rows.filter((r) => r.sequence === s).map((r) => r.row)),
    ].sort((a, b) => a - b);
    const session = model.open({ maxPositions: tokens.length });
    const predictions = await session.forward({
      cache: [],
      cached: [],
      commitRows: 0,
      branches: [{
        start: 0,
        tokens,
        predict: Int32Array.from(wanted, (row) => row + offset),
      }],
      visibility: visibility[s]!,
      sampling: GREEDY,
      logits: true,
    });
    session.close();
    const { logits } = predictions.branches[0]!;
    const place = new Map(wanted.map((row, i) => [row, i]));
    const { vocabSize } = model.spec;
    return (row: number) => {
      const at = place.get(row)! * vocabSize;
      return Float64Array.from(logits!.subarray(at, at + vocabSize));
    };
  }));
}
