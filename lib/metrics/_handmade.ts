/**
 * Traces written by hand, for tests: the numbers of a test stand beside each other and nothing else has to be said.
 *
 * @module
 */
import type { Trace, TraceTiming } from "../decoding/trace_types.ts";
import type { DecodeStep } from "../decoding/types.ts";

/** Ids of the hand-made model: MASK 9, EOS 8, PAD 7. */
export const MASK = 9, EOS = 8, PAD = 7;

/** One step: the positions it fills, the accepted position, the lengths of its branches. */
export interface HandmadeStep {
  readonly fills: readonly number[];
  readonly accepted?: number;
  readonly branches?: readonly number[];
  readonly positions?: number;
}

/** A whole trace. Tokens are taken from `ids`. */
export function handmadeTrace(given: {
  readonly prompt?: readonly number[];
  readonly ids: readonly number[];
  readonly steps: readonly HandmadeStep[];
  readonly referenceSteps?: number;
  readonly timings?: readonly TraceTiming[];
  readonly stopStrings?: readonly string[];
  readonly strings?: readonly string[];
}): Trace {
  const { ids, timings = [], stopStrings = [], prompt = [1, 2] } = given;
  const token = (position: number) => ids[position - prompt.length]!;
  const steps = given.steps.map((step, i): DecodeStep => {
    const lengths = step.branches ?? [ids.length];
    return {
      index: i + 1,
      window: { start: prompt.length, length: lengths[0]! },
      cached: 0,
      commitRows: 0,
      positions: step.positions ?? lengths.reduce((a, b) => a + b, 0),
      branches: lengths.map((length, id) => ({
        id,
        anchor: step.accepted === undefined,
        score: null,
        masks: 0,
        length,
      })),
      winner: 0,
      fills: step.fills.map((position) => ({
        position,
        token: token(position),
        score: 1,
        probability: 1,
        kind: "threshold",
      })),
      ...(step.accepted === undefined ? {} : {
        accepted: { position: step.accepted, token: token(step.accepted) },
      }),
    };
  });
  return {
    header: {
      decoder: { name: "hand-made", options: {} },
      model: {
        family: "dream",
        vocabSize: 10,
        maskId: MASK,
        eosId: EOS,
        padId: PAD,
        bosId: null,
        shift: true,
        maxPositions: 64,
        digest: "none",
      },
      vocabulary: given.strings === undefined
        ? { digest: "none" }
        : { strings: given.strings },
      stopStrings,
      prompt: { text: null, ids: prompt },
      sample: 0,
      seed: null,
    },
    steps,
    result: {
      ids: Int32Array.from(ids),
      forwards: steps.length,
      branchForwards: steps.reduce((sum, s) => sum + s.branches.length, 0),
      referenceSteps: given.referenceSteps ?? steps.length,
    },
    timings,
  };
}
