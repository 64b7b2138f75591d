/**
 * Golden training cases as batches: the noise that a reference implementation drew, and the loss that it computed from it.
 *
 * @module
 */
import { certaintyBatch } from "./certainty_forcing.ts";
import { d2fLoss } from "./d2f.ts";
import { LLADA_LOSS } from "./loss_weights.ts";
import type { NoisedSequence } from "./noise.ts";
import { type Attention, noisedBatch } from "./noised_batch.ts";
import type { TrainingBatch } from "./types.ts";

/** The parts of a golden `case.json` that make its batch. */
export interface GoldenTraining {
  /** Which code computed the loss. */
  readonly reference: { readonly function: string };
  /** Whether the row before a position predicts it. */
  readonly logit_shift: boolean;
  /** Positions per block (D2F). */
  readonly block_size?: number;
  /** D2F: whether the teacher's distributions are the targets, instead of the data. */
  readonly self_align?: boolean;
  /** D2F: what the student is said to see. */
  readonly student_attention?: string;
  /** Certainty forcing: beta. */
  readonly entropy_weight?: number;
  /** Certainty forcing: temperature of the entropy. */
  readonly certainty_temperature?: number;
  /** Tokens that are right, per sequence. */
  readonly input_ids: readonly (readonly number[])[];
  /** Positions of the prompts. */
  readonly prompt_lengths: readonly number[];
  /** Tokens as the network sees them. */
  readonly noisy_batch: readonly (readonly number[])[];
  /** The same with the complementary mask. */
  readonly noisy_batch_rev?: readonly (readonly number[])[];
  /** 1 where a token is predicted. */
  readonly masked_indices: readonly (readonly number[])[];
  /** The same with the complementary mask. */
  readonly masked_indices_rev?: readonly (readonly number[])[];
  /** Probability of a mask per position. */
  readonly p_mask?: readonly (readonly number[])[];
  /** Probability of a mask per sequence. */
  readonly p_mask_per_row?: readonly number[];
}

/** The batch whose loss is the recorded one. */
export function goldenBatch(golden: GoldenTraining): TrainingBatch {
  const shift = golden.logit_shift;
  if (golden.noisy_batch_rev !== undefined) {
    const copies = [goldenNoise(golden), goldenComplement(golden)];
    return certaintyBatch(copies, {
      shift,
      reduction: "batch",
      weight: golden.entropy_weight!,
      temperature: golden.certainty_temperature!,
    });
  }
  if (golden.student_attention === "block-causal") {
    return noisedBatch(goldenNoise(golden), {
      shift,
      attention: studentAttention(golden),
      ...d2fLoss({ form: "code", truth: golden.self_align ? 0 : 1 }),
    });
  }
  return noisedBatch(goldenNoise(golden), {
    shift,
    attention: { kind: "full" },
    loss: golden.p_mask_per_row === undefined
      ? { importance: "inverse", reduction: "batch" }
      : LLADA_LOSS,
  });
}

/**
 * What the student of a D2F case saw. The LLaDA cases say "block-causal" and give their recorded losses under full attention
 * only: so computed they agree to 3e-7, block-causally they are off by 4 and 43 %.
 */
function studentAttention(
  { reference, block_size }: GoldenTraining,
): Attention {
  return reference.function === "compute_llada_loss"
    ? { kind: "full" }
    : { kind: "block-causal", blockSize: block_size! };
}

function goldenComplement(golden: GoldenTraining): NoisedSequence[] {
  return goldenNoise({
    ...golden,
    noisy_batch: golden.noisy_batch_rev!,
    masked_indices: golden.masked_indices_rev!,
  });
}

/** Certainty forcing records no probability: it is 0.5005, and enters no weight. */
function goldenNoise(golden: GoldenTraining): NoisedSequence[] {
  return golden.input_ids.map((ids, i): NoisedSequence => {
    const promptLength = golden.prompt_lengths[i]!;
    const masked = golden.masked_indices[i]!;
    const ofRow = golden.p_mask_per_row?.[i] ?? 0.5005;
    return {
      ids: Int32Array.from(ids),
      promptLength,
      noisy: Int32Array.from(golden.noisy_batch[i]!),
      masked: Uint8Array.from(masked),
      probability: Float64Array.from(
        golden.p_mask?.[i] ??
          ids.map((_, at) => at >= promptLength || masked[at] ? ofRow : 0),
      ),
    };
  });
}
