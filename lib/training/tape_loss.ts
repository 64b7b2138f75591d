/**
 * The losses of the chosen rows, where every gradient begins.
 *
 * @module
 */
import { type BufferRef, LOSS_FLAGS } from "../engine/mod.ts";
import type { Tape, Value } from "./tape.ts";

/** One application of the token losses. */
export interface LossStep {
  /** `[rows, vocab]`; the gradient may take their place. */
  readonly logits: Value;
  /** Logits of the frozen teacher for the same rows. */
  readonly teacher: Value | null;
  /** `LOSS_RESULT_BYTES` per row. */
  readonly results: BufferRef;
  /** Divergence of the student from the teacher. */
  readonly divergence: "forward" | "reverse";
  /** Of the entropy. */
  readonly temperature: number;
  /** Table of certainty groups. */
  readonly groupsAt: number;
  readonly maxGroups: number;
}

/** Weighted token losses; the rows' table stands at the logits' own row count. Value and gradient come from one operation. */
export function tokenLoss(tape: Tape, step: LossStep): void {
  const { logits, teacher, divergence, temperature } = step;
  tape.encoder.tokenLoss({
    logits: logits.data,
    logitsStride: logits.stride,
    ...(teacher ? { teacher: teacher.data } : {}),
    teacherStride: teacher?.stride ?? 0,
    dlogits: logits.gradient!,
    dlogitsStride: logits.stride,
    out: step.results,
    vocab: logits.width,
    ...logits.rows,
    groupsAt: step.groupsAt,
    maxGroups: step.maxGroups,
    flags: divergence === "reverse" ? LOSS_FLAGS.reverseKl : 0,
    temperature,
  });
}
