/**
 * Adapters of the small models: certainty forcing, its components taken away one by one, other seeds, the block-causal models, and
 * another base.
 *
 * @module
 */
import type { CertaintyForcingOptions } from "../../../training/certainty_forcing.ts";
import { TRAINED_BLOCK } from "../../experiments/lopa_scaling_methods.ts";
import { taskSettings } from "../../experiments/lopa_scaling_methods.ts";
import type { RecipeOptimiser } from "../types.ts";
import type {
  DistillationRecipe,
  SelectionRecipe,
  TrajectoryRecipe,
} from "./types.ts";

/** Models that diffuse. */
type Family = "llada" | "dream";

/** A model that answers training prompts and is adapted. */
export interface DistilledBase {
  readonly name: string;
  readonly family: Family;
  /** Its prompts begin at index prompts * 1,000,000 of the training split. */
  readonly prompts: number;
}

/** The base of the headline and of everything that is compared with it. */
export const LLADA_MINI: DistilledBase = {
  ...{ name: "llada-mini", family: "llada", prompts: 51 },
};

const DREAM_MINI: DistilledBase = {
  ...{ name: "dream-mini", family: "dream", prompts: 52 },
};

/** The paper's Table 6 has LLaDA-1.5: another base of the family. */
const OTHER_BASE: DistilledBase = {
  ...{ name: "llada-mini-2", family: "llada", prompts: 53 },
};

/** Positions of every answer's canvas: the tasks' own. */
const CANVAS = 64;

const MIX = { "gsm-mini": 0.5, "code-mini": 0.4, "gsm-mini-free": 0.1 };

/** Entropy at or below which a position is written, as in the paper's LLaDA runs. */
export const ENTROPY_THRESHOLD = 0.5;

const OPTIMISER: RecipeOptimiser = {
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  decay: 0.01,
  clip: 1,
};

/** The semi-autoregressive decoder by entropy with the small models' blocks. */
function entropyDecoder(family: Family) {
  return {
    name: `dparallel-${family}`,
    options: { blockSize: TRAINED_BLOCK },
  };
}

/** One token per step, block by block, the surest first. */
function trajectories(
  { name: teacher, family, prompts }: DistilledBase,
): TrajectoryRecipe {
  const { name, options } = entropyDecoder(family);
  return {
    name: `trajectories-${teacher}`,
    teacher,
    decoder: { name, options: { ...options, entropyThreshold: -1 } },
    first: prompts * 1_000_000,
    problems: 8192,
    mix: MIX,
    reject: true,
    passes: 48,
  };
}

/** With 32 problems of each task adapters tied that were 2 to 5 points apart on 250. */
const SELECTION = {
  every: 96,
  problems: 128,
  tasks: ["gsm-mini", "code-mini"],
  speedup: 2,
} as const;

function bySelection(family: Family): SelectionRecipe {
  return {
    ...SELECTION,
    decoder: entropyDecoder(family),
    option: "entropyThreshold",
    thresholds: [0.1, ENTROPY_THRESHOLD, 1],
    operating: ENTROPY_THRESHOLD,
    lockstep: true,
  };
}

/** D2F has a cache and a threshold of its own. */
function byD2f(family: Family): SelectionRecipe {
  const { addThreshold, activateThreshold } = taskSettings("gsm-mini");
  return {
    ...SELECTION,
    decoder: {
      name: "d2f",
      options: {
        blockSize: TRAINED_BLOCK,
        ...{ addThreshold, activateThreshold, rule: family },
        visibility: family === "dream" ? "full" : "block-causal",
      },
    },
    option: "confidenceThreshold",
    thresholds: [0.95, 0.9, 0.7],
    operating: 0.9,
    speedup: 1.5,
    lockstep: false,
  };
}

/**
 * The paper's settings but for the rank and the learning rate: its 2e-5 is that of 8B parameters. On dream-mini a constant 1e-3
 * lost score again after five epochs without taking fewer passes, so the rate falls over the second half. Five
 * epochs over a quarter of the answers left llada-mini's adapter with 80% of code-mini at an entropy of 0.5; two epochs over all of
 * them leave 85 to 94%.
 */
