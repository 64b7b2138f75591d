/**
 * One setting of the headline changed at a time, for one epoch as the paper's Table 4 has it: the ratio of masks, and what the paper
 * does not vary, namely temperature and weight of the certainty term and the rank.
 *
 * @module
 */
import type { CertaintyForcingOptions } from "../../../training/certainty_forcing.ts";
import { adapter, certainty, LLADA, LLADA_MINI, objective } from "./mini.ts";
import type { DistillationRecipe } from "./types.ts";

/** Which setting a sweep changes. */
export type SweptSetting = "ratio" | "temperature" | "weight" | "rank";

/** An adapter of a sweep. */
export interface SweptRecipe {
  readonly setting: SweptSetting;
  /** The setting's value as tables show it. */
  readonly value: string;
  /** Name of the recipe. */
  readonly name: string;
}

/** The recipe of all sweeps whose settings are those of the headline. */
export const UNCHANGED = "dparallel-llada-mini-ratio-50";

/**
 * The headline's own ratio, temperature 0.5, weight 2 and rank 16 are those of the recipe {@linkcode UNCHANGED}. Paper and code have
 * temperature 0.5; weight 2, and 1 in the code for Dream; ranks of 16 and 32, and four times those of the paper in the code for
 * LLaDA.
 */
const SWEEPS: readonly (
  & Omit<SweptRecipe, "name">
  & {
    readonly words: string;
    readonly objective?: CertaintyForcingOptions;
    readonly rank?: number;
  }
)[] = [
  ...([0.25, 0.5005, 0.75, 1, "random"] as const).map((probability) => {
    const value = probability === "random"
      ? "random"
      : String(Math.round(100 * probability));
    return {
      ...{ setting: "ratio", value, objective: { probability } } as const,
      words: `masks of ${value === "random" ? "random ratio" : `${value}%`}`,
    };
  }),
  ...[0.25, 1].map((temperature) => ({
    ...{ setting: "temperature", value: String(temperature) } as const,
    words: `entropy at temperature ${temperature}`,
    objective: { temperature },
  })),
  ...[0, 0.5, 1, 4].map((weight) => ({
    ...{ setting: "weight", value: String(weight) } as const,
    words: `certainty term times ${weight}`,
    objective: { weight },
  })),
  ...[4, 64].map((rank) => ({
    ...{ setting: "rank", value: String(rank), rank } as const,
    words: `rank ${rank}`,
  })),
];

/** The adapters of all sweeps. */
export const SWEPT: readonly SweptRecipe[] = SWEEPS.map((
  { setting, value },
) => ({
  ...{ setting, value },
  name: `dparallel-llada-mini-${setting}-${value}`,
}));

/** Their recipes. */
export const SWEEP_DISTILLATIONS: readonly DistillationRecipe[] = SWEEPS.map(
  ({ words, objective: change = {}, rank = 16 }, i) =>
    certainty(LLADA_MINI, {
      name: SWEPT[i]!.name,
      makes: `${LLADA} for one epoch, ${words}`,
      objective: objective(change),
      adapter: adapter({ rank }),
      epochs: 1,
      selection: null,
    }),
);
