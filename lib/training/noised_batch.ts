/**
 * From noise to a batch: sequences under fixed noise become what a trainer runs. All objectives end here, and recorded noise
 * goes the same way.
 *
 * @module
 */
import type { Visibility } from "../model/types.ts";
import { visibilityLimit } from "../model/visibility.ts";
import { ExampleError } from "./example_error.ts";
import { type LossWeights, lossWeights } from "./loss_weights.ts";
import { hasTargets, type NoisedSequence } from "./noise.ts";
import type { LossRow, TrainingBatch, TrainingSequence } from "./types.ts";

/** What the network sees of a sequence: block-causal blocks are counted from the end of the prompt. */
export type Attention =
  | { readonly kind: "full" }
  | { readonly kind: "causal" }
  | { readonly kind: "block-causal"; readonly blockSize: number };

/** Learning from a frozen teacher that sees the same noisy tokens under full attention. */
export interface TeacherOptions {
  /** Share of the teacher in a token's loss, in [0, 1]; the rest is the truth's. */
  readonly share: number;
  /** `forward`: KL of the student from the teacher, as the D2F code; `reverse`: as the paper prints. */
  readonly divergence: "forward" | "reverse";
}

/** The certainty term (dParallel, arXiv 2509.26488 Eq. 7). */
export interface CertaintyOptions {
  /** beta: weight of the mean entropy. */
  readonly weight: number;
  /** Temperature of the entropy. The paper uses 0.5. */
  readonly temperature: number;
}

/** How noise becomes a batch. */
export interface NoisedBatchOptions {
  /** Whether the row before a position predicts it (Dream, causal models) or its own (LLaDA). */
  readonly shift: boolean;
  /** What each row sees; a function is asked with the index of the sequence. */
  readonly attention: Attention | ((sequence: number) => Attention);
  /** Weights of the masked tokens. */
  readonly loss: LossWeights;
  /** Default: no teacher. */
  readonly teacher?: TeacherOptions;
  /**
   * Default: no certainty term. All predicted rows of the batch make one group under the `batch` reduction; under the others
   * each sequence makes its own and the groups' means are averaged over the sequences given.
   */
  readonly certainty?: CertaintyOptions;
}

/**
 * The batch of sequences under fixed noise. Sequences in which nothing is predicted are left out, and still count where the loss
 * is a mean over sequences.
 *
 * @throws {ExampleError} For a sequence that contradicts itself, and for a batch in which nothing is to be predicted.
 */
export function noisedBatch(
  noised: readonly NoisedSequence[],
  options: NoisedBatchOptions,
): TrainingBatch {
  noised.forEach((sequence, index) =>
    checkSequence(sequence, index, options.shift)
  );
  const weights = lossWeights(noised, options.loss);
  const kept = [...noised.keys()].filter((i) => weights[i]!.some((w) => w > 0));
  if (kept.length === 0) {
    throw new ExampleError(
      null,
      noised.some(hasTargets)
        ? "every masked token weighs 0; raise the fill weight or choose other loss weights"
        : "no token of the batch is masked, so that there is nothing to average; draw the noise again",
    );
  }
  const { attention, teacher, certainty, loss } = options;
  const seen = typeof attention === "function" ? attention : () => attention;
  const grouped = certainty !== undefined && certainty.weight !== 0;
  const oneGroup = loss.reduction === "batch";
  const sequences = kept.map((i): TrainingSequence => ({
    tokens: noised[i]!.noisy.slice(),
    limits: attentionLimits(noised[i]!, seen(i)),
  }));
  const rows = kept.flatMap((i, sequence) =>
    lossRows(noised[i]!, weights[i]!, {
      sequence,
      shift: options.shift,
      teacherShare: teacher?.share ?? 0,
      ...(grouped ? { group: oneGroup ? 0 : sequence } : {}),
    })
  );
  return {
    sequences,
    rows,
    ...(teacher === undefined || teacher.share === 0 ? {} : {
      teacherLimits: kept.map((i) =>
        attentionLimits(noised[i]!, { kind: "full" })
      ),
      divergence: teacher.divergence,
    }),
    ...(grouped
      ? {
        certainty: {
          temperature: certainty.temperature,
          weights: oneGroup
            ? [certainty.weight]
            : kept.map(() => certainty.weight / noised.length),
        },
      }
      : {}),
  };
}

/** Per row, the first position that it does not see; `[length]`. */
export function attentionLimits(
  { ids, promptLength }: Pick<NoisedSequence, "ids" | "promptLength">,
  attention: Attention,
): Int32Array {
  const visibility: Visibility = attention.kind === "block-causal"
    ? { ...attention, promptLength }
    : attention;
  return Int32Array.from(
    ids,
    (_, row) => Math.min(visibilityLimit(visibility, row), ids.length),
  );
}

function lossRows(
  { ids }: NoisedSequence,
  weights: Float64Array,
  { sequence, shift, teacherShare, group }: {
    readonly sequence: number;
    readonly shift: boolean;
    readonly teacherShare: number;
    readonly group?: number;
  },
): LossRow[] {
  const rows: LossRow[] = [];
  weights.forEach((weight, position) => {
    if (weight === 0) return;
    rows.push({
      sequence,
      row: shift ? position - 1 : position,
      target: ids[position]!,
      hard: weight * (1 - teacherShare),
      ...(teacherShare === 0 ? {} : { soft: weight * teacherShare }),
      ...(group === undefined ? {} : { group }),
    });
  });
  return rows;
}

function checkSequence(
  sequence: NoisedSequence,
  index: number,
  shift: boolean,
): void {
  const { ids, promptLength, masked, probability } = sequence;
  const { length } = ids;
  for (
    const name of ["noisy", "masked", "probability", "tokenWeights"] as const
  ) {
    const given = sequence[name]?.length ?? length;
    if (given !== length) {
      throw new ExampleError(
        index,
        `"${name}" has ${given} entries for ${length} tokens; give one each`,
      );
    }
  }
  if (
    !Number.isInteger(promptLength) || promptLength < 1 ||
    promptLength >= length
  ) {
    throw new ExampleError(
      index,
      `the prompt takes ${promptLength} of ${length} positions; give at least 1 to the prompt and 1 to the answer`,
    );
  }
  masked.forEach((flag, i) => {
    const p = probability[i]!;
    if (flag && !(p > 0 && p <= 1)) {
      throw new ExampleError(
        index,
        `position ${i} is masked with probability ${p}; give a number above 0, at most 1`,
      );
    }
  });
  sequence.tokenWeights?.forEach((weight, i) => {
    if (Number.isFinite(weight) && weight >= 0) return;
    throw new ExampleError(
      index,
      `the token at position ${i} weighs ${weight}; give a number of at least 0`,
    );
  });
  if (shift && masked[0]) {
    throw new ExampleError(
      index,
      "position 0 is to be predicted, but under the logits shift no row predicts it; leave the first token unmasked",
    );
  }
}