export function certainty(
  base: DistilledBase,
  { name, makes, ...change }:
    & Pick<DistillationRecipe, "name" | "makes">
    & Partial<DistillationRecipe>,
): DistillationRecipe {
  return {
    ...{ name, makes, base: base.name },
    trajectories: trajectories(base),
    objective: objective(),
    adapter: adapter(),
    optimiser: OPTIMISER,
    ...{ steps: null, epochs: 2, problems: 32, positions: 4500, seed: 61 },
    rate: { peak: 1e-3, warmupShare: 0.03, decay: "linear", hold: 0.5 },
    selection: bySelection(base.family),
    precision: "bf16",
    ...change,
  };
}

/** Adapters of all ranks scale what they add by 2. */
export function adapter(
  { rank = 16, seed = 1 }: { readonly rank?: number; readonly seed?: number } =
    {},
): DistillationRecipe["adapter"] {
  return { rank, alpha: 2 * rank, targets: "projections", seed };
}

/**
 * One block is masked, later ones are hidden. The paper masks Dream's whole answer instead (5.2); on dream-mini that made passes
 * fall less, and has a recipe of its own.
 */
export function objective(
  change: CertaintyForcingOptions = {},
): CertaintyForcingOptions {
  return {
    canvas: { length: { kind: "region", positions: CANVAS } },
    blockSize: TRAINED_BLOCK,
    ...change,
  };
}

/** What the headline's recipe makes. */
export const LLADA = "llada-mini distilled by certainty forcing (dParallel)";

const DREAM = "dream-mini distilled by certainty forcing (dParallel)";

/** Table 3: components. */
const COMPONENTS: readonly DistillationRecipe[] = [
  certainty(LLADA_MINI, {
    name: "dparallel-llada-mini-consistency",
    makes: `${LLADA}, without the certainty term`,
    objective: objective({ weight: 0 }),
  }),
  certainty(LLADA_MINI, {
    name: "dparallel-llada-mini-certainty",
    makes: `${LLADA}, without the cross-entropy`,
    objective: objective({ consistency: 0 }),
  }),
  certainty(LLADA_MINI, {
    name: "dparallel-llada-mini-unblocked",
    makes: `${LLADA}, with masks over the whole answer`,
    objective: objective({ blockSize: null }),
  }),
  certainty(DREAM_MINI, {
    name: "dparallel-dream-mini-consistency",
    makes: `${DREAM}, without the certainty term`,
    objective: objective({ weight: 0 }),
  }),
  certainty(DREAM_MINI, {
    name: "dparallel-dream-mini-unblocked",
    makes: `${DREAM}, with masks over the whole answer as the paper has it`,
    objective: objective({ blockSize: null }),
  }),
];

/** Two more seeds of the headline. */
const SEEDS: readonly DistillationRecipe[] = [62, 63].map((seed, i) =>
  certainty(LLADA_MINI, {
    name: `dparallel-llada-mini-seed-${i + 2}`,
    makes: `${LLADA}, seed ${i + 2}`,
    seed,
    adapter: adapter({ seed: i + 2 }),
  })
);

/** Certainty forcing on what D2F made block-causal. It learns from the answers of D2F's own base. */
const D2F: readonly DistillationRecipe[] = [LLADA_MINI, DREAM_MINI].map(
  (root) =>
    certainty(root, {
      name: `dparallel-d2f-${root.name}`,
      makes: `d2f-${root.name} distilled by certainty forcing`,
      base: `d2f-${root.name}`,
      objective: objective({
        attention: { kind: "block-causal", blockSize: TRAINED_BLOCK },
      }),
      selection: byD2f(root.family),
    }),
);

/** Table 6's counterpart. */
const OTHER: DistillationRecipe = certainty(OTHER_BASE, {
  name: `dparallel-${OTHER_BASE.name}`,
  makes: `${OTHER_BASE.name} distilled by certainty forcing (dParallel)`,
});

/** The recipes of adapters, the two headlines first. */
export const MINI_DISTILLATIONS: readonly DistillationRecipe[] = [
  certainty(LLADA_MINI, { name: "dparallel-llada-mini", makes: LLADA }),
  certainty(DREAM_MINI, { name: "dparallel-dream-mini", makes: DREAM }),
  ...D2F,
  ...COMPONENTS,
  ...SEEDS,
  OTHER,
];

/** The trajectories by themselves. */
export const MINI_TRAJECTORIES: readonly TrajectoryRecipe[] = [
  trajectories(LLADA_MINI),
  trajectories(DREAM_MINI),
  trajectories(OTHER_BASE),
];
