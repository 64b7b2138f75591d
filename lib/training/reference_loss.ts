/**
 * The losses of a batch in plain TypeScript and f64.
 *
 * @module
 */
import { weightedLoss } from "./batch_results.ts";
import { referenceLogits, type ReferenceNetwork } from "./reference_network.ts";
import type { TrainingBatch } from "./types.ts";

/** As `BatchLoss`, in f64. */
export interface ReferenceLoss {
  readonly loss: number;
  readonly hard: Float64Array;
  readonly soft: Float64Array;
  readonly entropy: Float64Array;
  readonly correct: Uint8Array;
}

/** Computes a batch's loss; `teacher` is needed where a row has a soft weight. */
export function referenceLoss(
  student: ReferenceNetwork,
  batch: TrainingBatch,
  teacher?: ReferenceNetwork,
): ReferenceLoss {
  const { sequences, teacherLimits, certainty } = batch;
  const logits = sequences.map((each) => referenceLogits(student, each));
  const targets = teacher && teacherLimits
    ? sequences.map(({ tokens }, s) =>
      referenceLogits(teacher, { tokens, limits: teacherLimits[s]! })
    )
    : null;
  const count = batch.rows.length;
  const hard = new Float64Array(count);
  const soft = new Float64Array(count);
  const entropy = new Float64Array(count);
  const correct = new Uint8Array(count);
  const vocab = student.config.vocabSize;
  batch.rows.forEach(({ sequence, row, target }, r) => {
    const rowOf = (all: readonly Float64Array[]) =>
      all[sequence]!.subarray(row * vocab, (row + 1) * vocab);
    const z = rowOf(logits);
    const logPi = logSoftmax(z);
    hard[r] = -logPi[target]!;
    correct[r] = Number(z.indexOf(Math.max(...z)) === target);
    const temperature = certainty?.temperature ?? 1;
    const logRho = logSoftmax(z.map((value) => value / temperature));
    entropy[r] = -expectation(logRho, logRho);
    if (targets === null) return;
    const logQ = logSoftmax(rowOf(targets));
    soft[r] = batch.divergence === "reverse"
      ? expectation(logPi, logPi) - expectation(logPi, logQ)
      : -expectation(logQ, logPi);
  });
  const rows = { hard, soft, entropy, correct };
  return { ...rows, loss: weightedLoss(rows, batch) };
}

/** `sum_v exp(logWeights[v]) values[v]`. */
function expectation(logWeights: Float64Array, values: Float64Array): number {
  return logWeights.reduce(
    (sum, weight, v) => sum + Math.exp(weight) * values[v]!,
    0,
  );
}

function logSoftmax(scores: Float64Array): Float64Array {
  const largest = Math.max(...scores);
  const total = scores.reduce((sum, z) => sum + Math.exp(z - largest), 0);
  return scores.map((z) => z - largest - Math.log(total));
}
