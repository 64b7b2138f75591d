/**
 * `dream_schedule.json`: tokens per step and the probability of unmasking.
 *
 * @module
 */
import { dreamSchedule } from "../../decoding/schedule.ts";
import type { SamplingCase, SamplingFile } from "./sampling.ts";

interface ScheduleCase {
  readonly max_new_tokens: number;
  readonly steps: number;
  readonly eps: number;
  readonly tokens_per_step: readonly number[];
  readonly origin_p_transfer: readonly number[];
}

/** Cases of `dream_schedule.json`. */
export const dreamScheduleFile: SamplingFile = {
  keys: ["cases"],
  *cases(file): Generator<SamplingCase> {
    for (const [i, given] of (file.cases as ScheduleCase[]).entries()) {
      yield {
        name: `cases[${i}]`,
        run: (check) => {
          const { steps, eps: epsilon } = given;
          const schedule = dreamSchedule(given.max_new_tokens, {
            steps,
            epsilon,
          });
          check.equal("tokens per step", {
            got: schedule.tokensPerStep,
            want: given.tokens_per_step,
          });
          check.nearAll("transfer probability", {
            got: schedule.transferProbability,
            want: given.origin_p_transfer,
            tolerance: 1e-6,
          });
        },
      };
    }
  },
};
